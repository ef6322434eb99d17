"""Sentences on a sweep say what the numbers say, and no more."""

from math import inf, nan

import pytest

from models.signals.grid import Axes, points
from models.signals.grid_records import PointResult, Side
from models.signals.measure_spec import MeasureSpec
from models.specs.presets import PRESETS
from viz.state.sweeps import Quantity
from viz.text.sweeps import Row, described, medians, summary

BASE = PRESETS["resnet20_cifar"].spec


def side(ratio):
    return Side(loss=2.3, ratio=ratio, growth=None, spread=1.0)


def rows(axes, ratios):
    """Rows of these (with skips, without skips)."""
    found = points(BASE, MeasureSpec(), axes)
    return [
        Row(one, PointResult(depth=20, parameters=1, macs=1, skips=side(ours), plain=side(theirs)))
        for one, (ours, theirs) in zip(found, ratios, strict=True)
    ]


AXES = Axes().decode("depth:8,56;norm:batch,none")


def test_it_counts_and_gives_the_ends():
    said = summary(rows(AXES, [(1, 2), (1, 0.9), (3, 1000), (0.5, 0.01)]), AXES, Quantity.RATIO)

    assert said.startswith("With skips the first convolution's gradient is closer to the last one's in 4 of 4 cases.")
    assert "With skips the values lie between 0.5 and 3." in said
    assert "Without skips the values lie between 0.01 and 1,000." in said


def test_closer_means_a_smaller_factor_up_or_down():
    said = summary(rows(AXES, [(2, 4), (2, 0.25), (4, 2), (1, 1)]), AXES, Quantity.RATIO)

    assert "in 2 of 4 cases" in said  # equal is not closer


def test_the_field_with_the_largest_factor_is_named():
    said = summary(rows(AXES, [(1, 2), (1, 4), (1, 200), (1, 400)]), AXES, Quantity.RATIO)

    assert "changes the values most without skips: Depth, 3 at 8 and 300 at 56 (medians)." in said


def test_it_is_not_named_before_all_are_measured():
    found = rows(AXES, [(1, 2), (1, 4), (1, 200), (1, 400)])

    assert "changes the values most" not in summary(found[:3], AXES, Quantity.RATIO, whole=False)


def test_small_factors_are_not_told():
    assert "changes the values most" not in summary(rows(AXES, [(1, 1.1)] * 4), AXES, Quantity.RATIO)


def test_seeds_are_chance_and_not_named():
    axes = Axes().decode("norm:batch,none;seed:0,1")

    assert "changes the values most" not in summary(
        rows(axes, [(1, 1), (1, 100), (1, 1), (1, 100)]), axes, Quantity.RATIO
    )


@pytest.mark.parametrize("odd", [0.0, inf, nan])
def test_values_that_are_none_are_counted_and_not_averaged(odd):
    found = rows(AXES, [(1, odd), (1, 2), (1, 4), (1, 8)])

    assert "1 value is zero, infinite or not defined." in summary(found, AXES, Quantity.RATIO)
    assert medians(found, 0, AXES[0], Quantity.RATIO, skips=False) == {0: 2, 1: 6}
    assert "in 4 of 4 cases" in summary(found, AXES, Quantity.RATIO)


def test_growth_that_is_not_defined_is_no_number():
    assert "8 values are zero, infinite or not defined." in summary(rows(AXES, [(1, 2)] * 4), AXES, Quantity.GROWTH)


def test_the_loss_has_no_better_side():
    said = summary(rows(AXES, [(1, 2)] * 4), AXES, Quantity.LOSS)

    assert said == "With skips the values lie between 2.3 and 2.3. Without skips the values lie between 2.3 and 2.3."


def test_nothing_is_said_of_nothing():
    assert summary([], AXES, Quantity.RATIO) == ""


def test_a_point_in_words():
    assert described(points(BASE, MeasureSpec(), AXES)[1], AXES) == "Depth: 8, Norm: no norm"
