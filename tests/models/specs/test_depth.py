"""The depths on the slider follow the counting rule of each family."""

from dataclasses import replace

import pytest
from hypothesis import given

from models.specs.choices import Stem
from models.specs.depth import depth, depths, known_depth, other_depth, printed_depth
from models.specs.naming import describe
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing.layers import DepthRule
from models.tracing.tracer import trace
from tests.conftest import specs

KNOWN = [name for name, preset in PRESETS.items() if known_depth(preset.spec) is not None]


@pytest.mark.parametrize("name", KNOWN)
def test_the_known_depth_is_the_traced_one(name):
    spec = PRESETS[name].spec
    more = 2 if spec.stem is Stem.DEEP else 0  # its papers name networks as if the stem were one convolution

    assert known_depth(spec) == trace(spec).depth - more


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
    assert known_depth(spec) in (None, depth(spec), printed_depth(spec))
    if other_depth(spec) is not None:
        own, other = sorted(DepthRule, key=lambda rule: rule is not trace(spec).depth_rule)
        # Wide ResNets' 6N + 4 has a projection in the first stage too, which a network that isn't widened lacks
        missing = trace(spec).layers[1].output_shape[0] == spec.residual_stages[0][2] and not spec.counts_projections
        assert trace(spec).depth_by(own) == depth(spec)
        assert trace(spec).depth_by(other) + missing == other_depth(spec)


def test_an_unwidened_wide_resnet_has_both_papers_depths():
    wide = PRESETS["wrn_40_4"].spec
    same = replace(wide, widen=1.0)

    assert (depth(wide), other_depth(wide)) == (40, 38)
    assert (depth(same), other_depth(same)) == (38, 40)
    assert str(describe(same).title) == "Custom Pre-activation ResNet-38"
    assert "also WRN-40-1" in str(describe(same).detail)
    assert other_depth(PRESETS["resnet18"].spec) is None


def test_a_width_that_changes_no_channel_has_no_papers_name():
    assert printed_depth(replace(PRESETS["wrn_40_4"].spec, widen=1.02)) is None


def test_densenet_264_has_265_layers_by_its_papers_own_rule():
    spec = replace(PRESETS["densenet121"].spec, stages=(6, 12, 64, 48))

    assert (depth(spec), printed_depth(spec), trace(spec).depth) == (265, 264, 265)
    assert "called DenseNet-264 in the paper" in str(describe(spec).detail)
    assert printed_depth(PRESETS["densenet201"].spec) is None


@pytest.mark.parametrize(
    ("name", "stages", "layers"),
    [("densenet121", (6, 12, 24, 17), 123), ("wrn_16_8", (2, 2, 3), 18), ("resnet50", (3, 4, 6, 4), 53)],
)
def test_stages_of_ones_own_are_counted_as_all_others(name, stages, layers):
    spec = replace(PRESETS[name].spec, stages=stages)

    assert depth(spec) == trace(spec).depth == layers
