"""Grids: every combination once, in order, with the reason for those that give no network; links and files."""

import tomllib
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.errors import SpecError
from models.signals.grid import MOST_POINTS, Axes, Axis, from_table, points, rule_of, size
from models.signals.grid_point import point
from models.signals.measure import measure
from models.signals.measure_spec import MeasureSpec
from models.specs.depth import depth
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.specs.twins import twin
from models.tracing.tracer import trace
from tests.models.results.test_task import SMALL

CIFAR = PRESETS["resnet20_cifar"].spec
VALUES = {
    "depth": (8, 14, 20, 26), "norm": ("batch", "group", "none"), "init": ("default", "kaiming", "xavier"),
    "skip_scale": (0.0, 0.25, 0.5, 1.0), "widen": (1.0, 2.0), "shortcut": ("pad", "projection"),
    "seed": (0, 1, 2), "batch": (2, 8), "input_shape": ((3, 32, 32), (1, 28, 28)), "stem_norm": (True, False),
}  # fmt: skip


@st.composite
def axes(draw):
    fields = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=4, unique=True))
    some = {field: draw(st.lists(st.sampled_from(VALUES[field]), min_size=1, unique=True)) for field in fields}
    return tuple(Axis(field, tuple(values)) for field, values in some.items())


@given(axes())
def test_axes_survive_a_link(given):
    assert Axes().check("axes", Axes().decode(Axes().encode(given))) == given


@given(axes())
def test_every_combination_is_there_once_and_has_its_values(given):
    found = points(CIFAR, MeasureSpec(), given)

    assert len(found) == size(given) == prod(len(one.values) for one in given)
    assert len({one.values for one in found}) == len(found)
    for one in found:
        if one.spec is None:
            assert str(one.why)
            continue
        for axis, value in zip(given, one.values):
            if axis.field == "depth":
                assert depth(one.spec) == value
            elif axis.field in ("seed", "batch"):
                assert getattr(one.setting, axis.field) == value
            else:
                assert getattr(one.spec, axis.field) == value


def test_the_last_axis_varies_fastest():
    found = points(CIFAR, MeasureSpec(), Axes().decode("norm:batch,none;seed:0,1"))

    assert [one.values for one in found] == [("batch", 0), ("batch", 1), ("none", 0), ("none", 1)]


def test_a_family_brings_its_own_block_depths_and_shortcut():
    found = points(NetworkSpec(), MeasureSpec(), Axes().decode("family:resnet,densenet;depth:18,121"))

    assert (found[0].spec.family, found[0].why) == ("resnet", None)
    assert "depth: must be one of 10, 18 and 34" in str(found[1].why)
    assert "121" in str(found[2].why)
    assert found[3].spec == PRESETS["densenet121"].spec


def test_presets_are_an_axis():
    found = points(NetworkSpec(), MeasureSpec(), Axes().decode("preset:resnet18,resnet50;norm:batch,none"))

    assert [one.spec.norm for one in found] == ["batch", "none", "batch", "none"]
    assert found[2].spec == PRESETS["resnet50"].spec


def test_a_point_measures_a_network_and_its_twin():
    found = point(SMALL, MeasureSpec(batch=2))
    ours, theirs = measure(SMALL, MeasureSpec(batch=2)), measure(twin(SMALL), MeasureSpec(batch=2))

    assert (found.skips.loss, found.plain.loss) == (ours.loss, theirs.loss)
    assert (found.skips.ratio, found.plain.ratio) == (ours.ratio(), theirs.ratio())
    assert (found.skips.growth, found.plain.growth) == (ours.growth(), theirs.growth())
    assert (found.parameters, found.macs) == (trace(SMALL).params, trace(SMALL).macs)


FILE = """
[network]
preset = "resnet20_cifar"
norm = "group"

[measure]
batch = 4

[axes]
depth = [8, 20]
init = ["default", "kaiming"]
"""


def test_a_file_names_the_network_the_measurement_and_the_axes():
    base, setting, axes = from_table(tomllib.loads(FILE))

    assert base == CIFAR.changed(norm="group")
    assert setting == MeasureSpec(batch=4)
    assert Axes().encode(axes) == "depth:8,20;init:default,kaiming"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "axes: must name at least one field"),
        ("[axes]\ndepht = [1]", "axes: must be fields of a network, .* got 'depht'"),
        ("[axes]\ndepth = 20", "axes.depth: must be a list of values, got 20"),
        ("[axes]\ndepth = []", "axes.depth: must be a list of values"),
        ("[axes]\ndepth = ['deep']", "axes.depth: must be a whole number .* got 'deep'"),
        ("[axes]\nnorm = ['layer']", "axes.norm: .* got 'layer'"),
        ("[axes]\ndepth = [20]\nstages = [[3, 3, 3]]", "must be depth or stages"),
        ("[grid]\ndepth = [20]", "grid: must have the tables network, measure and axes, got 'grid'"),
        ("axes = 3", "axes: must be a table, got 3"),
        ("[network]\nwidth = 3\n[axes]\ndepth = [20]", "network.width: must be a field of this table"),
        ("[network]\npreset = 'resnet19'\n[axes]\ndepth = [20]", "network.preset: .* got 'resnet19'"),
        ("[measure]\nbatch = 1\n[axes]\ndepth = [20]", "batch: must be a whole number from 2"),
        ("[axes]\nseed = [0, 10000]", "axes.seed: must be a whole number from 0 to 9,999"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_says_where(text, why):
    with pytest.raises(SpecError, match=why):
        from_table(tomllib.loads(text))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("depth:20;depth:32", "once"),
        ("depth:x", "whole number"),
        ("nothing", "must be fields"),
        ("colour:red", "must be fields"),
    ],
)
def test_a_link_that_is_wrong_says_why(text, why):
    with pytest.raises(SpecError, match=why):
        Axes().check("axes", Axes().decode(text))


def test_too_many_points_are_refused():
    seeds = Axis("seed", tuple(range(MOST_POINTS // 3)))

    with pytest.raises(SpecError, match="at most 20,000 points"):
        Axes().check("axes", (seeds, Axis("norm", ("batch", "group", "none")), Axis("batch", (2, 4))))


def test_only_known_fields_have_a_rule():
    with pytest.raises(SpecError, match="got 'weights'"):
        rule_of("weights")
