"""Conditions are comparisons of numbers, and nothing else is read."""

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.lessons.errors import LessonError
from viz.lessons.grammar import condition

NUMBERS = {"plain.ratio": 57.3, "skips.ratio": 2.0, "depth": 56, "lost": nan}


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("plain.ratio > 10", True),
        ("plain.ratio < 10", False),
        ("depth == 56", True),
        ("depth != 56", False),
        ("skips.ratio >= 0.1 and skips.ratio <= 1e1", True),
        ("skips.ratio < plain.ratio and depth > 100", False),
        ("lost > 0", False),
        ("lost <= 0", False),
    ],
)
def test_a_condition_holds_or_not(text, true):
    assert condition(text).holds(NUMBERS) is true


@pytest.mark.parametrize(
    "text", ["", "depth", "depth = 5", "depth > five!", "1 < depth", "depth > 1 or depth < 2", "__import__('os') == 1",
             "depth > 1 and", "depth > (1)", "depth > 1; depth < 2"],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(LessonError, match="comparisons"):
        condition(text)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_the_operators_are_pythons(left, right):
    numbers = {"left": left, "right": right}
    for sign, own in (("<", left < right), ("<=", left <= right), (">", left > right), (">=", left >= right),
                      ("==", left == right), ("!=", left != right)):  # fmt: skip
        assert condition(f"left {sign} right").holds(numbers) is own
