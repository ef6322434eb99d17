"""A trace as a tree that folds: stages, runs of equal blocks, blocks, layers."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from string import ascii_letters

from models.records import JOINS, EdgeKind, Kind, Layer, Shape, Trace


class Level(StrEnum):
    """How deep the whole graph is unfolded."""

    STAGES = "stages"
    BLOCKS = "blocks"
    LAYERS = "layers"


class Rank(StrEnum):
    STAGE = "stage"
    RUN = "run"  # equal blocks in a row
    BLOCK = "block"


_OPEN: dict[Level, frozenset[Rank]] = {
    Level.STAGES: frozenset(),
    Level.BLOCKS: frozenset({Rank.STAGE}),
    Level.LAYERS: frozenset(Rank),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Layers that fold into one box. `children` are groups or, in a block, layers."""

    path: str
    rank: Rank
    layers: tuple[Layer, ...]
    children: tuple["Group | Layer", ...]
    blocks: int
    skips: Counter[EdgeKind]  # how many skip edges of each kind are inside

    @property
    def params(self) -> int:
        return sum(layer.params for layer in self.layers)

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        return sum(layer.activation_bytes for layer in self.layers)

    @property
    def input_shape(self) -> Shape:
        return self.layers[0].input_shape

    @property
    def output_shape(self) -> Shape:
        return self.layers[-1].output_shape

    @property
    def joins(self) -> Kind | None:
        """Whether the group's skips add or concatenate; None for a plain one."""
        return next((layer.kind for layer in self.layers if layer.kind in JOINS), None)


@dataclass(frozen=True, slots=True)
class Folding:
    """What is unfolded: everything of a level, and the groups that were folded or unfolded by hand."""

    level: Level = Level.STAGES
    toggled: frozenset[str] = frozenset()

    def opens(self, group: Group) -> bool:
        return (group.rank in _OPEN[self.level]) != (group.path in self.toggled)

    def toggle(self, path: str) -> "Folding":
        return Folding(self.level, self.toggled ^ {path})


def tree(trace: Trace) -> tuple[Group, ...]:
    """The stages of a trace, in the order of the forward pass."""
    skips: dict[str, EdgeKind] = {}
    for edge in trace.edges:
        if edge.kind is not EdgeKind.FLOW and trace.by_path[edge.target].kind in JOINS:
            skips[edge.target] = edge.kind
    return tuple(
        _stage(path, tuple(layers), skips) for path, layers in groupby(trace.layers, key=lambda layer: layer.stage)
    )


def shown(groups: tuple[Group, ...], folding: Folding) -> Iterator[Group | Layer]:
    """The folded groups and single layers that a folding shows, in the order of the forward pass."""
    for group in groups:
        if not folding.opens(group):
            yield group
            continue
        for child in group.children:
            if isinstance(child, Layer):
                yield child
            else:
                yield from shown((child,), folding)


def count(groups: tuple[Group, ...], folding: Folding) -> int:
    """Nodes that a folding draws: a folded group with skips is a box and its join."""
    return sum(2 if isinstance(item, Group) and item.skips else 1 for item in shown(groups, folding))


def walk(groups: tuple[Group, ...]) -> Iterator[Group]:
    """Every group of the tree, outer ones first."""
    for group in groups:
        yield group
        yield from walk(tuple(child for child in group.children if isinstance(child, Group)))


def fit(groups: tuple[Group, ...], folding: Folding, *, most: int) -> tuple[Folding, str]:
    """The folding, or the next one that draws at most so many nodes, and a sentence that says so."""
    wanted = count(groups, folding)
    if wanted <= most:
        return folding, ""
    runs = frozenset(group.path for group in walk(groups) if group.rank is Rank.RUN)
    closed = runs if folding.level is Level.LAYERS else frozenset()
    for smaller, what in (
        (Folding(folding.level, (folding.toggled - runs) | closed), "runs of equal blocks stay folded"),
        (Folding(Level.BLOCKS), "blocks stay folded"),
    ):
        if count(groups, smaller) <= most:
            return smaller, f"That would be {wanted:,} nodes; {most} can be drawn, so {what}."
    return Folding(Level.STAGES), f"That would be {wanted:,} nodes; {most} can be drawn, so stages stay folded."


def reveal(groups: tuple[Group, ...], folding: Folding, path: str) -> str:
    """The node that stands for a layer or a group: itself where it is drawn, else the folded group that holds it."""
    for group in groups:
        if group.path == path:
            return path
        inner = tuple(child for child in group.children if isinstance(child, Group))
        if any(layer.path == path for layer in group.layers) or any(below.path == path for below in walk(inner)):
            if not folding.opens(group):
                return group.path
            return reveal(inner, folding, path) or path
    return ""


def _stage(path: str, layers: tuple[Layer, ...], skips: dict[str, EdgeKind]) -> Group:
    blocks = [_group(block, tuple(own), skips) for block, own in groupby(layers, key=lambda layer: layer.block)]
    if len(blocks) == 1 and blocks[0].path in ("", path):  # stem, head, transition: one block of plain layers
        return Group(path, Rank.BLOCK, layers, layers, 0, blocks[0].skips)
    children: list[Group | Layer] = []
    for _, equal in groupby(blocks, key=_form):
        run = tuple(equal)
        if len(run) == 1:
            children.append(run[0])
            continue
        own = tuple(layer for block in run for layer in block.layers)
        last = run[-1].path.rpartition(".")[2].lstrip(ascii_letters)
        kinds = sum((block.skips for block in run), Counter())
        children.append(Group(f"{run[0].path}-{last}", Rank.RUN, own, run, len(run), kinds))
    kinds = sum((block.skips for block in blocks), Counter())
    return Group(path, Rank.STAGE, layers, tuple(children), len(blocks), kinds)


def _group(path: str, layers: tuple[Layer, ...], skips: dict[str, EdgeKind]) -> Group:
    kinds = Counter(skips[layer.path] for layer in layers if layer.path in skips)
    return Group(path, Rank.BLOCK, layers, layers, 1, kinds)


def _form(block: Group) -> tuple[object, ...]:
    """What makes blocks equal: the same layers at the same resolution. Dense layers grow in their input channels."""
    dense = block.joins is Kind.CONCAT
    own = tuple((layer.kind, layer.kernel, layer.stride, layer.groups) for layer in block.layers)
    return (own, block.output_shape[1:] if dense else (block.input_shape, block.output_shape), tuple(block.skips))
