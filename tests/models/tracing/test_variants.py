"""Cost of a shortcut, and widths at equal MACs, checked against papers and arithmetic by hand."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from models.specs.presets import PRESETS
from models.tracing.tracer import trace
from models.tracing.variants import equal_macs, shortcuts, steady_block
from tests.conftest import specs


def test_resnet34s_shortcuts_cost_what_he_et_al_have():
    found = {variant.spec.shortcut: variant.trace for variant in shortcuts(PRESETS["resnet34"].spec)}

    assert {kind: one.params for kind, one in found.items()} == {
        "none": 21_623_848, "pad": 21_623_848, "projection": 21_797_672, "projection_all": 22_716_840,
    }  # fmt: skip
    assert found["pad"].macs == found["none"].macs
    # by hand: 1x1 from 64 to 128 at 28x28, 128 to 256 at 14x14, 256 to 512 at 7x7
    assert found["projection"].macs - found["pad"].macs == 64 * 128 * 28**2 + 128 * 256 * 14**2 + 256 * 512 * 7**2


@given(specs())
def test_variants_differ_in_their_shortcut_alone(spec):
    found = shortcuts(spec)

    assert spec.shortcut in {variant.spec.shortcut for variant in found}
    for variant in found:
        assert replace(variant.spec, shortcut=spec.shortcut) == spec
        assert variant.trace.params == trace(variant.spec).params


def test_widths_at_equal_macs_are_those_of_the_resnext_paper():
    found = {
        variant.spec.groups: variant
        for variant in equal_macs(PRESETS["resnet50"].spec)
        if variant.spec.block == "bottleneck"
    }

    assert {groups: variant.width for groups, variant in found.items()} == {1: 64, 2: 40, 4: 24, 8: 14, 32: 4}
    assert found[1].spec == PRESETS["resnet50"].spec
    assert found[32].spec == PRESETS["resnext50_32x4d"].spec
    for variant in found.values():
        assert variant.block == next(total for total in variant.trace.blocks if total.path == "layer1.1")
        assert variant.block.params == pytest.approx(70_000, rel=0.04)


def test_a_solved_width_is_the_nearest_one():
    spec = PRESETS["resnet50"].spec
    goal = steady_block(spec).macs
    assert goal == 56 * 56 * (256 * 64 + 9 * 64 * 64 + 64 * 256)
    for variant in equal_macs(spec):
        field = "base_width" if str(variant.name) == "basic" else "group_width"
        width = getattr(variant.spec, field)
        gaps = [
            abs(steady_block(replace(variant.spec, **{field: one})).macs - goal)
            for one in (width - 1, width, width + 1)
        ]
        assert min(gaps) == gaps[1]


@settings(max_examples=8)
@given(specs())
def test_any_network_has_its_blocks_of_other_kinds(spec):
    found = equal_macs(spec)

    assert bool(found) == (spec.family == "resnet")
    for variant in found:
        assert variant.spec.stages == spec.stages
        assert variant.spec.preact == spec.preact
