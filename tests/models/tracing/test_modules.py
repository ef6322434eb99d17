"""Any module is traced by its own calls, its joins are found by structure, and its skips can be taken out."""

import threading
from dataclasses import replace
from math import prod

import pytest
import timm
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import list_models

from models import UntraceableError, trace, without_skips
from models.networks.build import build
from models.runtime.errors import SpecError
from models.specs.external import ExternalSpec
from models.specs.libraries import torchvision_networks
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.specs.twins import twin
from models.tracing.kinds import Kind
from models.tracing.layers import EdgeKind
from models.tracing.meta_copy import on_meta
from models.tracing.module_joins import Joins, Unclear
from models.tracing.recording import record

SMALL = NetworkSpec(
    stages=(2, 2), stem="cifar", base_width=8, input_shape=(3, 16, 16), classes=5, shortcut="projection"
)
# additions of skip and branch, by the papers' numbers of blocks; a transformer's block has two
RESIDUAL = {
    "resnet18": 8, "resnet50": 16, "resnext101_64x4d": 33, "convnext_tiny": 18, "vit_b_16": 24, "swin_t": 24,
    "efficientnet_b0": 9, "mobilenet_v2": 10, "mobilenet_v3_large": 10, "vgg11": 0, "alexnet": 0, "googlenet": 0,
}  # fmt: skip
CONCATENATED = {"densenet121": 58, "shufflenet_v2_x1_0": 13}
QUICK = ["resnet18", "convnext_tiny", "vit_b_16", "densenet121"]


def theirs(name):
    more = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return torchvision.models.get_model(name, weights=None, **more).eval()


def some(names, quick):
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]


def counted(module, shape):
    copy = on_meta(module).eval().requires_grad_(False)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = copy(torch.empty(1, *shape, device="meta"))
    return counter.get_total_flops() // 2, tuple(out.shape[1:])


@pytest.mark.parametrize("name", some(list_models(module=torchvision.models), QUICK))
def test_torchvisions_networks_have_torchs_counts_and_the_papers_joins(name):
    if "regnet_y_128gf" in name:
        pytest.skip("2.5 GB of weights")
    module, side = theirs(name), 299 if name == "inception_v3" else 224
    if not name.startswith(("vit_", "maxvit_")):  # their positions are weights
        side = torchvision_networks()[name].pixels

    found = trace(module, input_shape=(3, side, side))

    macs, output = counted(module, (3, side, side))
    assert found.macs == macs
    assert prod(found.output_shape) == prod(output)  # a view at the end is no layer
    unused = sum(one.numel() for path, one in module.named_parameters() if "aux" in path.lower())  # in training alone
    assert found.params + unused == sum(one.numel() for one in module.parameters())
    listed = torchvision_networks()[name]
    if listed.pixels == side:  # to the digits that torchvision prints
        assert f"{found.macs / 1e9:.3f}G" == listed.macs
        assert listed.params in (found.params, found.params + unused)
    joins = sum(layer.kind is Kind.ADD for layer in found.layers)
    assert joins == RESIDUAL.get(name, joins)
    assert sum(layer.kind is Kind.CONCAT for layer in found.layers) == CONCATENATED.get(name, 0) or name not in RESIDUAL
    assert found.depth == len(found.counted) > 0


SMALL_NAMES = ("nano", "tiny", "small", "_s", "_xs", "pico", "atto", "femto", "_b0", "18", "26", "mini", "micro")


def timms():
    """Two networks of each of timm's files, small ones where their names tell."""
    found = []
    for file in timm.models.list_modules():
        names = timm.list_models(module=file)
        small = [name for name in names if any(part in name for part in SMALL_NAMES)] or names
        found += dict.fromkeys((small[0], small[-1]) if small else ())
    return found


def test_there_are_at_least_150_of_timms():
    assert len(timms()) >= 150


@pytest.mark.slow
@pytest.mark.parametrize("name", timms())
def test_timms_networks_have_torchs_counts(name):
    spec = ExternalSpec(network=f"timm:{name}", input_shape=timm.get_pretrained_cfg(name).input_size)
    with torch.device("meta"):
        module = build(spec)

    found = trace(spec)

    macs, output = counted(module, spec.input_shape)
    assert (found.macs, prod(found.output_shape)) == (macs, prod(output))
    assert found.params + sum(found.unused.values()) == sum(weight.numel() for weight in module.parameters())


