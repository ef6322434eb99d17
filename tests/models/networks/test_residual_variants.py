"""Variants of residual networks: other blocks, stems, orders, strides and joins, each against a second source."""

from dataclasses import replace

import pytest
import timm
import torch
import torchvision
from torch import nn

from models.networks.build import build
from models.runtime.messages import UserError
from models.signals.measure import measure
from models.specs.checks import smallest_input
from models.specs.naming import describe
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.specs.twins import twin
from models.tracing.kinds import Kind
from models.tracing.layers import EdgeKind
from models.tracing.tracer import trace
from tests.conftest import presets

TIMM = [name for name, preset in PRESETS.items() if str(preset.source) == "timm"]
SMALL = NetworkSpec(stages=(2, 2), stem="cifar", base_width=8, input_shape=(3, 16, 16), classes=5)
ORDERS = ("original", "norm_after", "relu_before", "relu_preact", "preact")


def images(spec, count=2):
    return torch.randn(count, *spec.input_shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", [name for name in presets() if getattr(name, "values", (name,))[0] in TIMM])
@pytest.mark.parametrize("pixels", [64, 75, 107])
def test_timms_weights_load_strictly_and_give_its_output(name, pixels):
    if pixels < smallest_input(PRESETS[name].spec):
        pytest.skip("too small for this network")
    theirs = timm.create_model(name).eval()
    ours = build(PRESETS[name].spec).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    image = torch.randn(2, 3, pixels, pixels, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        assert (ours(image) - theirs(image)).abs().max() <= 1e-4


def test_eleven_networks_are_timms():
    assert len(TIMM) == 11


@pytest.mark.parametrize("last", [1, 2])
def test_a_dilated_network_is_torchvisions(last):
    flags = [stage >= 3 - last for stage in range(3)]
    theirs = torchvision.models.resnet50(replace_stride_with_dilation=flags).eval()
    ours = build(replace(PRESETS["resnet50"].spec, dilated=last)).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    image = torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        assert (ours(image) - theirs(image)).abs().max() <= 1e-4


def test_a_dilated_window_is_told_in_the_formulas():
    layer = trace(replace(SMALL, dilated=1)).by_path["layer2.1.conv1"]

    assert layer.shape_formula == "(16 + 2*2 - (2*(3 - 1) + 1))/1 + 1 = 16"
    assert layer.receptive_field_formula.endswith(f"+ (3 - 1)*2*1 = {layer.receptive_field}")


def by_hand(block, order, x):
    """The outputs of a basic block in the orders of He et al. 2016, figure 4, with an identity shortcut."""
    norm1, conv1, norm2, conv2 = block.bn1, block.conv1, block.bn2, block.conv2
    relu = torch.relu
    return {
        "original": lambda: relu(x + norm2(conv2(relu(norm1(conv1(x)))))),
        "norm_after": lambda: relu(norm2(x + conv2(relu(norm1(conv1(x)))))),
        "relu_before": lambda: x + relu(norm2(conv2(relu(norm1(conv1(x)))))),
        "relu_preact": lambda: x + norm2(conv2(relu(norm1(conv1(relu(x)))))),
        "preact": lambda: x + conv2(relu(norm2(conv1(relu(norm1(x)))))),
    }[order]()


@pytest.mark.parametrize("order", ORDERS)
def test_each_order_is_that_of_the_paper(order):
    block = build(replace(SMALL, order=order)).layer1[1].eval()
    x = torch.randn(2, 8, 16, 16, generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        assert torch.allclose(block(x), by_hand(block, order, x), atol=1e-6)


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_all_orders_but_full_pre_activation_have_the_same_weights(block):
    first, *others = (
        build(replace(SMALL, block=block, order=order)).state_dict() for order in ORDERS if order != "preact"
    )

    for other in others:
        assert other.keys() == first.keys()
        assert all(torch.equal(other[name], first[name]) for name in first)


def test_a_raw_projection_reads_the_blocks_input_itself():
    raw = build(replace(SMALL, order="preact", raw_projection=True)).layer2[0].eval()
    x = torch.randn(2, 8, 16, 16, generator=torch.Generator().manual_seed(0))
    branch = raw.conv2(raw.relu2(raw.bn2(raw.conv1(raw.relu1(raw.bn1(x))))))

    assert torch.allclose(raw(x), raw.downsample(x) + branch, atol=1e-6)


def test_the_names_of_earlier_versions_mean_the_same_network():
    for shape in ("basic", "bottleneck"):
        assert NetworkSpec(block=f"preact_{shape}") == NetworkSpec(block=shape, order="preact")
        read, problems = NetworkSpec.from_query({"block": f"preact_{shape}", "classes": "10"})
        assert (read, problems) == (NetworkSpec(block=shape, order="preact", classes=10), ())


@pytest.mark.parametrize("shortcut", ["pad", "projection"])
def test_a_skip_times_zero_is_the_plain_network(shortcut):
    spec = replace(SMALL, shortcut=shortcut, skip_scale=0.0)
    network, plain = build(spec).eval(), build(twin(spec)).eval()

    assert torch.equal(network(images(spec)), plain(images(spec)))


def test_scales_multiply_skip_and_branch():
    block = build(replace(SMALL, skip_scale=0.5, branch_scale=0.25)).layer1[1].eval()
    x = torch.randn(2, 8, 16, 16, generator=torch.Generator().manual_seed(0))
    branch = block.bn2(block.conv2(block.relu1(block.bn1(block.conv1(x)))))

    assert torch.allclose(block(x), torch.relu(0.5 * x + 0.25 * branch), atol=1e-6)


def test_a_learned_scale_starts_at_zero_and_learns():
    spec = replace(SMALL, learned_scale=True, norm="none")
    network = build(spec)
    block = network.layer1[1]
    x = torch.rand(2, 8, 16, 16)

    assert torch.equal(block(x), x)
    nn.functional.cross_entropy(network(images(spec)), torch.tensor([0, 1])).backward()
    assert block.join.scale.weight.grad.abs() > 0
    assert trace(spec).by_path["layer1.1.join.scale"].params == 1


@pytest.mark.parametrize(("gate", "both"), [("highway", True), ("shortcut", False)])
def test_a_gate_divides_the_sum_between_skip_and_branch(gate, both):
    block = build(replace(SMALL, gate=gate)).layer1[1].eval()
    x = torch.randn(2, 8, 16, 16, generator=torch.Generator().manual_seed(0))
    branch = block.bn2(block.conv2(block.relu1(block.bn1(block.conv1(x)))))
    share = torch.sigmoid(nn.functional.conv2d(x, block.join.gate.weight, torch.full((8,), -2.0)))

    assert torch.allclose(block(x), torch.relu(x * (1 - share) + (branch * share if both else branch)), atol=1e-6)
    assert "layer1.1.join.carry" in trace(replace(SMALL, gate=gate)).by_path


def test_the_skip_of_a_gate_is_the_factor_that_is_the_input():
    found = trace(replace(SMALL, gate="highway", shortcut="pad"))
    kinds = {(edge.source, edge.target): edge.kind for edge in found.edges}

    assert kinds["layer1.0.relu2", "layer1.1.join.carry"] is EdgeKind.IDENTITY
    assert kinds["layer1.1.join.carry", "layer1.1.join.add"] is EdgeKind.IDENTITY
    assert kinds["layer1.1.join.transform", "layer1.1.join.add"] is EdgeKind.FLOW


def test_the_last_block_of_a_stage_can_have_the_stride():
    first, last = (trace(replace(SMALL, stages=(3, 2, 2), stride_block=block)) for block in ("first", "last"))
    sides = [
        last.by_path[f"layer{stage}.{block}.join"].output_shape[1] for stage, block in ((1, 1), (1, 2), (2, 1), (3, 1))
    ]

    assert sides == [16, 8, 4, 4]
    assert last.output_shape == first.output_shape
    assert last.by_path["layer1.2.downsample.0"].stride == (2, 2)  # 8 to 8 channels, but at half the size


def test_an_average_pooling_before_projections_ignores_no_pixel():
    def ignored(spec):
        image = torch.ones(1, 8, 8, 8, requires_grad=True)
        build(spec).layer2[0].downsample.eval()(image).sum().backward()
        return int((image.grad[0, 0] == 0).sum())

    assert ignored(SMALL) == 48  # of 64 positions, a stride of 2 reads 16
    assert ignored(replace(SMALL, projection_pool=True)) == 0


@pytest.mark.parametrize("stem", ["deep", "1x1"])
def test_every_stem_feeds_the_first_stage(stem):
    spec = replace(SMALL, stem=stem, input_shape=(3, 64, 64))
    found = trace(spec)
    own = [layer.path for layer in found.layers if layer.stage == "stem" and layer.kind is Kind.CONV]

    assert len(own) == {"deep": 3, "1x1": 1}[stem]
    assert found.by_path["layer1.0.conv1"].input_shape == (8, *({"deep": (16, 16), "1x1": (64, 64)}[stem]))
    assert found.params == sum(weight.numel() for weight in build(spec).parameters())


@pytest.mark.parametrize(
    "variant",
    [
        {"block": "se_basic"},
        {"order": "norm_after"},
        {"order": "relu_before"},
        {"order": "relu_preact"},
        {"gate": "highway"},
        {"gate": "shortcut", "shortcut": "pad"},
        {"skip_scale": 0.5, "branch_scale": 0.5},
        {"learned_scale": True},
        {"projection_pool": True, "stride_block": "last"},
        {"dilated": 1},
    ],
    ids=lambda variant: "-".join(map(str, variant.values())),
)
def test_every_variant_is_measured_with_its_twin(variant):
    spec = replace(SMALL, **variant)
    found, plain = measure(spec, batch=4), measure(twin(spec), batch=4)

    assert len(found.joins) == sum(spec.stages)
    assert plain.joins == ()
    for join in found.joins:
        assert join.skip_gradient_norm > 0
        assert join.branch_gradient_norm > 0 or spec.learned_scale
        assert join.skip_rms > 0
    assert build(twin(spec)).state_dict().keys() <= build(spec).state_dict().keys()


def test_a_projection_of_the_branch_leaves_the_input_no_way_past_it():
    wrong = build(replace(SMALL, block="wrong_projection")).eval()
    right = build(SMALL).eval()
    silent = torch.zeros_like(right.layer2[0].bn2.weight)
    x = torch.randn(2, 8, 16, 16, generator=torch.Generator().manual_seed(0))
    for network in (wrong, right):  # the branch outputs nothing
        network.layer2[0].bn2.weight.data = silent

    assert torch.equal(wrong.layer2[0](x), torch.zeros(2, 16, 8, 8))
    assert right.layer2[0](x).any()
    assert torch.equal(wrong.layer1[1](x), right.layer1[1](x))  # nothing is projected there


def test_without_the_last_relu_a_block_can_be_negative():
    x = torch.randn(2, 8, 16, 16, generator=torch.Generator().manual_seed(0))
    wrong, right = (build(replace(SMALL, block=block)).eval().layer1[1](x) for block in ("wrong_no_relu", "basic"))

    assert float(wrong.detach().min()) < 0
    assert torch.equal(torch.relu(wrong), right)


def test_no_network_is_said_to_be_near_a_wrong_one():
    for block in ("basic", "bottleneck", "se_basic"):
        for changes in ({"projection_norm": False}, {"order": "norm_after"}, {"stages": (9, 9, 9)}):
            spec = replace(SMALL, block="basic" if "order" in changes else block, **changes)
            assert not PRESETS[describe(spec).nearest].spec.block_type.wrong


def test_a_forgotten_stride_is_told_with_its_shapes_and_its_line():
    with pytest.raises(UserError) as refused:
        trace(replace(SMALL, block="wrong_stride"))

    said = str(refused.value)
    assert said.startswith("layer2.0.join: (16, 8, 8) can't be added to (16, 16, 16). Its line is wrong_blocks.py:")
    assert said.endswith('self.downsample, self.join = parts["shortcut"](in_channels, out_channels, 1)')
