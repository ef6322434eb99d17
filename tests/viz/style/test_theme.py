"""Colours that everybody can tell apart."""

from itertools import combinations

import pytest

from models.tracing.kinds import JOINS, KINDS, Kind
from viz.style import theme


def lightness(colour):
    """Return CIE L*, computed from the contrast with black."""
    luminance = theme.contrast(colour, "#000000") * 0.05 - 0.05
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def test_contrast_is_wcags():
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_kind_has_a_fill_a_bar_and_a_name():
    assert set(KINDS) == set(Kind)
    for kind in KINDS.values():
        assert kind.label
        assert kind.outputs
        assert kind.outputs
        assert theme.contrast(kind.bar, "#ffffff") > 1.5


def test_fills_differ_in_lightness_too():
    fills = [theme.fill(kind).light for kind in Kind if kind not in JOINS]

    for first, second in combinations(fills, 2):
        assert abs(lightness(first) - lightness(second)) > 1.5, (first, second)


@pytest.mark.parametrize("kind", Kind)
def test_text_reads_on_every_fill_in_both_themes(kind):
    assert theme.contrast(theme.fill(kind).light, theme.TEXT.light) > 4.5
    assert theme.contrast(theme.fill(kind).dark, theme.TEXT.dark) > 4.5


@pytest.mark.parametrize("share", [step / 20 for step in range(21)])
def test_text_reads_on_every_value_of_the_scale(share):
    assert theme.contrast(theme.scale(share), theme.text_on(theme.scale(share))) > 4.5


def test_the_value_scale_rises_in_lightness():
    steps = [lightness(theme.scale(step / 20)) for step in range(21)]

    assert steps == sorted(steps)
    assert theme.scale(0) == theme.SCALE[0]
    assert theme.scale(1) == theme.SCALE[-1]
