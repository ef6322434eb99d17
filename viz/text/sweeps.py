"""Sentences on a sweep, computed from its results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, log
from statistics import median
from types import MappingProxyType

from models.signals.grid import Axis, Point
from models.signals.grid_records import PointResult, Side
from viz.language import N_, _, labelled, ngettext, sentences
from viz.state.sweeps import Quantity
from viz.style import format
from viz.text import labels

_WORTH = 1.5  # smaller factors between the values of an axis are not told
_NEARER: Mapping[Quantity, str] = MappingProxyType(
    {
        Quantity.RATIO: N_(
            "With skips the first convolution's gradient is closer to the last one's in {k} of {n} cases."
        ),
        Quantity.GROWTH: N_("With skips the gradient changes less from layer to layer in {k} of {n} cases."),
        Quantity.SPREAD: N_(
            "With skips the last block's output is closer in size to the first one's in {k} of {n} cases."
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """A measured point."""

    point: Point
    result: PointResult


def value(side: Side, quantity: Quantity) -> float:
    """Return a measured quantity; NaN if it is not defined."""
    found: float | None = getattr(side, quantity.value)
    return float("nan") if found is None else found


def summary(rows: Sequence[Row], axes: Sequence[Axis], quantity: Quantity, *, whole: bool = True) -> str:
    """Return in how many networks skips help, how far the values spread and, once all are measured, what counts."""
    if not rows:
        return ""
    parts = [_count(rows, quantity)] if quantity in _NEARER else []
    for skips in (True, False):
        known = [one for one in _values(rows, quantity, skips=skips) if _finite(one)]
        if known:
            ends = {"low": format.number(min(known)), "high": format.number(max(known))}
            parts.append(
                _("With skips the values lie between {low} and {high}.", **ends)
                if skips
                else _("Without skips the values lie between {low} and {high}.", **ends)
            )
    if whole:
        parts.append(_strongest(rows, axes, quantity))
    lost = sum(not _finite(one) for skips in (True, False) for one in _values(rows, quantity, skips=skips))
    if lost:
        parts.append(
            ngettext(
                "{n} value is zero, infinite or not defined.", "{n} values are zero, infinite or not defined.", lost
            )
        )
    return sentences([part for part in parts if part])


def medians(rows: Sequence[Row], place: int, axis: Axis, quantity: Quantity, *, skips: bool) -> dict[int, float]:
    """Return index of an axis' value -> the median over all networks with it whose value is above 0 and finite."""
    found = {}
    for index, own in enumerate(axis.values):
        those = [row for row in rows if row.point.values[place] == own]
        known = [one for one in _values(those, quantity, skips=skips) if _finite(one)]
        if known:
            found[index] = median(known)
    return found


def described(point: Point, axes: Sequence[Axis]) -> str:
    """Return the values of a point in words."""
    pairs = zip(axes, point.values, strict=True)
    return ", ".join(labelled(labels.field(axis.field), labels.value(axis.field, own)) for axis, own in pairs)


def _values(rows: Sequence[Row], quantity: Quantity, *, skips: bool) -> list[float]:
    return [value(row.result.skips if skips else row.result.plain, quantity) for row in rows]


def _finite(one: float) -> bool:
    return 0 < one < inf


def _far(one: float) -> float:
    """How far a ratio is from 1."""
    return abs(log(one)) if _finite(one) else inf


def _count(rows: Sequence[Row], quantity: Quantity) -> str:
    nearer = sum(_far(value(row.result.skips, quantity)) < _far(value(row.result.plain, quantity)) for row in rows)
    return _(_NEARER[quantity], k=nearer, n=len(rows))


def _strongest(rows: Sequence[Row], axes: Sequence[Axis], quantity: Quantity) -> str:
    """Which field's values differ most in their medians without skips; "" if there is one field, or none differs."""
    found = []
    for place, axis in enumerate(axes):
        middles = medians(rows, place, axis, quantity, skips=False)
        if len(middles) > 1 and axis.field != "seed":
            low, high = min(middles, key=middles.__getitem__), max(middles, key=middles.__getitem__)
            found.append((middles[high] / middles[low], axis, low, high, middles))
    if len(found) < 2:
        return ""
    factor, axis, low, high, middles = max(found, key=lambda one: one[0])
    if factor < _WORTH:
        return ""
    return _(
        "Of what is varied, this changes the values most without skips: {field}, {low} at {first} and {high} at {last} "
        "(medians).",
        field=labels.field(axis.field),
        low=format.number(middles[low]),
        high=format.number(middles[high]),
        first=labels.value(axis.field, axis.values[low]),
        last=labels.value(axis.field, axis.values[high]),
    )
