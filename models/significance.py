"""Whether two shares of images differ by more than chance would make them differ. No torch here."""

from collections.abc import Sequence
from math import exp, inf, lgamma, log, sqrt

LEVEL = 0.05  # two-sided
_ERRORS = 2.0  # standard errors that a difference must exceed: about the same level


def guessing(classes: int) -> float:
    """The accuracy of a guess, where all classes are equally common."""
    return 1 / classes


def learned(accuracy: float, images: int, classes: int) -> bool:
    """Whether an accuracy on so many images lies above what guessing might reach: by more than two standard errors."""
    chance = guessing(classes)
    return accuracy > chance + _ERRORS * sqrt(chance * (1 - chance) / images)


def margin(first: float, second: float, images: int) -> float:
    """Twice the standard error of the difference of two accuracies, each on so many images, taken as independent."""
    return _ERRORS * sqrt((first * (1 - first) + second * (1 - second)) / images)


def mcnemar(only_first: int, only_second: int) -> float:
    """The p-value of McNemar's exact test, two-sided: of images that one network alone gets right, half are each's.

    Source: Dietterich 1998, doi 10.1162/089976698300017197.
    """
    count = only_first + only_second
    if not count:
        return 1.0
    fewer = min(only_first, only_second)
    tail = sum(exp(_log_choose(count, taken) - count * log(2)) for taken in range(fewer + 1))
    return min(1.0, 2 * tail)


def differ(first: float, second: float, images: int, answers: tuple[str, str] = ("", "")) -> bool:
    """Whether two networks' accuracies on the same images differ beyond chance.

    In pairs where it is known which images each got right (a sign 1 or 0 for each), else by their standard error.
    """
    ours, theirs = answers
    if ours and len(ours) == len(theirs):
        pairs: Sequence[tuple[str, str]] = list(zip(ours, theirs, strict=True))
        return mcnemar(pairs.count(("1", "0")), pairs.count(("0", "1"))) < LEVEL
    return abs(first - second) > margin(first, second, images)


def blew_up(loss: float, classes: int) -> bool:
    """Whether a loss lies so far above that of a guess that it can't be called learning: ten times, or not finite."""
    return not -inf < loss < 10 * log(classes)


def _log_choose(count: int, taken: int) -> float:
    return lgamma(count + 1) - lgamma(taken + 1) - lgamma(count - taken + 1)
