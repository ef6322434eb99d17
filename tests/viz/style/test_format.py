"""Numbers as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.language import listing, ngettext
from viz.style import format


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1 K"),
        (11_689_512, "11.7 M"),
        (4_089_184_256, "4.09 G"),
        (999_950, "1 M"),
        (123_456, "123 K"),
    ],
)
def test_short_forms_have_three_digits(number, text):
    assert format.short(number) == text


@given(st.integers(0, 10**14))
def test_a_short_form_is_within_half_a_percent(number):
    value, _, unit = format.short(number).partition(" ")

    assert float(value.replace(",", "")) * {"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}[unit] == pytest.approx(
        number, rel=0.006
    )


def test_long_forms_are_grouped_in_threes():
    assert format.whole(25_557_032) == "25,557,032"


def test_shapes_and_bytes():
    assert format.shape((64, 56, 56)) == "64 × 56 × 56"
    assert format.size(44_556_288) == "44.6 MB"
    assert format.size(4_000) == "4.0 kB"
    assert format.size(150_200_000) == "150.2 MB"
    assert format.size(43_138_400_000) == "43.1 GB"
    assert format.percent(1, 0) == "0.0%"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "a moment"), (4.4, "about 4 s"), (54, "about 55 s"), (80, "about 80 s"), (118, "about 2 min"),
        (3_359, "about 56 min"), (44.5 * 3600, "about 44 h"), (50 * 3600, "about 2 days"),
    ],
)  # fmt: skip
def test_an_estimate_promises_no_more_than_it_can(seconds, text):
    assert format.about(seconds) == text


def test_lists_and_plurals_are_the_languages():
    assert listing([3, 4, 6]) == "3, 4 and 6"
    assert listing([]) == ""
    assert ngettext("{n:,} block", "{n:,} blocks", 1) == "1 block"
    assert ngettext("{n:,} block", "{n:,} blocks", 2_000) == "2,000 blocks"