@pytest.mark.parametrize(
    "name",
    some(
        ["resnet18", "resnet20_cifar", "densenet121", "vgg13_skips", "seresnet18", "inception_resnet_v2_small",
         "resnet110_rezero", "preact_resnet18", "resnext50_32x4d"],
        ["resnet20_cifar", "vgg13_skips", "inception_resnet_v2_small"],
    ),
)  # fmt: skip
def test_both_roads_give_our_own_networks_the_same_layers_and_edges(name):
    spec = PRESETS[name].spec
    by_spec, by_calls = trace(spec), trace(build(spec), input_shape=spec.input_shape)

    def facts(found):
        return [
            (one.path, one.kind, one.operation, one.output_shape, one.params, one.buffers, one.macs, one.projection)
            for one in found.layers
        ]

    assert facts(by_calls) == facts(by_spec)
    assert {(e.source, e.target, e.kind) for e in by_calls.edges} == {
        (e.source, e.target, e.kind) for e in by_spec.edges
    }
    assert by_calls.sources == by_spec.sources


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("shortcut", ["pad", "projection"])
def test_without_its_skips_a_network_is_its_twin_and_afterwards_itself(shortcut, training):
    spec = replace(SMALL, shortcut=shortcut)
    network, plain = build(spec).train(training), build(twin(spec)).train(training)
    image = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    start = {key: value.clone() for key, value in network.state_dict().items()}

    with torch.no_grad():
        with without_skips(network) as cut:
            out = network(image)
        assert torch.equal(out, plain(image))
        network.load_state_dict(start)
        assert torch.equal(network(image), build(spec).train(training)(image))
    assert len(cut.joins) == 4
    assert cut.joins[0].startswith("layer1.0")


def test_the_skip_strength_goes_from_the_twin_to_the_network():
    spec = replace(SMALL, shortcut="pad")
    network = build(spec).eval()
    half = build(replace(spec, skip_scale=0.5))
    image = torch.randn(2, 3, 16, 16)

    with torch.no_grad():
        with without_skips(network, skip_scale=1.0):
            assert torch.equal(network(image), build(spec).eval()(image))
        with without_skips(network, skip_scale=0.5):
            assert torch.allclose(network(image), half.eval()(image), atol=1e-5)


