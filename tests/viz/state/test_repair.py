"""A change keeps as many settings as possible and names those that had to change."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.runtime.errors import SpecError
from models.specs.choices import Norm, Shortcut
from models.specs.depth import depth, depths, known_depth
from models.specs.presets import PRESETS
from models.specs.registry import Family, of_family
from models.specs.spec import NetworkSpec
from tests.conftest import specs
from viz.state.repair import change
from viz.text import labels
from viz.text.messages import repaired

RESNEXT = PRESETS["resnext50_32x4d"].spec


def test_every_field_has_a_label():
    assert all(labels.field(name) for name in NetworkSpec.__slots__)


def test_a_possible_change_moves_nothing_else():
    spec, notes = change(NetworkSpec(), "classes", 10)

    assert spec == NetworkSpec(classes=10)
    assert notes == ()


def test_another_family_takes_its_own_blocks_at_the_nearest_depth():
    spec, notes = change(PRESETS["resnet152"].spec, "family", "densenet")

    assert known_depth(spec) in (161, 169)
    assert spec.shortcut is Shortcut.CONCAT
    assert any("Blocks per stage" in repaired(note) for note in notes)


def test_input_norm_and_classes_survive_a_change_of_family():
    start = NetworkSpec(norm="group", input_shape=(1, 64, 64), classes=10)
    spec, _ = change(start, "family", "densenet")

    assert (spec.norm, spec.input_shape, spec.classes) == (Norm.GROUP, (1, 64, 64), 10)


def test_a_plain_network_stays_plain_in_the_other_family():
    assert change(PRESETS["plain34"].spec, "family", "densenet")[0].shortcut is Shortcut.NONE


def test_a_cardinality_that_does_not_divide_goes_to_the_nearest_that_does():
    spec, notes = change(NetworkSpec(), "groups", 7)

    assert spec.groups == 8
    assert list(map(repaired, notes)) == ["Cardinality: now 8, not 7."]


def test_an_input_too_small_for_the_transitions_grows():
    spec, notes = change(PRESETS["densenet121"].spec, "input_shape", (3, 16, 224))

    assert spec.input_shape == (3, 29, 224)
    assert len(notes) == 1


def test_padding_that_can_not_be_gives_way_to_a_projection():
    spec, notes = change(NetworkSpec(shortcut="pad"), "widen", 0.5)

    assert spec.shortcut is Shortcut.PROJECTION
    assert list(map(repaired, notes)) == [
        "Skip connections: now B: projection at new shapes, not A: identity, zero-padded."
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [("stages", "3, 4, x"), ("stages", (0,)), ("widen", float("nan"))],
)
def test_a_value_that_no_network_has_is_refused(field, value):
    with pytest.raises(SpecError, match=f"{field}: must be"):
        change(NetworkSpec(), field, value)


@given(specs(), st.data())
def test_any_menu_choice_leads_to_a_network_that_has_it(spec, data):
    field, options = data.draw(
        st.sampled_from(
            [
                ("family", list(Family)),
                ("block", list(of_family(spec.family))),
                ("shortcut", list(spec.family_type.shortcuts)),
                ("stem", list(spec.family_type.stems)),
                ("norm", list(Norm)),
            ]
        )
    )
    value = data.draw(st.sampled_from(options))
    try:
        changed, notes = change(spec, field, value)
    except SpecError as error:
        assume(error.field != field)
        raise

    assert getattr(changed, field) == value
    assert all(repaired(note).endswith(".") for note in notes)


@given(specs(), st.sampled_from(["groups", "group_width", "base_width", "growth_rate"]), st.integers(1, 4096))
def test_any_number_leads_to_a_network_or_a_message(spec, field, value):
    try:
        changed, notes = change(spec, field, value)
    except SpecError as error:
        assert str(error)
    else:
        assert getattr(changed, field) == value or notes


@pytest.mark.parametrize(
    ("name", "stages", "family"),
    [
        ("densenet121", (6, 12, 24, 17), "resnet"),
        ("wrn_16_8", (2, 2, 3), "densenet"),
        ("resnet50", (3, 4, 6, 4), "densenet"),
    ],
)
def test_a_switch_of_family_goes_by_the_depth_that_is_shown(name, stages, family):
    spec = replace(PRESETS[name].spec, stages=stages)
    changed, _ = change(spec, "family", family)

    gap = abs(depth(changed) - depth(spec))
    assert gap == min(abs(known - depth(spec)) for known in depths(changed))


def test_a_depth_that_is_counted_otherwise_from_here_on_is_told():
    wide = PRESETS["wrn_40_4"].spec

    same, notes = change(wide, "widen", 1.0)
    assert list(map(repaired, notes)) == ["Depth: now 38, counted without projections, with the classifier."]
    _, notes = change(same, "widen", 4.0)
    assert list(map(repaired, notes)) == [
        "Depth: now 40, by the rule for Wide ResNets: with projections, without the classifier."
    ]
