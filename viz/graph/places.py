"""Rows and columns for the parts of a group: a row for each step of the data, a column for each branch."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from models.tracing.kinds import Kind
from models.tracing.layers import EdgeKind, Layer
from models.tracing.records import Edge
from viz.graph.folding import Group


def places(
    parts: Sequence[Group | Layer], edges: Iterable[Edge], within: Mapping[str, str] = MappingProxyType({})
) -> tuple[tuple[int, int], ...]:
    """Return (row, column) of each part, given in the order of the forward pass.

    `within` names layers that are drawn inside another one: path -> path of that one.

    A part is in the row after the last one that it reads, and in the column of the first one that it reads, or the next
    free one. So a chain is one column, and parallel branches are side by side. A layer on a shortcut is never in the
    first column, which is the main path's.
    """
    owner = {layer.path: place for place, part in enumerate(parts) for layer in layers_of(part)}
    owner |= {path: owner[other] for path, other in within.items()}
    reads: list[set[int]] = [set() for _part in parts]
    aside = set()
    for edge in edges:
        source, target = owner.get(edge.source), owner.get(edge.target)
        if source is None:
            continue
        part = parts[source]
        if isinstance(part, Layer) and (part.projection or (part.kind is Kind.PAD and edge.kind is not EdgeKind.FLOW)):
            aside.add(source)
        if target is not None and source < target:
            reads[target].add(source)
    found: list[tuple[int, int]] = []
    taken: set[tuple[int, int]] = set()
    for place, own in enumerate(reads):
        row = 1 + max((found[one][0] for one in own), default=-1)
        column = min((found[one][1] for one in own), default=0)
        if place in aside:
            column = max(column, 1)
        while (row, column) in taken:
            column += 1
        taken.add((row, column))
        found.append((row, column))
    return tuple(found)


def layers_of(part: Group | Layer) -> tuple[Layer, ...]:
    """Return the layers of a part: its own, or itself."""
    return part.layers if isinstance(part, Group) else (part,)
