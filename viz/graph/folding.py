"""A traced network as a tree of groups that can be folded: stages, runs of equal blocks, blocks, layers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, groupby, pairwise
from itertools import count as count_from
from string import digits

from models.tracing.kinds import JOINS, Kind
from models.tracing.layers import EdgeKind, Layer, Shape
from models.tracing.records import Edge, Trace
from viz.language import _


class Level(StrEnum):
    """The level to which the whole graph is unfolded."""

    STAGES = "stages"
    BLOCKS = "blocks"
    CONVOLUTIONS = "convolutions"  # norms and activation functions are tags of the layer that they belong to
    LAYERS = "layers"


class Rank(StrEnum):
    STAGE = "stage"
    RUN = "run"  # consecutive equal blocks
    BLOCK = "block"


_OPEN: dict[Level, frozenset[Rank]] = {
    Level.STAGES: frozenset(),
    Level.BLOCKS: frozenset({Rank.STAGE}),
    Level.CONVOLUTIONS: frozenset(Rank),
    Level.LAYERS: frozenset(Rank),
}


@dataclass(frozen=True, slots=True)
class Group:
    """A group of layers that folds into one box. `children` are groups or, in a block, layers.

    `id` is the path or, where a layer or an earlier group has the same, the path with a number.
    """

    path: str
    rank: Rank
    layers: tuple[Layer, ...]
    children: tuple["Group | Layer", ...]
    blocks: int
    skips: Counter[EdgeKind]  # number of skip edges inside, by kind
    own_id: str = ""  # where the path is not unique
    dense: bool = False  # a run in which each block concatenates to what the block before it has concatenated

    @property
    def id(self) -> str:
        return self.own_id or self.path

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(layer.path for layer in self.layers)

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
    def joins(self) -> str | None:
        """Kind of the group's joins, addition or concatenation; None if it has none."""
        return next((layer.kind for layer in self.layers if layer.kind in JOINS), None)


@dataclass(frozen=True, slots=True)
class Folding:
    """Which groups are unfolded: those that a level unfolds, except for groups folded or unfolded by hand."""

    level: Level = Level.STAGES
    toggled: frozenset[str] = frozenset()

    def opens(self, group: Group) -> bool:
        wanted = group.rank in _OPEN[self.level] or (self.level is Level.BLOCKS and group.dense)
        return wanted != (group.id in self.toggled)

    def toggle(self, path: str) -> "Folding":
        return Folding(self.level, self.toggled ^ {path})


def unfolded(groups: tuple[Group, ...], folding: Folding, path: str) -> Folding:
    """Return a folding that draws a layer: the groups around it are unfolded, too."""
    closed = {
        group.id
        for group in walk(groups)
        if not folding.opens(group) and any(layer.path == path for layer in group.layers)
    }
    return Folding(folding.level, folding.toggled ^ closed)


def tree(trace: Trace) -> tuple[Group, ...]:
    """Return the stages of a trace as groups, in the order of the forward pass."""
    skips: dict[str, Edge] = {}  # target -> the edge of its skip
    for edge in trace.edges:
        if edge.kind is not EdgeKind.FLOW and trace.by_path[edge.target].kind in JOINS:
            skips[edge.target] = edge
    stages = tuple(
        _stage(path, tuple(layers), skips) for path, layers in groupby(trace.layers, key=lambda layer: layer.stage)
    )
    taken = set(trace.by_path)
    return tuple(_unique(stage, taken) for stage in stages)


def _unique(group: Group, taken: set[str]) -> Group:
    """The group with an id of its own, and so all inside; `taken` grows."""
    ids = chain([group.path], (f"{group.path}/{number}" for number in count_from(2)))
    own_id = next(one for one in ids if one not in taken)
    taken.add(own_id)
    children = tuple(child if isinstance(child, Layer) else _unique(child, taken) for child in group.children)
    if own_id == group.path and children == group.children:
        return group
    return replace(group, own_id="" if own_id == group.path else own_id, children=children)


def shown(groups: tuple[Group, ...], folding: Folding) -> Iterator[Group | Layer]:
    """Yield the folded groups and single layers that a folding shows, in the order of the forward pass."""
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
    """Return the number of nodes that a folding draws; a folded group with skips is a box and a join."""
    return sum(2 if isinstance(item, Group) and item.skips else 1 for item in shown(groups, folding))


