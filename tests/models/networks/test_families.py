"""VGG and Inception-ResNet: what they share with their papers, their twins, and what flows through their blocks."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # the usual name

from models.networks.build import build
from models.networks.parts import Scale
from models.signals.measure import measure
from models.specs.depth import depth, depths
from models.specs.naming import describe
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.specs.twins import twin, with_skips
from models.tracing.hooks import Way, listening
from models.tracing.kinds import Kind
from models.tracing.layers import EdgeKind
from models.tracing.tracer import longest, trace

SMALL_VGG = NetworkSpec(
    family="vgg", stages=(2, 2), base_width=8, hidden=0, conv_bias=True, input_shape=(3, 16, 16), classes=5
)
SMALL = NetworkSpec(
    family="inception_resnet", stages=(2, 2, 2), stem="cifar", base_width=4, input_shape=(3, 32, 32), classes=5
)
V2 = PRESETS["inception_resnet_v2"].spec


def images(spec, count=2):
    return torch.randn(count, *spec.input_shape, generator=torch.Generator().manual_seed(0))


def test_a_stage_of_vgg_with_a_skip_is_a_basic_block_and_a_pooling():
    network = build(replace(SMALL_VGG, stages=(2,), base_width=3, norm="none", shortcut="pad")).eval()
    block = network.layer1[0]
    image = images(SMALL_VGG)

    branch = block.branch.conv2(F.relu(block.branch.conv1(image)))

    assert torch.equal(block(image), F.max_pool2d(F.relu(image + branch), 2))


def test_vgg_itself_has_no_skip_and_is_its_own_twin():
    assert twin(SMALL_VGG) == SMALL_VGG
    assert all(edge.kind is EdgeKind.FLOW for edge in trace(SMALL_VGG).edges)
    skips = with_skips(SMALL_VGG)
    assert sum(layer.kind is Kind.ADD for layer in trace(skips).layers) == len(skips.stages)
    assert trace(skips).params == trace(SMALL_VGG).params
    assert twin(skips) == SMALL_VGG


def test_the_skips_of_a_vgg_times_zero_are_the_vgg():
    skips = build(replace(SMALL_VGG, shortcut="pad", skip_scale=0.0), seed=1).eval()
    plain = build(SMALL_VGG, seed=1).eval()

    with torch.no_grad():
        assert torch.equal(skips(images(SMALL_VGG)), plain(images(SMALL_VGG)))


@pytest.mark.parametrize(
    ("stages", "found"), [((1, 1, 2, 2, 2), 11), ((2, 2, 2, 2, 2), 13), ((2, 2, 3, 3, 3), 16), ((2, 2, 4, 4, 4), 19)]
)
def test_vggs_depth_is_its_convolutions_and_three_linear_layers(stages, found):
    spec = NetworkSpec(family="vgg", stages=stages)

    assert depth(spec) == trace(spec).depth == found
    assert depths(spec)[found] == stages


def test_the_first_linear_layer_of_a_vgg_holds_three_quarters_of_its_weights():
    layers = trace(PRESETS["vgg16"].spec).by_path

    assert layers["classifier.0"].params_formula == "25088*4096 + 4096 = 102,764,544"
    assert layers["classifier.0"].params / 138_357_544 > 0.74


@pytest.mark.parametrize(
    ("spec", "found"), [(V2, 176), (SMALL, 1 + 4 * 6 + 3 + 3 + 2), (replace(SMALL, stages=(3,)), 1 + 4 * 3 + 2)]
)
def test_inception_resnets_depth_is_that_of_its_longest_path(spec, found):
    traced = trace(spec)

    assert depth(spec) == traced.depth == found
    assert traced.counted == longest(traced.layers, traced.edges)


def test_the_longest_path_of_a_block_is_its_third_branch_and_the_1x1():
    spec = replace(SMALL, stages=(1,))
    traced = trace(spec)
    block = [path.removeprefix("repeat.0.") for path in traced.counted if path.startswith("repeat.0.")]

    assert block == ["branch2.0.conv", "branch2.1.conv", "branch2.2.conv", "conv2d"]


def test_each_kind_of_block_has_the_published_scale_and_the_last_has_none_and_no_relu():
    network = build(SMALL)
    factors = {
        name: [module.factor for module in network.get_submodule(name).modules() if isinstance(module, Scale)]
        for name in ("repeat", "repeat_1", "repeat_2", "block8")
    }

    assert factors == {"repeat": [0.17] * 2, "repeat_1": [0.10] * 2, "repeat_2": [0.20], "block8": []}
    assert isinstance(network.repeat_2[0].relu, nn.ReLU)
    assert isinstance(network.block8.relu, nn.Identity)


def test_the_scale_and_the_branches_are_told_in_the_formulas():
    layers = trace(V2).by_path

    assert layers["repeat.0.join.scale"].shape_formula == "0.17 · 320*35*35"
    assert layers["repeat.0.cat"].shape_formula == "32 + 32 + 64 = 128"
    assert layers["repeat.0.conv2d"].params_formula == "1*1*128*320 + 320 = 41,280"
    assert layers["mixed_6a.cat"].shape_formula == "384 + 384 + 320 = 1088"
    assert layers["repeat_1.0.branch1.1.conv"].params_formula == "1*7*128*160 = 143,360"
    assert layers["repeat_1.0.branch1.1.conv"].receptive_field_formula.endswith(
        str(layers["repeat_1.0.branch1.1.conv"].receptive_field)
    )


def test_a_block_is_its_input_and_its_scaled_branches_by_hand():
    network = build(SMALL, seed=2).eval()
    block = network.repeat[0]
    x = torch.randn(2, 40, 8, 8, generator=torch.Generator().manual_seed(0))

    branches = torch.cat([block.branch0(x), block.branch1(x), block.branch2(x)], 1)

    assert torch.allclose(block(x), F.relu(x + 0.17 * block.conv2d(branches)))


def test_the_twin_has_no_outer_skip_and_all_branches():
    with_, without = trace(SMALL), trace(twin(SMALL))

    assert with_.params == without.params
    assert sum(layer.kind is Kind.ADD for layer in with_.layers) == sum(SMALL.stages)
    assert not any(layer.kind is Kind.ADD for layer in without.layers)
    cats = [sum(layer.kind is Kind.BRANCHES for layer in one.layers) for one in (with_, without)]
    assert cats == [sum(SMALL.stages) + 2] * 2
    assert with_skips(twin(SMALL)) == SMALL


def test_a_concatenation_of_branches_is_no_skip_connection():
    kinds = {edge.kind for edge in trace(SMALL).edges}

    assert kinds == {EdgeKind.FLOW, EdgeKind.IDENTITY}
    assert len(measure(SMALL, batch=2).joins) == sum(SMALL.stages)


def test_the_gradient_of_all_branches_together_is_read():
    """The gradients by skip and branch sum to the gradient of the block's input, which autograd gives."""
    network = build(SMALL, seed=3)
    entered = {}
    block = network.repeat[1]
    handle = block.register_forward_pre_hook(lambda _, args: entered.update(x=args[0]))
    network.eval()
    loss = network(images(SMALL)).square().sum()
    [whole] = torch.autograd.grad(loss, entered["x"], retain_graph=True)
    handle.remove()

    class Heard:
        def __init__(self):
            self.parts = {}

        def output(self, path, value):
            pass

        def gradient(self, path, value):
            pass

        def returned(self, path, way, gradient):
            self.parts[way] = gradient

    heard = Heard()
    with listening(network, ["repeat.1.conv2d"], ["repeat.1.join.add"], heard):
        network(images(SMALL)).square().sum().backward()

    assert set(heard.parts) == set(Way)
    assert torch.allclose(heard.parts[Way.SKIP] + heard.parts[Way.BRANCH], whole, rtol=1e-4, atol=1e-6)
    assert heard.parts[Way.BRANCH].abs().sum() > 0


def test_the_networks_are_named():
    assert describe(PRESETS["vgg16"].spec).badge == "VGG-16 as in torchvision"
    assert describe(V2).badge == "Inception-ResNet-v2 as in timm"
    assert describe(replace(V2, stages=(5, 10, 5))).badge.startswith("Custom Inception-ResNet-96 differs from")
    assert "no skip connections" in describe(twin(V2)).badge


def test_changing_the_branch_strength_multiplies_the_published_scale():
    layers = trace(replace(SMALL, branch_scale=2.0)).by_path

    assert [layers[f"{block}.join.scale"].factor for block in ("repeat.0", "repeat_1.0", "block8")] == [0.34, 0.2, 2.0]
