"""Sentences on the strength of the skips and on how alike outputs become say what the numbers say."""

from math import inf, nan

import pytest

from models.signals.skip_records import Alike, AlikePair, StrengthPoint
from viz import text


def points(ratios):
    return tuple(
        StrengthPoint(scale=scale, seed=0, ratio=ratio, spread=1.0)
        for scale, ratio in zip((0, 0.5, 1), ratios, strict=True)
    )


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        ((1_000.0, 5.0, 2.0), "level, within a factor of ten, from 0.5 on."),
        ((1_000.0, 50.0, 2.0), "level, within a factor of ten, from 1 on."),
        ((5.0, 50.0, 2.0), "level, within a factor of ten, from 1 on."),
        ((5.0, 0.2, 2.0), "level, within a factor of ten, at every strength."),
        ((1_000.0, 500.0, 50.0), "Even at 1 it is not level, that is, within a factor of ten."),
        ((nan, 1.0, 1.0), "level, within a factor of ten, from 0.5 on."),
        ((0.0, inf, 1.0), "level, within a factor of ten, from 1 on."),
    ],
)
def test_it_is_level_from_where_all_stronger_skips_keep_it_so(ratios, said):
    assert text.strength.strength(points(ratios)).endswith(said)


def test_before_there_are_two_strengths_nothing_is_claimed():
    assert text.strength.strength(points((1.0, 1.0, 1.0))[:1]) == "Measuring from no skips to full skips."


def test_while_it_is_measured_nothing_is_claimed_of_stronger_skips():
    assert "level" not in text.strength.strength(points((5.0, 2.0, 1.0))[:2])


def test_a_cosine_just_below_zero_has_no_sign():
    assert "cosine 0.00, then 0.02" in text.strength.alike(AlikePair(found(-0.001, 0.02), ()))


def found(*values):
    return tuple(Alike(path=f"{place}.add", positions=value, images=nan) for place, value in enumerate(values))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((0.1, 0.5, 0.99), "With skips, positions of an image become more alike: cosine 0.10, then 0.99."),
        ((0.9, 0.5, 0.2), "With skips, positions of an image become less alike: cosine 0.90, then 0.20."),
        ((0.5, 0.9, 0.52), "With skips, positions of an image stay as alike: cosine 0.50, then 0.52."),
    ],
)
def test_the_ends_are_compared(values, said):
    assert text.strength.alike(AlikePair(found(*values), ())) == said


def test_nothing_is_said_of_what_is_not_defined():
    assert text.strength.alike(AlikePair(found(nan, nan), found(0.5))).startswith("There are no blocks")
