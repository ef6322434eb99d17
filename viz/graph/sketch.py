"""What a folding shows of a network: its boxes in rows and columns, and the edges between them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from models.tracing.kinds import JOINS
from models.tracing.layers import INPUT, EdgeKind, Layer
from models.tracing.records import Trace
from viz.graph.folding import Folding, Group, Level, Rank
from viz.graph.label import CIRCLE, SIZE, Label
from viz.graph.layout import Box, Frame
from viz.graph.places import layers_of, places
from viz.graph.text_width import text_width
from viz.graph.units import Tags, tags
from viz.graph.words import arcs, heading
from viz.language import _

_HEADING = 21.0  # height of a frame's heading
_ARCS = 6.0  # more height of a folded group with skips: two strokes fit beside it
BESIDE = 22.0  # from a folded group's box to its arcs' far side
ALL_PAIRS = 6  # dense layers of which every connection is drawn; of more, those into the block's output
FAN = 12  # most connections drawn into one layer
MORE = 18.0  # height of a line that tells how many connections are not drawn, below a horizontal fan
NONE = Tags()


def reach(rows: int) -> float:
    """Return how far a fan's connection over some rows bulges."""
    return min(10.0 + 7.0 * rows, 120.0)


Item = Group | Layer


class Labeller(Protocol):
    """Gives the text of a group or layer with its tags."""

    def __call__(self, item: Item, tags: Tags) -> Label: ...


@dataclass(frozen=True, slots=True)
class Fan:
    """Connections of a dense block from several boxes into one; `hidden` more are not drawn."""

    sources: tuple[Box | None, ...]  # None: what the block reads
    target: Box
    hidden: int


@dataclass(slots=True)
class Sketch:
    """Boxes and frames of one network, before they have positions."""

    graph: Frame
    items: dict[str, Item] = field(default_factory=dict)  # id of a box or frame -> what it stands for
    labels: dict[str, Label] = field(default_factory=dict)
    tags: dict[str, Tags] = field(default_factory=dict)  # id of a box -> layers drawn inside it
    edges: list[tuple[Box, Box, EdgeKind]] = field(default_factory=list)
    folded: list[tuple[Box, Group]] = field(default_factory=list)  # with skips inside
    fans: list[Fan] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)  # id of a frame -> its heading
    told: Counter[EdgeKind] = field(default_factory=Counter)  # skips that no stroke stands for, but a heading
    home: dict[str, str] = field(default_factory=dict)  # path of a layer -> id of the box that shows it

    def boxes(self) -> list[Box]:
        return [cell for cell in self.graph.walk() if isinstance(cell, Box)]


def sketch(
    trace: Trace, groups: Sequence[Group], folding: Folding, labeller: Labeller, image: Label, *, vertical: bool
) -> Sketch:
    """Return what a folding shows of a trace; `labeller` gives the texts of its boxes."""
    return _Builder(trace, folding, labeller, vertical).built(groups, image)


