"""Networks leave as ONNX and `.pt2`, and compute there what they compute here."""

import threading

import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from torch import nn

from models import PRESETS, ExternalSpec, NetworkSpec, build, export, twin, without_skips
from models.runtime.messages import UserError
from models.tracing.without_skips import built

pytestmark = pytest.mark.filterwarnings("ignore:The given buffer is not writable")  # torch 2.11's own

SMALL = NetworkSpec(
    stages=(2, 1), stem="cifar", base_width=8, input_shape=(3, 12, 16), classes=5, shortcut="projection"
)
WEAK = ExternalSpec(network="torchvision:mobilenet_v2", input_shape=(3, 32, 32), classes=5, skip_scale=0.5)
LIBRARIES = [
    "torchvision:vit_b_16", "torchvision:swin_t", "torchvision:convnext_tiny", "torchvision:googlenet",
    "torchvision:efficientnet_b0", "torchvision:maxvit_t", "timm:resnetv2_50",
]  # fmt: skip


def images(spec, count=3):
    return torch.randn(count, *spec.input_shape, generator=torch.Generator().manual_seed(1))


def answer(spec, given):
    with torch.no_grad():
        return built(spec).eval()(given)


@pytest.mark.parametrize("spec", [SMALL, twin(SMALL), WEAK], ids=["skips", "plain", "weak skips"])
def test_an_onnx_file_answers_as_the_network_does_for_any_number_of_images(spec, tmp_path):
    file = export(spec, tmp_path / "network.onnx")

    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    assert [image.type.tensor_type.shape.dim[0].dim_param for image in model.graph.input] == ["batch"]
    for count in (1, 3):
        given = images(spec, count)
        [found] = ReferenceEvaluator(model).run(None, {model.graph.input[0].name: given.numpy()})
        torch.testing.assert_close(torch.from_numpy(found), answer(spec, given), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("spec", [SMALL, twin(SMALL), WEAK], ids=["skips", "plain", "weak skips"])
def test_a_pt2_file_answers_as_the_network_does(spec, tmp_path):
    program = torch.export.load(export(spec, tmp_path / "network.pt2"))

    given = images(spec, 1)
    torch.testing.assert_close(program.module()(given), answer(spec, given), rtol=1e-5, atol=1e-6)


def test_without_weights_a_pt2_file_has_the_layers_and_shapes_alone(tmp_path):
    spec = PRESETS["resnet18"].spec

    file = export(spec, tmp_path / "network.pt2", weights=False)

    assert file.stat().st_size < 400_000
    program = torch.export.load(file)
    targets = [str(node.target) for node in program.graph.nodes]
    assert sum("conv2d" in one for one in targets) == 20
    assert sum("add" in one for one in targets) == 8
    assert all(one.is_meta for one in program.state_dict.values())


def test_a_module_keeps_its_weights_its_mode_and_its_hooks(tmp_path):
    module = build(SMALL)
    module.layer1.eval()
    modes = [one.training for one in module.modules()]
    start = {name: value.clone() for name, value in module.state_dict().items()}

    file = export(module, tmp_path / "module.pt2", input_shape=(3, 12, 16))

    assert [one.training for one in module.modules()] == modes
    assert all(torch.equal(value, start[name]) for name, value in module.state_dict().items())
    given = images(SMALL, 1)
    torch.testing.assert_close(torch.export.load(file).module()(given), module.eval()(given))


def test_inside_without_skips_a_module_leaves_without_them(tmp_path):
    module, given = build(SMALL).eval(), images(SMALL, 1)

    with without_skips(module):
        program = torch.export.load(export(module, tmp_path / "plain.pt2", input_shape=(3, 12, 16)))

    torch.testing.assert_close(program.module()(given), answer(twin(SMALL), given))


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Conv2d(3, 4, 3), nn.Conv2d(1, 4, 1)

    def forward(self, image, mask):
        return self.one(image).mean((2, 3)) + self.other(mask).mean((2, 3))


def test_a_module_with_several_inputs_is_exported(tmp_path):
    module = TwoInputs().eval()

    program = torch.export.load(export(module, tmp_path / "two.pt2", input_shape=[(3, 8, 8), (1, 8, 8)]))

    given = torch.randn(1, 3, 8, 8), torch.randn(1, 1, 8, 8)
    torch.testing.assert_close(program.module()(*given), module(*given))


@pytest.mark.slow
@pytest.mark.parametrize("network", LIBRARIES)
def test_networks_of_libraries_leave_without_weights(network, tmp_path):
    file = export(ExternalSpec.of(network), tmp_path / "network.pt2", weights=False)

    assert file.stat().st_size < 4_000_000
    assert len(torch.export.load(file).graph.nodes) > 50


class Wilful(nn.Module):
    def forward(self, image):
        return image if image.sum() > 0 else -image


@pytest.mark.parametrize(
    ("network", "name", "options", "words"),
    [
        (SMALL, "network.txt", {}, r"must end in \.onnx or \.pt2, got network\.txt"),
        (SMALL, "network.onnx", {"weights": False}, "weights"),
        (nn.Linear(2, 2), "network.pt2", {}, "input_shape"),
        (Wilful(), "network.pt2", {"input_shape": (3, 4, 4)}, "torch can't export"),
    ],
)
def test_what_can_not_be_written_is_told(network, name, options, words, tmp_path):
    with pytest.raises(UserError, match=words):
        export(network, tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


def test_without_onnx_the_packages_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr("models.tracing.exported.find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install onnx onnxscript"):
        export(SMALL, tmp_path / "network.onnx")


def test_a_missing_folder_and_what_can_not_be_copied_are_told(tmp_path):
    with pytest.raises(UserError, match="no folder"):
        export(SMALL, tmp_path / "nowhere" / "network.pt2")
    locked = nn.Linear(2, 2)
    locked.lock = threading.Lock()
    with pytest.raises(UserError, match="can't export"):
        export(locked, tmp_path / "network.pt2", input_shape=(2,), weights=False)
