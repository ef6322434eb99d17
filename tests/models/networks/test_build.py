"""Networks equal the published ones: counts, torchvision's weights, the tutorials' shapes."""

from dataclasses import replace
from functools import partial

import pytest
import torch
import torchvision
from hypothesis import given, settings
from torch import nn

from models.networks import blocks, orders, parts
from models.networks.build import build
from models.networks.pretrained import renamed
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from tests.conftest import reference_rows, reference_spec, specs

TORCHVISION = [name for name, preset in PRESETS.items() if preset.torchvision]
CONV, NORM = partial(nn.Conv2d, bias=False), nn.BatchNorm2d


@pytest.mark.parametrize("row", reference_rows(), ids=lambda row: row["name"])
def test_parameters_equal_the_reference(row):
    with torch.device("meta"):
        network = build(reference_spec(row))

    assert sum(weight.numel() for weight in network.parameters()) == int(row["params"])


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvisions_weights_load_strictly_and_give_its_output(name):
    theirs = torchvision.models.get_model(name, weights=None).eval()
    ours = build(PRESETS[name].spec).eval()
    image = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))

    ours.load_state_dict(renamed(theirs.state_dict(), ours, PRESETS[name].spec), strict=True)

    with torch.no_grad():
        assert (ours(image) - theirs(image)).abs().max() <= 1e-4


def test_there_are_twenty_two_torchvision_networks():
    assert len(TORCHVISION) == 22


@pytest.mark.parametrize("name", TORCHVISION)
def test_buffers_are_two_per_norm_channel_and_a_counter_per_norm(name):
    with torch.device("meta"):
        network = build(PRESETS[name].spec)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]

    assert sum(buffer.numel() for buffer in network.buffers()) == sum(2 * norm.num_features + 1 for norm in norms)


def test_a_residual_block_keeps_the_tutorials_4x3x6x6():
    shortcut = partial(parts.projection_shortcut, conv=partial(nn.Conv2d, bias=True), norm=None)
    block = blocks.BasicBlock(3, 3, 3, 1, conv=partial(nn.Conv2d, bias=True), norm=NORM, shortcut=shortcut)

    assert block(torch.rand(4, 3, 6, 6)).shape == (4, 3, 6, 6)


def test_a_strided_projection_to_six_channels_gives_the_tutorials_4x6x3x3():
    shortcut = partial(parts.projection_shortcut, conv=partial(nn.Conv2d, bias=True), norm=None)
    block = blocks.BasicBlock(3, 6, 6, 2, conv=partial(nn.Conv2d, bias=True), norm=NORM, shortcut=shortcut)

    assert block(torch.rand(4, 3, 6, 6)).shape == (4, 6, 3, 3)


def test_the_fashion_mnist_tutorials_stages_have_its_shapes():
    network = build(PRESETS["d2l_resnet18_fashion_mnist"].spec).eval()
    value, shapes = torch.rand(1, 1, 64, 64), {}

    for name, module in network.named_children():
        value = module(value)
        shapes[name] = tuple(value.shape[1:])

    assert shapes["maxpool"] == shapes["layer1"] == (64, 16, 16)
    assert [shapes[f"layer{stage}"] for stage in (2, 3, 4)] == [(128, 8, 8), (256, 4, 4), (512, 2, 2)]
    assert shapes["fc"] == (10,)


@given(specs())
@settings(max_examples=60)
def test_every_combination_that_makes_sense_builds_and_runs(spec):
    network = build(spec).eval()

    with torch.no_grad():
        assert network(torch.zeros(2, *spec.input_shape)).shape == (2, spec.classes)


@given(specs())
def test_nothing_works_in_place_and_no_module_is_called_twice(spec):
    network = build(spec).eval()
    calls = {}
    handles = [
        module.register_forward_hook(lambda *_, path=path: calls.__setitem__(path, calls.get(path, 0) + 1))
        for path, module in network.named_modules()
    ]

    network(torch.zeros(2, *spec.input_shape))
    for handle in handles:
        handle.remove()

    assert set(calls.values()) == {1}
    assert not any(getattr(module, "inplace", False) for module in network.modules())


def test_a_plain_network_has_option_as_parameters_but_not_its_output():
    padded = replace(PRESETS["resnet20_cifar"].spec, input_shape=(3, 16, 16))
    plain, residual = build(replace(padded, shortcut="none")).eval(), build(padded).eval()
    image = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))

    assert list(plain.state_dict()) == list(residual.state_dict())
    assert not torch.allclose(plain(image), residual(image))


def test_projection_appears_only_where_the_shape_changes():
    with torch.device("meta"):
        network = build(NetworkSpec(block="bottleneck", stages=(3, 4, 6, 3)))
    projected = {name.rsplit(".downsample")[0] for name in network.state_dict() if "downsample" in name}

    assert projected == {"layer1.0", "layer2.0", "layer3.0", "layer4.0"}


