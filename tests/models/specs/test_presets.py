"""Names, sources and published counts."""

import re

import pytest

from models.specs.choices import Stem
from models.specs.naming import compare, describe
from models.specs.presets import PRESETS
from models.specs.registry import Family
from models.specs.spec import NetworkSpec
from models.tracing.tracer import trace
from tests.conftest import reference_rows, reference_spec

WANTED = [
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "plain18",
    "plain34",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
    "wrn_18_3",
    "densenet121",
    "densenet161",
    "densenet169",
    "densenet201",
    "resnet20_cifar",
    "resnet32_cifar",
    "resnet44_cifar",
    "resnet56_cifar",
    "resnet110_cifar",
    "resnet1202_cifar",
    "plain20_cifar",
    "plain56_cifar",
    "preact_resnet110",
    "preact_resnet164",
    "preact_resnet1001",
    "wrn_16_8",
    "wrn_28_10",
    "wrn_40_4",
    "resnext29_8x64d",
    "densenet_40_12",
    "densenet_bc_100_12",
    "d2l_resnet18_fashion_mnist",
    "tutorial_resnet18",
]


def test_the_named_networks_are_there():
    assert set(WANTED) <= set(PRESETS)


@pytest.mark.parametrize("name", [row["name"] for row in reference_rows() if row["name"] in PRESETS])
def test_a_preset_is_the_reference_network_of_its_name(name):
    row = next(row for row in reference_rows() if row["name"] == name)

    assert PRESETS[name].spec == reference_spec(row)


@pytest.mark.parametrize("name", PRESETS)
def test_every_published_count_is_met(name):
    preset = PRESETS[name]
    found = trace(preset.spec)

    for count, published, slack in ((found.params, preset.params, found.norm_params), (found.macs, preset.macs, 0)):
        match = compare(count, published, slack=slack)
        assert match is None or match.agrees, match


INCEPTION = [key for key, preset in PRESETS.items() if preset.spec.family is Family.INCEPTION_RESNET]


@pytest.mark.parametrize("name", [key for key in PRESETS if key not in INCEPTION])
def test_the_depth_is_the_one_in_the_name(name):
    spec = PRESETS[name].spec
    named = int(re.search(r"\d+", PRESETS[name].title)[0])
    more = 2 if spec.stem is Stem.DEEP else 0  # named as if the stem were one convolution
    if spec.family is Family.VGG and not spec.hidden:
        more = -2  # named after the network with three linear layers

    assert trace(spec).depth == named + more


@pytest.mark.parametrize(
    ("count", "published", "agrees"),
    [
        (34_426_698, "34.4M", True),
        (34_460_000, "34.4M", False),
        (10_327_706, "10.2M", False),
        (269_722, "0.27M", True),
        (1_000, 1_000, True),
        (1_001, 1_000, False),
    ],
)
def test_a_printed_count_is_met_within_half_its_last_digit(count, published, agrees):
    assert compare(count, published).agrees is agrees


def test_norm_parameters_may_be_left_out_of_a_printed_count():
    match = compare(10_327_706, "10.2M", slack=149_216)

    assert match.agrees
    assert "parameters of the norms" in str(match.reason)


def test_a_difference_is_told_with_its_sign():
    assert str(compare(1_003, 1_000).reason) == "+3 compared with the published 1,000"


@pytest.mark.parametrize(
    ("fields", "badge"),
    [
        ({}, "ResNet-18 as in torchvision"),
        ({"block": "bottleneck", "stages": (3, 4, 6, 3)}, "ResNet-50 v1.5 as in torchvision"),
        (
            {"block": "bottleneck", "stages": (3, 4, 6, 3), "shortcut": "pad"},
            "Custom ResNet-50 with option A shortcuts",
        ),
        ({"input_shape": (1, 32, 32), "classes": 10}, "Custom ResNet-18 with 1 x 32 x 32 input, 10 classes"),
        (
            {"family": "densenet", "stages": (6, 12, 24, 16), "shortcut": "none"},
            "Custom DenseNet-121 with no skip connections",
        ),
    ],
)
def test_the_badge_says_what_the_network_is(fields, badge):
    assert describe(NetworkSpec(**fields)).badge == badge


def test_the_papers_own_strides_are_called_v1():
    name = describe(NetworkSpec(block="bottleneck", stages=(3, 4, 6, 3), stride_in="1x1"))

    assert str(name.title) == "ResNet-50 v1"
    assert "He et al. 2015" in name.badge


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"stages": (3,)}, "Custom ResNet-8"),
        ({"block": "bottleneck", "order": "preact", "stages": (3, 4, 6, 3), "shortcut": "none"}, "Custom Plain-50"),
        ({"family": "densenet", "stages": (2, 2)}, "Custom DenseNet-11"),
        ({"growth_rate": 12}, "ResNet-18"),
        ({"stride_in": "1x1"}, "ResNet-18"),
    ],
)
def test_a_name_never_promises_another_depth(fields, title):
    spec = NetworkSpec(**fields)

    assert str(describe(spec).title) == title
    assert title.endswith(f"-{trace(spec).depth}")


def test_presets_are_different_networks():
    assert len({preset.spec for preset in PRESETS.values()}) == len(PRESETS)
