"""Axes shared by several charts."""

from math import log10

from viz.style import format

_SHORT = 1.5  # decades up to which a logarithmic axis counts as short


def log_axis(floor: float, ceiling: float) -> dict[str, object]:
    """Return a logarithmic axis, labelled with powers of ten or, if it is short, with written-out numbers."""
    low, high = log10(floor), log10(ceiling)
    axis: dict[str, object] = {"type": "log", "range": [low - 0.1, high + 0.1]}
    if high - low > _SHORT:
        return axis | {"exponentformat": "power", "dtick": max(1, round((high - low) / 6))}
    digits = (1, 2, 5) if high - low > _SHORT / 2 else (1, 1.5, 2, 3, 5, 7)
    decades = range(int(low // 1) - 1, int(high // 1) + 1)
    places = [digit * 10.0**decade for decade in decades for digit in digits]
    return axis | {"tickvals": places, "ticktext": [format.number(place) for place in places]}
