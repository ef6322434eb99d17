"""Sentences on the paths through networks and on the gradients along them, computed from the numbers."""

from collections.abc import Sequence
from math import exp, log

from models.signals.path_records import PathGradients
from models.specs.twins import twin
from models.tracing.paths import narrowest
from viz.language import _
from viz.style import format
from viz.text.examined import Examined

_SHARE = 0.95  # of what all paths carry, whose lengths are told
_CANCEL = 1.1  # sum of the sizes over the size of the sum, above which paths cancel
_WRITTEN = 10**6  # numbers below are written out


def number_of(skips: int) -> str:
    """Return the number of paths of so many skip connections in series: 512, or 2⁵⁴ if it is large."""
    if 2**skips < _WRITTEN:
        return format.whole(2**skips)
    return "2" + format.raised(skips)


def compared(along: Sequence[Examined[PathGradients | None]]) -> str:
    """Return what skip connections change; "" without a network and its twin."""
    networks = {one.network.essential for one in along if one.found is not None}
    for one in along:
        if one.found is not None and one.found.skips and twin(one.network).essential in networks:
            return _(
                "With skip connections the gradient has {number} paths back to the image; without them it has one.",
                number=number_of(one.found.skips),
            )
    return ""


def each(along: Sequence[Examined[PathGradients | None]]) -> list[str]:
    """Return what the paths of each network carry."""
    return [_of(one) for one in along]


def _of(one: Examined[PathGradients | None]) -> str:
    found = one.found
    if found is None:
        return _(
            "{name}: not measured. Some of its skip connections are concatenations or gates, or do not follow one "
            "another.",
            name=one.name,
        )
    if not found.finite:
        return _("{name}: the gradient is not a finite number.", name=one.name)
    if not found.whole:
        return _("{name}: the gradient at the image is zero.", name=one.name)
    if not found.skips:
        return _(
            "{name} has one path. Its gradient at the image is {norm}.", name=one.name, norm=format.number(found.whole)
        )
    low, high = narrowest(found.products, _SHARE)
    parts = [
        _(
            "{name} has {number} paths. Those of {low} to {high} branches carry {carried} of number × gradient; they "
            "are {share} of all paths.",
            name=one.name,
            number=number_of(found.skips),
            low=low,
            high=high,
            carried=f"{sum(found.products[low : high + 1]):.0%}",
            share=f"{found.paths.share(low, high):.1%}",
        )
    ]
    factor = _factor(found)
    if factor is not None:
        change = format.times(factor if factor >= 1 else 1 / factor)
        parts.append(
            _("On average, each further branch divides the gradient along a path by {times}.", times=change)
            if factor < 1
            else _("On average, each further branch multiplies the gradient along a path by {times}.", times=change)
        )
    if found.added > _CANCEL:
        parts.append(
            _(
                "Added up by size, all paths would give {times} times the gradient that arrives: they partly cancel.",
                times=format.times(found.added),
            )
        )
    return " ".join(parts)


def _factor(found: PathGradients) -> float | None:
    """The factor of the gradient for one more branch: the slope of a line through the logarithms of the means."""
    known = [(length, log(mean)) for length, mean in zip(found.lengths, found.means, strict=True) if mean > 0]
    if len(known) < 3:
        return None
    middle_x, middle_y = (sum(values) / len(known) for values in zip(*known, strict=True))
    above = sum((x - middle_x) * (y - middle_y) for x, y in known)
    return exp(above / sum((x - middle_x) ** 2 for x, __ in known))
