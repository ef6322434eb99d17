"""The depths on the slider are depths by the families' own count."""

from dataclasses import replace

import pytest
from hypothesis import given

from models.depths import depth, depths, known_depth
from models.presets import PRESETS
from models.spec import NetworkSpec
from models.trace import trace
from tests.conftest import specs

KNOWN = [name for name, preset in PRESETS.items() if known_depth(preset.spec) is not None]


@pytest.mark.parametrize("name", KNOWN)
def test_the_known_depth_is_the_traced_one(name):
    assert known_depth(PRESETS[name].spec) == trace(PRESETS[name].spec).depth


def test_all_presets_but_none_have_a_known_depth():
    assert set(KNOWN) == set(PRESETS)


@pytest.mark.parametrize(
    "name", ["resnet18", "resnet50", "resnet20_cifar", "preact_resnet164", "wrn_16_8", "densenet_40_12"]
)
def test_every_depth_on_the_slider_is_the_traced_one(name):
    spec = PRESETS[name].spec
    options = depths(spec)
    for known in (*list(options)[:3], list(options)[len(options) // 3]):
        assert trace(replace(spec, stages=options[known])).depth == known


def test_stages_of_ones_own_have_no_known_depth():
    assert known_depth(NetworkSpec(stages=(2, 3, 2))) is None


@given(specs())
def test_the_counted_depth_is_the_traced_one(spec):
    assert depth(spec) == trace(spec).depth
    assert known_depth(spec) in (None, depth(spec))