def walk(groups: tuple[Group, ...]) -> Iterator[Group]:
    """Yield every group of the tree, outer ones first."""
    for group in groups:
        yield group
        yield from walk(tuple(child for child in group.children if isinstance(child, Group)))


def fit(groups: tuple[Group, ...], folding: Folding, *, most: int) -> tuple[Folding, str]:
    """Return the folding or, if it has more than `most` nodes, a smaller one, with a note that says so."""
    wanted = count(groups, folding)
    if wanted <= most:
        return folding, ""
    runs = frozenset(group.id for group in walk(groups) if group.rank is Rank.RUN)
    closed = runs if folding.level is Level.LAYERS else frozenset()
    nodes = {"wanted": wanted, "most": most}
    for smaller, note in (
        (
            Folding(folding.level, (folding.toggled - runs) | closed),
            _(
                "That would be {wanted:,} nodes; at most {most} can be drawn, so runs of equal blocks stay folded.",
                **nodes,
            ),
        ),
        (
            Folding(Level.BLOCKS),
            _("That would be {wanted:,} nodes; at most {most} can be drawn, so blocks stay folded.", **nodes),
        ),
    ):
        if count(groups, smaller) <= most:
            return smaller, note
    note = _("That would be {wanted:,} nodes; at most {most} can be drawn, so stages stay folded.", **nodes)
    return Folding(Level.STAGES), note


def reveal(groups: tuple[Group, ...], folding: Folding, path: str) -> str:
    """Return the node that shows a layer or a group: itself if it is drawn, else the folded group around it."""
    for group in groups:
        if group.id == path:
            return path
        inner = tuple(child for child in group.children if isinstance(child, Group))
        if any(layer.path == path for layer in group.layers) or any(below.id == path for below in walk(inner)):
            if not folding.opens(group):
                return group.id
            return reveal(inner, folding, path) or path
    return ""


def _stage(path: str, layers: tuple[Layer, ...], skips: dict[str, Edge]) -> Group:
    blocks = [_group(block, tuple(own), skips) for block, own in groupby(layers, key=lambda layer: layer.block)]
    if len(blocks) == 1 and blocks[0].path in ("", path):  # stem, head, transition: one block of plain layers
        return Group(path, Rank.BLOCK, layers, layers, 0, blocks[0].skips)
    children: list[Group | Layer] = []
    for __, equal in groupby(blocks, key=_form):
        run = tuple(equal)
        if len(run) == 1:
            children.append(run[0])
            continue
        own = tuple(layer for block in run for layer in block.layers)
        last = run[-1].path.rpartition(".")[2]
        last = last[len(last.rstrip(digits)) :] or last
        kinds = sum((block.skips for block in run), Counter())
        dense = _chained(run, skips)
        children.append(Group(f"{run[0].path}-{last}", Rank.RUN, own, run, len(run), kinds, dense=dense))
    kinds = sum((block.skips for block in blocks), Counter())
    return Group(path, Rank.STAGE, layers, tuple(children), len(blocks), kinds)


def _chained(run: Sequence[Group], skips: dict[str, Edge]) -> bool:
    """Whether each block ends in its only join, a concatenation with the one of the block before."""
    ends = [block.layers[-1] for block in run]
    single = all(sum(layer.kind in JOINS for layer in block.layers) == 1 for block in run)
    if not single or any(end.kind is not Kind.CONCAT or end.path not in skips for end in ends):
        return False
    return all(
        skips[end.path].source == before.path and end.input_shape == before.output_shape  # all of it, not a part
        for before, end in pairwise(ends)
    )


def _group(path: str, layers: tuple[Layer, ...], skips: dict[str, Edge]) -> Group:
    kinds = Counter(skips[layer.path].kind for layer in layers if layer.path in skips)
    return Group(path, Rank.BLOCK, layers, layers, 1, kinds)


def _form(block: Group) -> tuple[object, ...]:
    """Key of equal blocks: the same layers and shapes; dense layers may differ in their channels."""
    dense = block.joins is Kind.CONCAT
    own = tuple((layer.kind, layer.kernel, layer.stride, layer.groups) for layer in block.layers)
    return (own, block.output_shape[1:] if dense else (block.input_shape, block.output_shape), tuple(block.skips))
