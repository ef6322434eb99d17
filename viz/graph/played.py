"""Measured activations and gradients of the boxes that a picture shows."""

from collections.abc import Sequence
from math import inf

from viz.graph.picture import Values
from viz.graph.play import Pass, Play, mean
from viz.graph.sketch import Sketch


def plays(sides: Sequence[tuple[str, Sketch, tuple[Values, Values]]], *, vertical: bool = True) -> Play:
    """Return the pass through one network, or through two side by side on one scale.

    Each side is (what its ids begin with, its sketch, its activations and gradients).
    """
    forward, backward = (_way([(prefix, sketch, both[place]) for prefix, sketch, both in sides]) for place in (0, 1))
    return Play(forward, backward, vertical)


def _way(sides: Sequence[tuple[str, Sketch, Values]]) -> Pass:
    of: dict[str, float] = {}
    shares: dict[str, float] = {}
    for prefix, sketch, values in sides:
        items = [*sketch.items.items(), *((tag.path, tag) for tags in sketch.tags.values() for tag in tags.all)]
        found = ((prefix + name, mean(item, values.of)) for name, item in items)
        of |= {name: value for name, value in found if value is not None}
        shares |= {prefix + path: share for path, share in values.shares.items()}
    known = [value for value in of.values() if 0 < value < inf]
    return Pass(of, min(known, default=1.0), max(known, default=1.0), shares)
