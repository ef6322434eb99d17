"""Extensions as CONTRIBUTING.md describes them: a custom block, kind of layer and data set, each added in one place."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import accumulate

import pytest
import torch
from hypothesis import find, settings
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from models import NetworkSpec, RunSpec, build, measure, trace, train, twin
from models.networks.export_code import source
from models.networks.parts import Conv, Norm, Shortcut
from models.runtime.messages import UserError
from models.specs.registry import BLOCKS, BlockType
from models.tracing.kinds import KINDS, LayerKind, Saves
from models.tracing.memory import keeps, need
from models.tracing.rules import RULES, Operation
from models.tracing.variants import equal_macs
from models.training import datasets
from models.training.data_registry import DATA, DataSet
from models.training.datasets import Split
from tests.conftest import ROOT, specs


class SqueezeExcitation(nn.Module):
    """Scale each channel by a gate computed from the channel means (arXiv 1709.01507)."""

    def __init__(self, channels: int, reduction: int = 4) -> None:
        super().__init__()
        inner = max(1, channels // reduction)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Linear(channels, inner)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(inner, channels)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.fc2(self.relu(self.fc1(self.pool(x).flatten(1))))
        return x * torch.sigmoid(gate)[:, :, None, None]


class SEBasicBlock(nn.Module):
    """Basic block with squeeze-and-excitation on its branch, before the addition."""

    def __init__(
        self,
        in_channels: int,
        width: int,
        out_channels: int,
        stride: int,
        *,
        conv: Conv,
        norm: Norm,
        shortcut: Shortcut,
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.conv1 = conv(in_channels, width, 3, stride=stride, padding=1, groups=groups)
        self.bn1 = norm(width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv(width, out_channels, 3, padding=1, groups=groups)
        self.bn2 = norm(out_channels)
        self.se = SqueezeExcitation(out_channels)
        self.downsample, self.join = shortcut(in_channels, out_channels, stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.se(self.bn2(self.conv2(branch)))
        return self.relu2(self.join(self.downsample(x), branch))


SE_BASIC = BlockType(
    name="own_se",
    label="squeeze-and-excitation basic",
    made_by=SEBasicBlock,
    counted=("conv1", "conv2"),
    silenced=("bn2", "conv2"),
)
QUERY = {"block": "own_se", "stem": "cifar", "base_width": "16", "input_shape": "3x32x32", "classes": "10"}


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(BLOCKS, "own_se", SE_BASIC)


@pytest.fixture
def spec():
    found, problems = NetworkSpec.from_query(QUERY)
    assert not problems
    return found


def test_the_spec_accepts_it_and_it_travels_as_a_link(spec):
    assert spec.block == "own_se"
    assert NetworkSpec.from_query(spec.to_query()) == (spec, ())
    assert spec.to_query()["block"] == "own_se"


def test_four_stages_of_two_are_eighteen_layers_deep(spec):
    found = trace(spec)

    assert (spec.stages, found.depth) == ((2, 2, 2, 2), 18)
    assert "layer1.0.conv2" in found.counted
    assert "layer1.0.se.fc1" not in found.counted


def test_shapes_parameters_and_macs_are_torchs(spec):
    network, found = build(spec).eval(), trace(spec)
    shapes = {}
    for path, module in network.named_modules():
        module.register_forward_hook(lambda _, __, out, path=path: shapes.update({path: tuple(out.shape[1:])}))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.randn(1, 3, 32, 32))

    assert found.params == sum(parameter.numel() for parameter in network.parameters())
    assert found.flops == counter.get_total_flops()
    for layer in found.layers:
        if layer.path in shapes:
            assert layer.output_shape == shapes[layer.path], layer.path
    product = found.by_path["layer2.0.se.mul"]
    assert product.input_shapes == ((32, 16, 16), (32, 1, 1))
    assert product.output_shape == (32, 16, 16)
    assert found.by_path["layer2.0.se.sigmoid"].kind == "act"


def test_signals_hear_every_layer_products_too(spec):
    found = measure(spec, batch=4, device="cpu")
    network, images = build(spec), torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    gates, inputs = [], []
    block = network.get_submodule("layer1.0.se")
    block.fc2.register_forward_hook(lambda _, __, out: gates.append(out))
    block.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
    network(images)

    assert [layer.path for layer in found.layers] == [layer.path for layer in found.trace.layers]
    by_hand = inputs[0] * gates[0].sigmoid()[:, :, None, None]
    heard = found.by_path["layer1.0.se.mul"]
    assert heard.activation_rms == pytest.approx(by_hand.square().mean().sqrt().item(), rel=1e-5)
    gated = [layer for layer in found.layers if layer.path.endswith(("se.mul", "se.sigmoid"))]
    assert len(gated) == 16
    assert all(layer.activation_gradient_norm > 0 for layer in gated)
    assert len(found.joins) == 8


def test_the_twin_works(spec):
    plain = twin(spec)

    assert trace(plain).depth == 18
    assert not measure(plain, batch=2).joins


def test_branches_start_at_zero(spec):
    network = build(replace(spec, zero_init_residual=True)).eval()
    image = torch.randn(2, 16, 32, 32).relu()

    assert torch.equal(network.get_submodule("layer1.0")(image), image)


def test_blocks_of_equal_macs_have_it(spec):
    found = {str(variant.name): variant for variant in equal_macs(replace(spec, block="basic"))}

    assert found[SE_BASIC.label].spec.block == "own_se"
    assert found[SE_BASIC.label].block.macs == pytest.approx(found["basic"].block.macs, rel=0.1)


@pytest.mark.slow
def test_the_memory_estimate_is_that_of_torchs_own_profiler(spec):
    """The tensors alone: what malloc holds in addition differs from one processor to the next."""
    spec = replace(spec, stages=(9, 9, 9))
    network, images = build(spec), torch.randn(64, 3, 32, 32)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        network(images).sum().backward()
    changes = (event for event in profile.profiler.kineto_results.events() if event.name() == "[memory]")
    peak = max(accumulate(change.nbytes() for change in sorted(changes, key=lambda event: event.start_ns())))

    estimated = need(trace(spec), batch=64)
    assert estimated.tensors - estimated.weights == pytest.approx(peak, rel=0.05)


@pytest.mark.parametrize("start", ["default", "kaiming"])
def test_the_code_that_is_handed_out_has_it(spec, start, tmp_path):
    spec = replace(spec, init=start, zero_init_residual=True)
    text = source(spec, title="SE", params=trace(spec).params)
    (tmp_path / "se.py").write_text(text)
    done = subprocess.run([sys.executable, "se.py"], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert f"{trace(spec).params:,} parameters" in done.stdout
    assert "class SqueezeExcitation" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"counted": ("conv1", "convv2")}, "counted: odd has no layer convv2"),
        ({"silenced": ("bnn2",)}, "silenced: in SEBasicBlock, none of bnn2 has a weight"),
    ],
)
def test_a_slip_in_the_entry_is_named(monkeypatch, spec, changes, words):
    monkeypatch.setitem(BLOCKS, "odd", replace(SE_BASIC, name="odd", **changes))
    spec = replace(spec, block="odd", zero_init_residual=True)

    check = trace if "counted" in changes else build
    with pytest.raises(UserError, match=words):
        check(spec)


class Twice(SEBasicBlock):
    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.se(self.relu1(self.bn2(self.conv2(branch))))
        return self.relu2(self.join(self.downsample(x), branch))


def test_a_module_that_is_called_twice_is_named(monkeypatch, spec):
    monkeypatch.setitem(BLOCKS, "twice", replace(SE_BASIC, name="twice", made_by=Twice))

    with pytest.raises(UserError, match=r"layer1\.0\.relu1 is called twice\. Give every call a module of its own"):
        measure(replace(spec, block="twice"), batch=2)


def test_the_app_imports_what_the_environment_names(tmp_path):
    """In a new process, as a server starts."""
    (tmp_path / "my_block.py").write_text(
        "from models.specs.registry import BlockType, register\n"
        "register(BlockType(name='mine', label='mine', made_by='networks.blocks:BasicBlock',"
        " counted=('conv1', 'conv2')))\n"
    )
    code = """
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=600)
app.query_params["block"] = "mine"
app.run()
print([one.value for one in app.warning], app.selectbox(key="field_block").value, len(app.exception))
"""
    extended = {"SKIPSCOPE_EXTENSIONS": "my_block", "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | extended, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[] mine 0"


def test_any_network_that_is_drawn_at_random_may_be_made_of_it():
    found = find(specs(), lambda spec: spec.block == "own_se", settings=settings(max_examples=2_000, database=None))

    assert need(trace(found), 2).total > 0


def test_the_page_shows_it(open_app):
    app = open_app(**QUERY, **{"architecture.level": "layers", "architecture.layer": "layer1.0.se.mul"})

    assert not app.exception
    assert not app.warning
    assert app.selectbox(key="field_block").value == "own_se"
    assert app.metric[2].value == "18 layers"
    frame = app.dataframe[0].value
    row = frame[frame.iloc[:, 0] == "layer1.0.se.mul"]
    assert list(row["Kind"]) == ["product"]
    text = " ".join(one.value for one in (*app.markdown, *app.caption))
    assert "16*32*32 ⊙ 16*1*1" in text


# a custom kind of layer


class Scaled(nn.Module):
    """Multiply every channel by a learnt factor."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return channel_scale(x, self.weight)


