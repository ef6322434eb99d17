"""The link holds the compared networks; invalid ones are named and dropped."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from tests.conftest import specs
from viz.state.compare import MOST, SIDEBAR, Comparison, entries, joined, read, write
from viz.style import theme


@given(specs())
def test_a_network_comes_back_from_the_link_as_it_was(spec):
    text = write(spec)

    assert read(text) == (spec, ())
    assert set(text) <= set(string.ascii_letters + string.digits + "._-")  # nothing that is escaped in an address


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_is_its_own_name(name):
    found, problems = read(write(PRESETS[name].spec))

    assert found == PRESETS[name].spec
    assert not problems
    assert "." not in write(PRESETS[name].spec)


def test_an_edited_network_says_what_differs():
    assert write(NetworkSpec(shortcut="none", norm="group", widen=1.5)) == "plain18.widen-1.5.norm-group"


@pytest.mark.parametrize(
    ("compare", "kept", "words"),
    [
        ("resnet18.classes-1", "resnet18.classes-2", "resnet18: classes: must be a whole number from 2"),
        ("resnet50~nothing~densenet121", "resnet50~densenet121", "there is no preset 'nothing'"),
        ("resnet50.shortcut-sideways", "resnet50", "resnet50: shortcut: must be"),
        ("resnet50.colour-red", "resnet50", "resnet50 has no field 'colour'"),
        ("resnet50~resnet50", "resnet50", "'resnet50' appears twice"),
        ("", joined(Comparison().slots), "at least one network is needed"),
        ("~".join(list(PRESETS)[:8]), "~".join(list(PRESETS)[:6]), f"at most {MOST} networks"),
        ("sidebar~resnet18", "sidebar~resnet18", ""),
    ],
)
def test_bad_parts_are_named_and_dropped_and_the_rest_is_kept(compare, kept, words):
    found, problems = Comparison.from_query({"compare": compare, "timed": "true"})

    assert found.networks == kept
    assert found.timed
    assert words in " ".join(map(str, problems))
    assert bool(problems) == bool(words)


@given(st.text(max_size=60))
def test_no_text_breaks_it(text):
    found, _ = Comparison.from_query({"compare": text})

    assert 1 <= len(found.slots) <= MOST
    assert Comparison.from_query(found.to_query()) == (found, ())


def test_names_are_told_apart_and_the_sidebars_network_is_the_one_there():
    own = PRESETS["resnet50"].spec
    found = entries(Comparison(networks="resnet50~sidebar~resnet18.norm-group~resnet18.norm-none").slots, own)

    assert found[1].slot == SIDEBAR
    assert found[1].spec == own
    assert [entry.name for entry in found] == [
        "ResNet-50 v1.5", "ResNet-50 v1.5 (2)", "ResNet-18, group norm", "ResNet-18, no norm",
    ]  # fmt: skip


def test_six_networks_of_one_kind_are_told_apart():
    looks = theme.series_styles(["ResNet"] * 6)

    for field in ("dash", "symbol", "glyph", "pattern"):
        assert len({getattr(look, field) for look in looks}) == 6
    for dark in (False, True):
        assert len({look.shade.on(dark=dark) for look in looks}) == 6
