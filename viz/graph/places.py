"""Rows and columns for the parts of a group: a row for each step of the data, a column for each branch."""

from collections.abc import Iterable, Sequence

from models.tracing.layers import Layer
from models.tracing.records import Edge
from viz.graph.folding import Group


def places(parts: Sequence[Group | Layer], edges: Iterable[Edge]) -> tuple[tuple[int, int], ...]:
    """Return (row, column) of each part, given in the order of the forward pass.

    A part is in the row after the last one that it reads, and in the column of the first one that it reads, or the next
    free one. So a chain is one column, and parallel branches are side by side.
    """
    owner = {
        path: place
        for place, part in enumerate(parts)
        for path in ([layer.path for layer in part.layers] if isinstance(part, Group) else [part.path])
    }
    reads: list[set[int]] = [set() for _part in parts]
    for edge in edges:
        source, target = owner.get(edge.source), owner.get(edge.target)
        if source is not None and target is not None and source < target:
            reads[target].add(source)
    found: list[tuple[int, int]] = []
    taken: set[tuple[int, int]] = set()
    for own in reads:
        row = 1 + max((found[one][0] for one in own), default=-1)
        column = min((found[one][1] for one in own), default=0)
        while (row, column) in taken:
            column += 1
        taken.add((row, column))
        found.append((row, column))
    return tuple(found)