def test_option_c_projects_everywhere():
    with torch.device("meta"):
        network = build(NetworkSpec(shortcut="projection_all"))

    assert len([name for name in network.state_dict() if name.endswith("downsample.0.weight")]) == 8


def test_pre_activation_feeds_the_projection_with_the_blocks_own_norm_and_activation():
    shortcut = partial(parts.projection_shortcut, conv=CONV, norm=None)
    block = orders.BasicPreAct(2, 4, 4, 2, conv=CONV, norm=NORM, shortcut=shortcut).eval()
    image = torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    ready = block.relu1(block.bn1(image))

    expected = block.downsample(ready) + block.conv2(block.relu2(block.bn2(block.conv1(ready))))

    assert torch.equal(block(image), expected)


def test_the_same_seed_gives_the_same_network_and_another_gives_another():
    spec = NetworkSpec(stages=(1, 1), base_width=8, input_shape=(3, 32, 32))
    first, second, other = (build(spec, seed=seed).state_dict() for seed in (0, 0, 1))

    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])


def test_networks_that_share_a_tensors_name_and_shape_share_its_values():
    spec = PRESETS["resnet20_cifar"].spec
    residual, plain = build(spec).state_dict(), build(replace(spec, shortcut="none")).state_dict()

    assert all(torch.equal(residual[name], plain[name]) for name in plain)


def test_building_touches_no_global_random_state():
    before = torch.get_rng_state()

    build(NetworkSpec(stages=(1,), base_width=8))

    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("init", "deviation"),
    [
        ("default", (1 / (3 * 64 * 9)) ** 0.5),  # uniform within 1 / sqrt(fan in): variance 1 / (3 fan in)
        ("kaiming", (2 / (64 * 9)) ** 0.5),
        ("xavier", (2 / (2 * 64 * 9)) ** 0.5),
    ],
)
def test_initial_weights_have_the_spread_of_their_formula(init, deviation):
    weight = build(NetworkSpec(init=init)).layer1[0].conv1.weight

    assert weight.std().item() == pytest.approx(deviation, rel=0.03)
    assert weight.mean().item() == pytest.approx(0, abs=0.05 * deviation)


def test_orthogonal_weights_are_orthogonal():
    weight = build(NetworkSpec(init="orthogonal")).layer1[0].conv1.weight.flatten(1)

    assert torch.allclose(weight @ weight.T, torch.eye(64), atol=1e-5)


@pytest.mark.parametrize("norm", ["batch", "group", "none"])
@pytest.mark.parametrize(
    "block", ["basic", "bottleneck", "preact_basic", "preact_bottleneck", "se_basic", "se_bottleneck"]
)
def test_branches_that_start_at_zero_leave_the_shortcut_alone(block, norm):
    spec = NetworkSpec(
        block=block, norm=norm, stages=(2,), base_width=8, input_shape=(3, 16, 16), zero_init_residual=True
    )
    second = build(spec).eval().layer1[1]
    value = torch.rand(1, 32 if "bottleneck" in block else 8, 4, 4)

    assert torch.allclose(second(value), value)


def test_depth_has_no_limit_but_the_stated_one():
    with torch.device("meta"):
        network = build(NetworkSpec(stages=(2_000,), base_width=1, stem="cifar", input_shape=(1, 8, 8)))

    assert len(network.layer1) == 2_000


@pytest.mark.parametrize("norm", ["batch", "group", "none"])
@pytest.mark.parametrize(
    "block", ["basic", "bottleneck", "preact_basic", "preact_bottleneck", "se_basic", "se_bottleneck"]
)
def test_branches_that_start_at_zero_learn_all_the_same(block, norm):
    shape = (3, 16, 16)
    spec = NetworkSpec(
        block=block, norm=norm, stages=(1, 1), stem="cifar", base_width=8, input_shape=shape, zero_init_residual=True
    )
    network = build(spec)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    image = torch.randn(4, *shape, generator=torch.Generator().manual_seed(0))

    reached = set()
    for _ in range(4):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(image), torch.arange(4)).backward()
        reached |= {name for name, weight in network.named_parameters() if weight.grad.any()}
        optimizer.step()

    assert reached == {name for name, _ in network.named_parameters()}


def test_a_plain_network_can_not_start_at_zero():
    plain = NetworkSpec(shortcut="none", stages=(1,), base_width=8, input_shape=(3, 16, 16))

    silent, loud = (build(replace(plain, zero_init_residual=zero)).state_dict() for zero in (True, False))

    assert all(torch.equal(silent[name], loud[name]) for name in loud)


@pytest.mark.parametrize(("channels", "groups"), [(64, 32), (96, 32), (160, 32), (63, 21), (2, 1), (3, 1), (32, 16)])
def test_group_norm_has_32_groups_or_as_many_as_hold_two_channels(channels, groups):
    assert parts.group_norm(channels).num_groups == groups
