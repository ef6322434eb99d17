"""The paths through a network, counted by length (Veit et al. 2016, arXiv 1605.06431). No torch here.

At every skip connection a path takes one of two ways, the skip or the branch. Its length is the number of branches that
it passes. Ways side by side without a skip among them, as in an Inception block, are one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, zip_longest
from math import comb

from ..runtime.messages import UserError
from .kinds import Kind
from .layers import INPUT, EdgeKind, Layer
from .records import Trace

_JOINS = (Kind.ADD, Kind.CONCAT)  # a product with a gate is one way

Counts = tuple[int, ...]  # number of paths of length 0, 1, ...


@dataclass(frozen=True)
class Paths:
    """All paths from the image to the output of a network."""

    counts: Counts

    @cached_property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def longest(self) -> int:
        return len(self.counts) - 1

    @cached_property
    def in_series(self) -> bool:
        """Whether the skip connections follow one another, so that any set of branches is a path."""
        return self.counts == tuple(comb(self.longest, length) for length in range(len(self.counts)))

    def share(self, low: int, high: int) -> float:
        """Return the share of all paths that are of length `low` to `high`, both included."""
        return sum(self.counts[low : high + 1]) / self.total

    def most(self, share: float = 0.95) -> tuple[int, int]:
        """Return the narrowest range of lengths with at least this share of all paths; of several, the fullest."""
        return narrowest(self.counts, share)


def narrowest(values: Sequence[float], share: float) -> tuple[int, int]:
    """Return the first and last place of the narrowest range that sums to a share of all; of several, the fullest."""
    sums = (0, *accumulate(values))
    whole = sums[-1] or 1  # of zeros, all are one range
    ranges = (
        (high - low, sums[low] - sums[high + 1], low, high)
        for low in range(len(values))
        for high in range(low, len(values))
        if (sums[high + 1] - sums[low]) / whole >= share
    )
    *_, low, high = min(ranges, default=(0, len(values) - 1))
    return low, high


@dataclass(frozen=True)
class Path:
    """One path from the image to the output."""

    layers: frozenset[str]  # that it passes; ways side by side without a skip among them are all on it
    edges: frozenset[tuple[str, str]]  # from and to; `INPUT` is the image


def paths(trace: Trace) -> Paths:
    """Count the paths of a traced network, exactly.

    Raises `UserError` where ways with different numbers of paths meet and none of them is a skip connection.
    """
    return Paths(_counted(trace)[trace.layers[-1].path])


def path(trace: Trace, length: int, number: int) -> Path:
    """Return a path of a length, by its number from 0. Raises `UserError` as `paths`, and `IndexError` for no path."""
    counted = _counted(trace)
    layers: set[str] = set()
    edges: set[tuple[str, str]] = set()
    todo = [(trace.layers[-1].path, length, number)]
    while todo:
        own, length, number = todo.pop()
        if not 0 <= number < (counted[own][length] if 0 <= length < len(counted[own]) else 0):
            raise IndexError(number)
        if own == INPUT or own in layers:
            continue
        layers.add(own)
        ways = [edge for edge in trace.incoming.get(own, ()) if edge.source in counted]
        if _has_skip(trace, trace.by_path[own]):  # the paths by one way come after those by the ways before it
            for edge in ways:
                left = length - (edge.kind is EdgeKind.FLOW)
                here = counted[edge.source]
                many = here[left] if 0 <= left < len(here) else 0
                if number < many:
                    ways, length = [edge], left
                    break
                number -= many
        edges |= {(edge.source, own) for edge in ways}
        todo += [(edge.source, length, number) for edge in ways]
    return Path(frozenset(layers), frozenset(edges))


def _counted(trace: Trace) -> dict[str, Counts]:
    """The paths from the image to each layer, by length."""
    found: dict[str, Counts] = {INPUT: (1,)}
    for layer in trace.layers:
        skips = _has_skip(trace, layer)
        ways = [
            (0, *found[edge.source]) if skips and edge.kind is EdgeKind.FLOW else found[edge.source]
            for edge in trace.incoming.get(layer.path, ())
            if edge.source in found
        ]
        if not ways:  # a constant: no path leads there
            continue
        if not skips and len(set(ways)) > 1:
            raise UserError(
                "The paths can't be counted: at {layer}, ways with different numbers of paths meet, and none of them "
                "is a skip connection.",
                layer=layer.path,
            )
        found[layer.path] = tuple(map(sum, zip_longest(*ways, fillvalue=0))) if skips else ways[0]
    return found


def _has_skip(trace: Trace, layer: Layer) -> bool:
    """Whether ways meet at a layer of which one is a skip connection."""
    return layer.kind in _JOINS and any(edge.kind is not EdgeKind.FLOW for edge in trace.incoming.get(layer.path, ()))
