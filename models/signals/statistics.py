"""Medians, ratios and slopes of measured numbers that may be NaN or infinite. No torch here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from statistics import median


@dataclass(frozen=True, slots=True)
class Band:
    """Spread over all seeds of one quantity of one layer."""

    path: str
    low: float
    middle: float  # the median
    high: float


def spread(path: str, values: Sequence[float]) -> Band:
    """Return the minimum, median and maximum; all NaN if a value is NaN."""
    if any(value != value for value in values):  # noqa: PLR0124  # NaN differs from itself
        return Band(path, nan, nan, nan)
    return Band(path, min(values), median(values), max(values))


def middle(values: Sequence[float]) -> float:
    return spread("", values).middle


def quotient(part: float, whole: float) -> float:
    """Divide as in IEEE 754: x / 0 is infinite, 0 / 0 is NaN."""
    if whole == 0:
        return nan if part == 0 or part != part else inf  # noqa: PLR0124
    return part / whole


def common_slope(groups: Iterable[Sequence[tuple[float, float]]]) -> float | None:
    """Return the least-squares slope common to groups of points (x, y) with one intercept each; None without spread."""
    above = below = 0.0
    for points in groups:
        x_mean = sum(x for x, _ in points) / len(points)
        y_mean = sum(y for _, y in points) / len(points)
        above += sum((x - x_mean) * (y - y_mean) for x, y in points)
        below += sum((x - x_mean) ** 2 for x, _ in points)
    return above / below if below else None


def finite(values: Iterable[float]) -> bool:
    return all(map(isfinite, values))
