"""Sentences on how many paths lead through a network, computed from their numbers."""

from decimal import Decimal

from models.tracing.paths import Paths
from viz.language import _, ngettext, sentences
from viz.style import format
from viz.text.paths import number_of

_SHARE = 0.95  # of all paths, whose lengths are told
_WRITTEN = 10**6  # numbers below are written out


def counted(found: Paths) -> str:
    """Return how many paths there are, and how long most of them are."""
    if found.total == 1:
        return _(
            "One path leads from the image to the output: there is no skip connection. Ways side by side count as one."
        )
    whole = number_of(found.longest) if found.in_series else _number(found.total)
    shortest = next(length for length, count in enumerate(found.counts) if count)
    first = _(
        "{number} paths lead from the image to the output. The shortest passes {low} branches, the longest {high}.",
        number=whole,
        low=shortest,
        high=found.longest,
    )
    low, high = found.most(_SHARE)
    if high - low >= found.longest - shortest:
        return first
    most = _("{share} of them pass {low} to {high}.", share=f"{found.share(low, high):.0%}", low=low, high=high)
    return sentences([first, most])


def lit(found: Paths, length: int) -> str:
    """Return how many of all paths pass as many branches."""
    number, count = _number(found.total), _number(found.counts[length])
    return ngettext(
        "Paths with {n} branch: {count} of {number}.", "Paths with {n} branches: {count} of {number}.", length,
        count=count, number=number,
    )  # fmt: skip


def _number(number: int) -> str:
    """A number of any size: written out, or with a power of ten."""
    return format.whole(number) if number < _WRITTEN else format.power(Decimal(number))