def channel_scale(x: Tensor, weight: Tensor) -> Tensor:
    if torch.overrides.has_torch_function((x,)):
        return torch.overrides.handle_torch_function(channel_scale, (x,), x, weight)
    return x * weight[:, None, None]


SCALE = LayerKind(
    name="scale",
    label="channel scale",
    outputs="channel scales",
    fill=("#ffe0cc", "#7a3b10"),
    bar="#cc6a2b",
    saves=Saves.INPUTS,
    params=lambda layer: f"{layer.output_shape[0]} = {layer.params:,}",
)


class ScaledBlock(SEBasicBlock):
    """Basic block with a learnt scale in place of the gate."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.se = Scaled(self.conv2.out_channels)


def test_a_kind_of_layer_is_one_entry_and_one_rule(monkeypatch, spec):
    monkeypatch.setitem(KINDS, "scale", SCALE)
    monkeypatch.setitem(
        RULES,
        channel_scale,
        lambda x, weight: Operation(kind="scale", name="scale", inputs=(x,), out=x.chw, weights=(weight,)),
    )
    monkeypatch.setitem(BLOCKS, "scaled", replace(SE_BASIC, name="scaled", made_by=ScaledBlock))
    spec = replace(spec, block="scaled")

    found = trace(spec)

    layer = found.by_path["layer1.0.se"]
    assert (layer.kind, layer.params, layer.params_formula) == ("scale", 16, "16 = 16")
    assert found.params == sum(parameter.numel() for parameter in build(spec).parameters())
    assert measure(spec, batch=2).by_path["layer1.0.se"].weight_gradient_norm > 0
    assert keeps(found)["norm"] > keeps(trace(replace(spec, block="basic"))).get("norm", 0)  # its input is saved


def test_the_page_shows_a_kind_of_ones_own(monkeypatch, open_app):
    monkeypatch.setitem(KINDS, "scale", SCALE)
    monkeypatch.setitem(
        RULES,
        channel_scale,
        lambda x, weight: Operation(kind="scale", name="scale", inputs=(x,), out=x.chw, weights=(weight,)),
    )
    monkeypatch.setitem(BLOCKS, "scaled", replace(SE_BASIC, name="scaled", made_by=ScaledBlock))
    app = open_app(**QUERY | {"block": "scaled"}, **{"architecture.level": "layers", "architecture.tab": "charts"})

    assert not app.exception
    names = [
        trace["name"]
        for chart in app.get("plotly_chart")
        for trace in json.loads(chart.proto.spec)["data"]
        if "name" in trace
    ]
    assert "channel scale" in names


# a custom data set


def stripes(name, folder, progress):
    """Return horizontal and vertical stripes: 64 training images of 8 x 8 pixels, 16 test images."""
    images = torch.zeros(80, 1, 8, 8, dtype=torch.uint8)
    images[::2, :, ::2] = 255
    images[1::2, :, :, ::2] = 255
    labels = torch.arange(80) % 2
    return datasets.normal(
        name, ("lying", "standing"), Split(images[:64], labels[:64]), Split(images[64:], labels[64:])
    )


STRIPES = DataSet(name="stripes", title="Stripes", shape=(1, 8, 8), classes=2, train=64, test=16, load=stripes)


def test_a_data_set_is_one_function_and_one_entry(monkeypatch, open_app):
    monkeypatch.setitem(DATA, "stripes", STRIPES)
    network = NetworkSpec(stages=(1,), stem="cifar", base_width=8, input_shape=(1, 8, 8), classes=2)
    run = RunSpec(network=network, data="stripes", epochs=3, batch=16, learning_rate=0.1)

    last = list(train(run))[-1]

    assert RunSpec.from_json(json.loads(json.dumps(run.to_json()))) == run
    assert last.test_accuracy == 1.0
    app = open_app()
    app.query_params["training.data"] = "stripes"
    app.switch_page("viz/pages/training.py").run()
    assert not app.exception
    assert app.selectbox(key="race_data").value == "stripes"
