"""Numbers as students type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.lessons.typed import number_in, right


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("36864", 36864), ("36,864", 36864), ("11,689,512", 11689512), ("11.7M", 11.7e6), (" 11.7 m ", 11.7e6),
        ("4.1 G", 4.1e9), ("2k", 2000), ("2.5e-8", 2.5e-8), ("2.5E-8", 2.5e-8), ("-192", -192), ("45 %", 0.45),
        ("45\uff05", 0.45), ("1170万", 1.17e7), ("1\uff0c024", 1024), ("57×", 57), ("57 倍", 57), ("36_864", 36864),
        (".5", 0.5), ("0", 0), ("\u2212192", -192), ("\uff0d192", -192), ("2.4×10⁻²³", 2.4e-23), ("2.4*10^-23", 2.4e-23),
        ("2.4 · 10⁻²³", 2.4e-23), ("10⁻⁴⁵", 1e-45), ("3e2", 300), ("3*3*64*64", 36864), ("3×3×64×64 + 128", 36992),
        ("2 x 2 x 7", 28), ("3×100", 300),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(text, value):
    assert number_in(text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    ["", "-", ".", "e5", "many", "1,5", "12,34", "1e999", "3 4e", "0x1f", "3*", "+", "10^", "3**2", "1" * 41, "nan"],
)
def test_what_is_no_number_is_refused(text):
    assert number_in(text) is None


@given(st.text(max_size=60))
def test_any_text_is_a_finite_number_or_none(text):
    value = number_in(text)

    assert value is None or abs(value) < 1e309


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_every_whole_number_is_read_back_with_and_without_separators(number):
    assert number_in(str(number)) == number_in(f"{number:,}") == number


def test_a_count_is_exact_and_a_tolerance_is_a_share_of_the_right_number():
    assert right(36864, 36864, 0)
    assert not right(36865, 36864, 0)
    assert right(99, 100, 1)
    assert not right(98.9, 100, 1)
    assert right(-99, -100, 1)
    assert not right(99, -100, 50)
    assert right(0, 0, 0)


def test_of_a_number_with_many_digits_three_are_enough():
    assert right(0.176, 0.17598334514528702, 0)
    assert not right(0.18, 0.17598334514528702, 0)


def test_a_share_is_typed_in_percent_and_may_be_off_by_its_last_digit():
    assert number_in("12.3", percent=True) == pytest.approx(0.123)
    assert number_in("12.3 %", percent=True) == pytest.approx(0.123)
    assert right(0.001, 0.00071, 20, percent=True)
    assert right(0.0, 0.0, 20, percent=True)
    assert not right(0.01, 0.00071, 20, percent=True)