class Inside(nn.Module):
    """In place, functions in place of modules, a module used twice, a tuple and a dict between modules."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        both = {"skip": x, "branch": torch.relu(self.conv(x))}
        branch = self.conv(both["branch"])
        branch += both["skip"]
        first, second = branch.chunk(2, dim=2)
        return torch.nn.functional.relu(torch.cat((first, second), 2), inplace=True).mean((2, 3))


def test_functions_in_place_operations_and_shared_modules_are_followed():
    found = trace(Inside(), input_shape=(3, 8, 8))

    assert [layer.path for layer in found.layers] == ["conv", "relu", "conv#2", "add", "cat", "relu#2", "mean"]
    assert found.params == 3 * 3 * 9 + 3  # a shared layer once
    assert found.macs == 2 * 3 * 3 * 9 * 64  # and its work twice
    assert [edge.source for edge in found.edges if edge.kind is EdgeKind.IDENTITY] == ["input"]
    module = Inside()
    with torch.no_grad(), without_skips(module) as cut:
        image = torch.randn(1, 3, 8, 8)
        branch = module.conv(torch.relu(module.conv(image)))
        assert torch.equal(module(image), torch.relu(branch).mean((2, 3)))
    assert len(cut.joins) == 1


class Gated(nn.Module):
    """Two products, in neither of which the input is a factor: which of them is the skip?"""

    def __init__(self):
        super().__init__()
        self.gate, self.left, self.right = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        gate = torch.sigmoid(self.gate(x))
        return self.left(x) * (1 - gate) + self.right(x) * gate


class Highway(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate, self.conv = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        gate = torch.sigmoid(self.gate(x))
        return x * (1 - gate) + self.conv(x) * gate


def test_of_two_products_the_one_with_the_input_is_the_skip():
    module, image = Highway(), torch.randn(1, 3, 8, 8)

    with torch.no_grad(), without_skips(module) as cut:
        out = module(image)

    assert len(cut.joins) == 1
    assert torch.equal(out, module.conv(image) * torch.sigmoid(module.gate(image)))


class Equal(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        return self.left(x) + self.right(x)


@pytest.mark.parametrize(("module", "why"), [(Gated(), Unclear.GATED), (Equal(), Unclear.EQUAL)])
def test_where_no_skip_can_be_named_it_is_told_and_nothing_is_cut(module, why):
    joins = Joins(record(module, [(3, 8, 8)]).calls)
    image = torch.randn(1, 3, 8, 8)

    assert [one.why for one in joins.unclear] == [why]
    assert not joins.named
    with torch.no_grad(), without_skips(module, input_shape=(3, 8, 8)) as cut:
        assert torch.equal(module(image), module.forward(image))
    assert cut.joins == ()
    assert [reason for _path, reason in cut.unclear] == [why]


class Values(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        x = self.conv(x)
        return x if x.sum() > 0 else -x


def test_what_depends_on_values_is_refused_with_the_place():
    with pytest.raises(
        UntraceableError, match=r"After gt, the forward stopped at .*return x if x\.sum\(\) > 0 else -x"
    ):
        trace(Values(), input_shape=(3, 8, 8))
    with pytest.raises(UntraceableError, match="After its input, the forward stopped: RuntimeError"):
        trace(nn.Conv2d(4, 3, 1), input_shape=(3, 8, 8))
    with pytest.raises(SpecError, match="input_shape: must be given"):
        trace(Values())


class WrongBlock(nn.Module):
    """Its stride halves the branch, but not the skip."""

    def __init__(self):
        super().__init__()
        self.stem, self.conv = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, stride=2, padding=1)

    def forward(self, x):
        x = self.stem(x)
        return x + torch.relu(self.conv(x))


def test_where_shapes_do_not_fit_the_line_is_told_and_the_graph_goes_as_far_as_the_forward_did():
    with pytest.raises(UntraceableError) as stopped:
        trace(WrongBlock(), input_shape=(3, 16, 16))

    told = str(stopped.value)
    assert told.startswith("After relu, the forward stopped at test_modules.py:")
    assert "return x + torch.relu(self.conv(x))" in told
    assert "[1, 8, 16, 16]" in told
    assert "[1, 8, 8, 8]" in told
    found = stopped.value.trace
    assert [(layer.path, layer.output_shape) for layer in found.layers] == [
        ("stem", (8, 16, 16)), ("conv", (8, 8, 8)), ("relu", (8, 8, 8)),
    ]  # fmt: skip
    assert found.sources == {"stem": ("input",), "conv": ("stem",), "relu": ("conv",)}


def test_nothing_of_the_module_changes_and_nothing_is_left_behind():
    module = theirs("resnet18")
    seen = []
    handle = module.conv1.register_forward_hook(lambda *_: seen.append(1))
    state = {key: value.clone() for key, value in module.state_dict().items()}

    trace(module, input_shape=(3, 64, 64))
    with pytest.raises(UntraceableError), without_skips(module):
        module(torch.randn(1, 4, 64, 64))

    assert not seen  # a caller's hooks are not called with tensors that have no values
    handle.remove()
    assert all(torch.equal(value, state[key]) for key, value in module.state_dict().items())
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in module.modules())
    assert all("forward" not in vars(one) for one in module.modules())


def test_other_threads_and_other_modules_keep_their_skips():
    module, other = build(SMALL).eval(), build(SMALL).eval()
    image = torch.randn(1, 3, 16, 16)
    with torch.no_grad():
        whole = module(image)
        with without_skips(module):
            found = []
            thread = threading.Thread(target=lambda: found.append(other(image)))
            thread.start()
            thread.join()
            assert torch.equal(other(image), whole)
            assert not torch.equal(module(image), whole)
    assert torch.equal(found[0], whole)


def test_a_receptive_field_that_is_not_known_is_told_as_nothing():
    found = trace(theirs("vit_b_16"), input_shape=(3, 224, 224))

    assert (found.receptive_field, found.effective_stride) == (0, 0)
    formulas = {layer.receptive_field_formula + layer.effective_stride_formula for layer in found.layers[1:]}
    assert formulas == {""}
    assert found.layers[0].receptive_field_formula == "1 + (16 - 1)*1 = 16"
    assert found._repr_html_().count("<svg") == 1


def test_several_inputs_are_several_shapes():
    class Two(nn.Module):
        def forward(self, x, y):
            return torch.relu(x) + y

    found = trace(Two(), input_shape=[(3, 4, 4), (3, 4, 4)])

    assert found.output_shape == (3, 4, 4)
    assert [layer.kind for layer in found.layers] == [Kind.ACT, Kind.SUM]


class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.LazyLinear(4)

    def forward(self, x):
        return self.head(x.flatten(1))


class Nothing(nn.Module):
    def forward(self, x):
        return x


@pytest.mark.parametrize(("module", "told"), [(Lazy, "can't be copied"), (Nothing, "calls no function")])
def test_what_has_no_shapes_yet_or_no_layers_is_told(module, told):
    with pytest.raises(UntraceableError, match=told):
        trace(module(), input_shape=(3, 8, 8))


def test_a_lazy_module_is_traced_after_a_first_pass():
    module = Lazy()
    module(torch.zeros(1, 3, 8, 8))

    assert trace(module, input_shape=(3, 8, 8)).params == 192 * 4 + 4
