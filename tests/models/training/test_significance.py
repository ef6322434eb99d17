"""Tests of accuracies, compared with SciPy and with random draws."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.significance import differ, learned, margin, mcnemar


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemars_test_is_scipys_binomial_one(first, second):
    from scipy.stats import binomtest

    expected = binomtest(first, first + second, 0.5).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(expected, rel=1e-9)


def test_the_issues_own_figures():
    assert not learned(0.131, 360, 10)
    assert learned(0.132, 360, 10)
    assert margin(0.9, 0.9, 360) == pytest.approx(0.045, abs=5e-4)


def test_equal_networks_are_called_different_about_once_in_twenty_or_less():
    draw = random.Random(0)  # noqa: S311
    wrong = 0
    for _ in range(400):
        ours, theirs = ("".join(draw.choices("10", (9, 1), k=360)) for _ in range(2))
        wrong += differ(ours.count("1") / 360, theirs.count("1") / 360, 360, (ours, theirs))
    assert wrong <= 0.07 * 400


def test_answers_that_are_not_of_the_same_images_are_not_paired():
    assert differ(0.9, 0.8, 360, ("1" * 10, "0" * 9)) is differ(0.9, 0.8, 360)
