"""Sentences on the paths through networks and on the gradients along them, computed from the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from models.signals.path_records import PathGradients
from models.specs.external import Network
from models.tracing.paths import Paths
from viz.language import _
from viz.style import format

_SHARE = 0.95  # of what all paths carry, whose lengths are told
_WRITTEN = 10**6  # numbers below are written out


@dataclass(frozen=True, slots=True)
class Along:
    """A trained network and the gradients along its paths; None if they can't be measured."""

    name: str
    network: Network
    found: PathGradients | None


def number_of(paths: Paths) -> str:
    """Return the number of paths: 512, or 2⁵⁴ if it is a large power of two."""
    power = paths.total.bit_length() - 1
    if paths.total < _WRITTEN:
        return format.whole(paths.total)
    if paths.total == 2**power:
        return "2" + str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return format.power(paths.total)


def compared(along: Sequence[Along]) -> str:
    """Return what skip connections change; "" without a pair."""
    known = [one for one in along if one.found is not None]
    skips = [one.found for one in known if one.found is not None and one.found.skips]
    plain = [one for one in known if one.network.plain]
    if len(skips) != 1 or len(plain) != 1:
        return ""
    return _(
        "With skip connections the gradient has {number} paths back to the image; without them it has one.",
        number=number_of(skips[0].paths),
    )


def each(along: Sequence[Along]) -> list[str]:
    """Return what the paths of each network carry."""
    return [_of(one) for one in along]


def _of(one: Along) -> str:
    found = one.found
    if found is None:
        return _(
            "{name}: not measured. Some of its skip connections are concatenations, or do not follow one another.",
            name=one.name,
        )
    if not found.skips:
        return _("{name} has one path. Its gradient at the image is {norm}.", name=one.name,
                 norm=format.number(found.whole))  # fmt: skip
    low, high = _carrying(found)
    parts = [
        _(
            "{name} has {number} paths. Lengths of {low} to {high} carry {carried} of number × gradient; they are "
            "{share} of all paths.",
            name=one.name, number=number_of(found.paths), low=low, high=high,
            carried=f"{sum(found.products[low : high + 1]):.0%}", share=f"{found.paths.share(low, high):.1%}",
        )
    ]  # fmt: skip
    factor = _factor(found)
    if factor is not None:
        change = format.times(factor if factor >= 1 else 1 / factor)
        parts.append(
            _("Each further branch divides the gradient along a path by {times}.", times=change)
            if factor < 1
            else _("Each further branch multiplies the gradient along a path by {times}.", times=change)
        )
    if found.whole > 0:
        added = sum(float(count) * norm for count, norm in zip(found.paths.counts, found.by_length, strict=True))
        parts.append(
            _(
                "Added up by size, all paths would give {times} times the gradient that arrives: they partly cancel.",
                times=format.times(added / found.whole),
            )
        )
    return " ".join(parts)


def _carrying(found: PathGradients) -> tuple[int, int]:
    """The narrowest range of lengths with most of number times gradient."""
    products = found.products
    ranges = [
        (high - low, -sum(products[low : high + 1]), low, high)
        for low in range(len(products))
        for high in range(low, len(products))
        if sum(products[low : high + 1]) >= _SHARE
    ]
    *__, low, high = min(ranges, default=(0, 0.0, 0, found.skips))
    return low, high


def _factor(found: PathGradients) -> float | None:
    """The factor of the gradient for one more branch: the slope of a line through the logarithms of the means."""
    known = [(length, log(mean)) for length, mean in zip(found.lengths, found.means, strict=True) if mean > 0]
    if len(known) < 3:
        return None
    middle_x, middle_y = (sum(values) / len(known) for values in zip(*known, strict=True))
    above = sum((x - middle_x) * (y - middle_y) for x, y in known)
    return exp(above / sum((x - middle_x) ** 2 for x, __ in known))
