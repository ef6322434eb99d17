"""The arithmetic of an exercise ends in its number."""

import re
from dataclasses import replace

import pytest

from models import PRESETS, trace
from viz.lessons import arithmetic, numbers
from viz.lessons.asked import ASKED
from viz.state.exercise import Page

RESNET18, RESNET34 = trace(PRESETS["resnet18"].spec), trace(PRESETS["resnet34"].spec)
SUMMED = ("params", "macs", "depth", "activation_bytes")


def last(text):
    return int(re.findall(r"[\d,]+", text.partition(" = ")[2])[-1].replace(",", ""))


@pytest.mark.parametrize("name", ["resnet18", "resnet20_cifar", "densenet121", "vgg16"])
@pytest.mark.parametrize("field", SUMMED)
def test_the_parts_of_a_network_add_up_to_its_number(name, field):
    found = trace(PRESETS[name].spec)

    text = arithmetic.of_trace(field, found, "")

    terms, __, total = text.rpartition(" = ")
    assert sum(int(term.rsplit(" ", 1)[1].replace(",", "")) for term in terms.split(" + ")) == last(text)
    assert int(total.replace(",", "")) == numbers.of_trace(found, "")[field]


@pytest.mark.parametrize("path", ["layer1.0", "layer2.0", "layer4"])
@pytest.mark.parametrize("field", ["layer.params", "layer.macs"])
def test_the_layers_of_a_block_or_stage_add_up_to_its_number(path, field):
    text = arithmetic.of_trace(field, RESNET18, path)

    terms = [int(term.rsplit(" ", 1)[1].replace(",", "")) for term in text.partition(" = ")[0].split(" + ")]
    assert sum(terms) == last(text) == numbers.of_trace(RESNET18, path)[field]


def test_a_block_has_the_numbers_that_arithmetic_by_hand_gives():
    assert numbers.of_trace(RESNET18, "layer1.0")["layer.params"] == 2 * 9 * 64 * 64 + 2 * 2 * 64
    assert arithmetic.of_trace("layer.params", RESNET18, "conv1") == "7*7*3*64 = 9,408"


def test_the_projections_are_named():
    assert arithmetic.of_trace("projections", RESNET18, "").count(",") == 2
    assert arithmetic.of_trace("projections", RESNET18, "").startswith("layer2.0")


def test_two_networks_are_divided_and_subtracted():
    numbers_of = numbers.of_several([RESNET18, RESNET34])

    assert arithmetic.of_several("params.more", [RESNET18, RESNET34]).endswith(f"= {numbers_of['params.more']:,.0f}")
    assert arithmetic.of_several("params.ratio", [RESNET18, RESNET34]).startswith(f"{RESNET34.params:,} / ")


def test_every_counted_number_that_can_be_asked_for_has_its_arithmetic():
    plain = trace(replace(PRESETS["resnet18"].spec))
    for field in ASKED[Page.ARCHITECTURE]:
        assert arithmetic.of_trace(field, plain, "layer1.0.conv1"), field
    for field in ASKED[Page.COMPARE]:
        assert arithmetic.of_several(field, [RESNET18, RESNET34]), field