class _Builder:
    def __init__(self, trace: Trace, folding: Folding, labeller: Labeller, vertical: bool) -> None:  # noqa: FBT001
        self.trace, self.folding, self.labeller, self.vertical = trace, folding, labeller, vertical
        self.made = Sketch(Frame("", pad=0.0))
        self.box_of: dict[str, Box] = {}  # path of a layer -> the box that shows it
        self.dense: dict[str, str] = {}  # join of a folded dense layer whose connections a fan draws

    def built(self, groups: Sequence[Group], image: Label) -> Sketch:
        made = self.made
        self.box_of[INPUT] = self._sized(INPUT, image)
        made.graph.put(self.box_of[INPUT], 0, 0, INPUT)
        self._fill(made.graph, groups, below=1)
        self._connect()
        made.home = {path: box.id for path, box in self.box_of.items()}
        return made

    def _fill(self, frame: Frame, parts: Sequence[Item], *, below: int = 0) -> None:
        within = {tag.path: part.path for part in parts for tag in self.made.tags.get(part.path, NONE).all}
        edges = [
            edge
            for part in parts
            for layer in (*layers_of(part), *self.made.tags.get(part.path, NONE).all)
            for edge in self.trace.incoming[layer.path]
        ]
        for part, (row, column) in zip(parts, places(parts, edges, within), strict=True):
            if isinstance(part, Layer):
                frame.put(self._layer(part), row + below, column, part.path)
            elif self.folding.opens(part):
                frame.put(self._frame(part), row + below, column, part.path)
            else:
                frame.put(self._group(part), row + below, column, part.path)

    def _frame(self, group: Group) -> Frame:
        frame = Frame(group.id, title_first=self.vertical)
        self.made.items[group.id] = group
        shown = self._shown(group)
        layers = [child for child in shown.children if isinstance(child, Layer)]
        own = tags(layers, self.trace) if self.folding.level is not Level.LAYERS else {}
        self.made.tags |= own
        hidden = {tag.path: path for path, found in own.items() for tag in found.all}
        self._fill(frame, [child for child in shown.children if child.path not in hidden])
        for tag, path in hidden.items():
            self.box_of[tag] = self.box_of[path]
        every = self._fan(frame, shown)
        title = heading(group) if every else _("{group}: each reads all before it", group=heading(group))
        self.made.titles[group.id] = title
        frame.heading = _HEADING, text_width(title, SIZE)
        return frame

    def _shown(self, group: Group) -> Group:
        """The group whose children are shown: a run that is all of its stage needs no frame inside the stage's."""
        (first, *others) = group.children
        alone = not others and isinstance(first, Group) and first.rank is Rank.RUN and self.folding.opens(first)
        return first if alone and isinstance(first, Group) else group

    def _layer(self, layer: Layer) -> Box:
        self.made.items[layer.path] = layer
        if layer.kind in JOINS:
            box = Box(layer.path, CIRCLE, CIRCLE, join=True)
            self.box_of[layer.path] = box
            return box
        box = self._sized(layer.path, self.labeller(layer, self.made.tags.get(layer.path, NONE)))
        self.box_of[layer.path] = box
        return box

    def _group(self, group: Group) -> Box:
        self.made.items[group.id] = group
        box = self._sized(group.id, self.labeller(group, NONE))
        if group.skips and self.vertical:
            box.along += _ARCS + 15.0 * max(len(group.skips) - 2, 0)
        for layer in group.layers:
            self.box_of[layer.path] = box
        if group.skips:
            self.made.folded.append((box, group))
            words = [told for _kind, _number, told in arcs(group) if told]
            if self.vertical:
                box.beside = BESIDE + (max(text_width(line, SIZE) for line in words) + 10 if words else 4)
            else:
                box.beside = BESIDE + 17.0 * len(words) + 4
                box.along = max(box.along, *(text_width(line, SIZE) + 4 for line in words), 0.0)
        return box

    def _sized(self, path: str, label: Label) -> Box:
        self.made.labels[path] = label
        width, height = label.size(vertical=self.vertical)
        return Box(path, *((height, width) if self.vertical else (width, height)))

    def _fan(self, frame: Frame, run: Group) -> bool:
        """Draw the connections of a run of dense layers, if all of them are folded; return whether none is left out."""
        dense = [child for child in run.children if isinstance(child, Group)]
        if not run.dense or any(self.folding.opens(child) for child in dense):
            return True
        boxes = [self.box_of[group.layers[0].path] for group in dense]
        self.made.folded = [(box, group) for box, group in self.made.folded if group not in dense]
        for box in boxes:
            box.beside = 0.0
        last = dense[-1].layers[-1]
        out = Box(last.path, CIRCLE, CIRCLE, join=True)
        self.made.items[last.path] = last
        self.box_of[last.path] = out
        frame.put(out, len(frame.rows), 0, last.path)
        targets = [*boxes[1:], out]
        every = len(boxes) <= ALL_PAIRS
        for place, target in enumerate(targets):  # reads the block's input and all earlier layers
            if not every and target is not out:
                self.made.told[EdgeKind.CONCAT] += 1
                continue
            sources = [None, *boxes[:place]]
            hidden = max(len(sources) - FAN, 0)
            half = FAN // 2
            drawn = sources if not hidden else [*sources[:half], *sources[-half:]]
            self.made.fans.append(Fan(tuple(drawn), target, hidden))
        frame.lanes, frame.lane_text = 1, reach(len(boxes)) + (0 if self.vertical else MORE)
        self.dense |= {child.layers[-1].path: child.path for child in dense}
        return every

    def _connect(self) -> None:
        drawn: set[tuple[str, str, EdgeKind]] = set()
        for edge in self.trace.edges:
            source, target = self.box_of[edge.source], self.box_of[edge.target]
            if edge.target in self.dense and edge.kind is EdgeKind.CONCAT:
                continue  # a fan's
            if source is target:
                continue
            kind = edge.kind if target.id == edge.target else EdgeKind.FLOW  # a folded group's skips are beside it
            if (source.id, target.id, kind) not in drawn:
                drawn.add((source.id, target.id, kind))
                self.made.edges.append((source, target, kind))
