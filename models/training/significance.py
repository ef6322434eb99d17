"""Tests of whether accuracies differ by more than chance. No torch here."""

from collections.abc import Sequence
from math import exp, inf, lgamma, log, sqrt

LEVEL = 0.05  # two-sided
_ERRORS = 2.0  # standard errors that a difference must exceed: about the same level as `LEVEL`


def guessing(classes: int) -> float:
    """Return the accuracy of guessing, for equally frequent classes."""
    return 1 / classes


def learned(accuracy: float, images: int, classes: int) -> bool:
    """Whether an accuracy on so many images exceeds that of guessing by more than two standard errors."""
    chance = guessing(classes)
    return accuracy > chance + _ERRORS * sqrt(chance * (1 - chance) / images)


def margin(first: float, second: float, images: int) -> float:
    """Return twice the standard error of the difference of two independent accuracies, each on so many images."""
    return _ERRORS * sqrt((first * (1 - first) + second * (1 - second)) / images)


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test for two networks on the same images.

    Null hypothesis: an image that only one network gets right is equally likely to be either network's. Source:
    Dietterich 1998, doi 10.1162/089976698300017197.
    """
    count = only_first + only_second
    if not count:
        return 1.0
    fewer = min(only_first, only_second)
    tail = sum(exp(_log_choose(count, taken) - count * log(2)) for taken in range(fewer + 1))
    return min(1.0, 2 * tail)


def differ(first: float, second: float, images: int, answers: tuple[str, str] = ("", "")) -> bool:
    """Whether two networks' accuracies on the same images differ beyond chance.

    By McNemar's test if `answers` gives a 1 or 0 per image for both networks (right or wrong), else by `margin`.
    """
    ours, theirs = answers
    if ours and len(ours) == len(theirs):
        pairs: Sequence[tuple[str, str]] = list(zip(ours, theirs, strict=True))
        return mcnemar(pairs.count(("1", "0")), pairs.count(("0", "1"))) < LEVEL
    return abs(first - second) > margin(first, second, images)


def blew_up(loss: float, classes: int) -> bool:
    """Whether a loss is not finite, or at least ten times that of guessing."""
    return not -inf < loss < 10 * log(classes)


def _log_choose(count: int, taken: int) -> float:
    return lgamma(count + 1) - lgamma(taken + 1) - lgamma(count - taken + 1)
