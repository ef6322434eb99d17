"""Draws the boxes, frames and lines of one network as marks."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isnan

from models.tracing.kinds import Kind
from models.tracing.layers import INPUT, EdgeKind, Layer
from models.tracing.records import Trace
from viz.graph.fills import Fills
from viz.graph.folding import Group
from viz.graph.label import SIZE, SMALL, TAG, Label, tag_width
from viz.graph.layout import LANE, Box, Frame
from viz.graph.marks import ARROW, Marks, Point, skip_style
from viz.graph.node_labels import group_label, layer_label, resized
from viz.graph.routes import FORK, Route
from viz.graph.sketch import BESIDE, MORE, NONE, Fan, Sketch, reach
from viz.graph.text_width import text_width
from viz.graph.units import Tags, short
from viz.graph.words import arcs, group_words, words
from viz.language import _, ngettext
from viz.style import format, theme

SIGN: dict[str, str] = {Kind.ADD: "+", Kind.CONCAT: "c"}
_CARDS = 3.0  # how far the cards of a stack lie apart


@dataclass
class Labels:
    """The text of boxes: shapes, or measured values."""

    fills: Fills
    shapes: bool  # are told by the edges

    def __call__(self, item: Group | Layer, tags: Tags) -> Label:
        if isinstance(item, Group):
            return group_label(item, self._told(item, format.shape(item.output_shape)))
        before, after = (tuple(short(tag) for tag in own) for own in (tags.before, tags.after))
        return layer_label(item, self._told(item, resized(item)), before, after)

    def _told(self, item: Group | Layer, shape: str) -> str:
        if self.fills.measured is None:
            return "" if self.shapes else shape
        value = self.fills.mean(item)
        return "" if value is None else format.number(value)


@dataclass
class Painter:
    """Draws a sketch whose boxes have their positions."""

    to: Marks
    trace: Trace
    sketch: Sketch
    fills: Fills
    vertical: bool
    gap: float
    shapes: bool = False
    marks: dict[str, dict[str, str]] = field(default_factory=dict)  # id -> attributes that set a box apart
    words: dict[str, str] = field(default_factory=dict)
    foldable: set[str] = field(default_factory=set)
    skips: set[EdgeKind] = field(default_factory=set)
    strokes: Counter[EdgeKind] = field(default_factory=Counter)  # skips that strokes or words stand for, by kind

    def paint(self, routes: Iterable[Route]) -> None:
        self.strokes += self.sketch.told
        for cell in self.sketch.graph.walk():
            if isinstance(cell, Frame):
                self._frame(cell)
            else:
                self._box(cell)
        for route in routes:
            self._route(route)
        for box, group in self.sketch.folded:
            self._arcs(box, group)
        for fan in self.sketch.fans:
            self._fan(fan)

    def _xy(self, across: float, along: float) -> Point:
        return (across, along) if self.vertical else (along, across)

    def _frame(self, frame: Frame) -> None:
        group = self.sketch.items[frame.id]
        assert isinstance(group, Group)  # noqa: S101  # a layer has no frame
        self.foldable.add(frame.id)
        self.words[frame.id] = _("{group}; click to fold", group=group_words(group))
        title = self.sketch.titles[frame.id]
        left, top = self._xy(frame.low, frame.start)
        wide = text_width(title, SIZE)
        inset = 9.0
        if self.vertical and frame.low + wide + 2 * inset > frame.middle:  # else the main path would cross it
            inset += frame.middle - frame.low
        middle = (left + inset + wide / 2, top + 13)
        style = {"style": "rounded,filled"} | self.fills.frame(group)
        if "style" in self.marks.get(frame.id, {}):  # only here; of what changed, the parts are marked
            style |= self.marks[frame.id] | {"style": "rounded,filled,dashed", "class": f"{style['class']} changed"}
        self.to.frame(frame.id, (left, top, *self._xy(frame.high, frame.end)), title, middle, style)

    def _box(self, box: Box) -> None:
        x, y = self._xy(box.middle, box.start + box.along / 2)
        width, height = (box.across, box.along) if self.vertical else (box.along, box.across)
        if box.id == INPUT:
            look = {"style": "rounded", "class": "image"}
            self.to.box(INPUT, x, y, width, height, self.sketch.labels[box.id], look)
            self.words[INPUT] = _("the image, {shape}", shape=format.shape(self.trace.input_shape))
            return
        item = self.sketch.items[box.id]
        if isinstance(item, Group):
            self.foldable.add(item.id)
            self.words[item.id] = _("{group}; click to unfold", group=group_words(item))
        else:
            self.words[item.path] = words(item)
        if box.join:
            self._join(box, x, y)
            return
        filled = self._marked(box.id, self.fills.box(item))
        style = "filled" if isinstance(item, Layer) else "filled,rounded"
        if isinstance(item, Group) and item.blocks > 1:
            for number in (2, 1):
                shift = number * _CARDS
                card = filled | {"class": f"{filled['class']} card"}
                name = f"{box.id} card {number}"
                self.to.box(name, x + shift, y + shift, width, height, "", {"style": style} | card)
        self.to.box(box.id, x, y, width, height, self.sketch.labels[box.id], {"style": style} | filled)
        self._tags(box, x, y, width, height)

    def _marked(self, name: str, filled: dict[str, str]) -> dict[str, str]:
        more = self.marks.get(name, {})
        both = " ".join(one["class"] for one in (filled, more) if "class" in one)
        return filled | more | {"class": both}

    def _tags(self, box: Box, x: float, y: float, width: float, height: float) -> None:
        """Draw the tags inside a box: at its left end those before it, at its right end those after it."""
        own = self.sketch.tags.get(box.id, NONE)
        middle = y if self.vertical else y + height / 2 - TAG / 2 - 4
        right = x + width / 2 - 1 - sum(tag_width(short(layer)) + 3 for layer in own.after)
        for at, layers in ((x - width / 2 + 4, own.before), (right, own.after)):
            left = at
            for layer in layers:
                wide = tag_width(short(layer))
                self._tag(layer, left + wide / 2, middle, wide)
                left += wide + 3

    def _join(self, box: Box, x: float, y: float) -> None:
        layer = self.sketch.items[box.id]
        assert isinstance(layer, Layer)  # noqa: S101  # a folded group is a box
        plain = {"style": "filled", "fillcolor": theme.fill(layer.kind).light, "class": f"kind-{layer.kind}"}
        style = {"shape": "circle", "fontsize": "18", "penwidth": "2"} | self._marked(box.id, plain)
        self.to.box(box.id, x, y, box.across, box.along, SIGN[layer.kind], style)
        left = x - box.across / 2 - 6
        for tag in self.sketch.tags.get(box.id, NONE).all:
            wide = tag_width(short(tag))
            if self.vertical:
                self._tag(tag, left - wide / 2, y, wide)
                left -= wide + 3
            else:
                self._tag(tag, x, y - box.along / 2 - 4 - TAG / 2, wide)

    def _tag(self, layer: Layer, x: float, y: float, wide: float) -> None:
        self.words[layer.path] = words(layer)
        style = {"style": "filled,rounded", "penwidth": "0.8"} | self._marked(layer.path, self.fills.box(layer))
        style |= {"class": f"{style['class']} tag", "fontsize": f"{SMALL:.0f}"}
        self.to.box(layer.path, x, y, wide, TAG, short(layer), style)

    def _route(self, route: Route) -> None:
        points = [self._xy(*point) for point in route.line(self.gap)]
        style = skip_style(route.kind)
        if route.kind is not EdgeKind.FLOW:
            self.skips.add(route.kind)
            self.strokes[route.kind] += route.target.join  # a projection is a way over several layers
        share = self._share(route)
        if share is not None:
            style["penwidth"] = f"{1 + 6 * share:.1f}"
        self.to.line(route.source.id, route.target.id, points, style)
        if self.shapes and route.straight:
            self._shape(route)

    def _share(self, route: Route) -> float | None:
        """The measured share of a way into an addition or concatenation, 0 to 1; None if there is none."""
        shares = self.fills.measured.shares if self.fills.measured is not None else {}
        branch = shares.get(route.target.id)
        if not route.target.join or branch is None or isnan(branch):
            return None
        return branch if route.kind is EdgeKind.FLOW else 1 - branch

    def _shape(self, route: Route) -> None:
        source = self.sketch.items.get(route.source.id)
        sides = self.trace.input_shape if source is None else source.output_shape
        text = format.shape(sides)
        x, y = self._xy(route.source.middle, (route.source.end + route.target.start) / 2)
        wide = text_width(text, SMALL)
        left, middle = (x + 6, y) if self.vertical else (x - wide / 2, y + 12)
        self.to.text(left, middle, text, wide, {"fontsize": f"{SMALL:.0f}", "class": "shape"})

    def _arcs(self, box: Box, group: Group) -> None:
        """Draw the skips of a folded group beside it: a stroke for each kind, with their number."""
        told = arcs(group)
        cards = 2 * _CARDS if group.blocks > 1 else 0.0
        for place, (kind, number, text) in enumerate(told):  # the second stroke is inside the first
            self.skips.add(kind)
            self.strokes[kind] += number
            if kind is EdgeKind.CONCAT:
                self._glyph(box, cards)
            else:
                inset, out = (4.0, BESIDE) if place == 0 else (11.0, BESIDE - 8)
                corners = [
                    (box.high + (cards if place else 0.0), box.start + inset),
                    (box.high + out, box.start + inset),
                    (box.high + out, box.end - inset + cards / 2),
                    (box.high + cards, box.end - inset + cards / 2),
                ]
                line = [self._xy(*corner) for corner in corners]
                self.to.line(box.id, box.id, line, skip_style(kind) | {"arrowsize": "0.5", "penwidth": "2"})
            if text:
                self._beside(box, text, place, len(told))

    def _beside(self, box: Box, text: str, line: int, lines: int) -> None:
        """Write the number of a folded group's skips beside its strokes, as one of several lines."""
        wide, middle = text_width(text, SIZE), box.start + box.along / 2
        if self.vertical:
            x, y = box.high + BESIDE + 7, middle + 1 + 15 * (line - (lines - 1) / 2)
        else:
            x, y = middle - wide / 2, box.high + BESIDE + 9 + 17 * line
        self.to.text(x, y, text, wide, _SKIP_TEXT)

    def _glyph(self, box: Box, cards: float) -> None:
        """Draw the fan that stands for the connections of a folded dense block."""
        for number in range(3):
            start, end = box.start + 3 + 3.5 * number, box.end - 2 + cards / 2
            near, far = (box.high + (cards if number else 0), start), (box.high + cards, end - 3)
            self._bulge(box, box, near, far, 5 + 4 * (3 - number))

    def _fan(self, fan: Fan) -> None:
        """Draw the connections of earlier layers into a dense layer."""
        frame = fan.target.frame
        assert frame is not None  # noqa: S101  # a dense layer is in its run
        self.strokes[EdgeKind.CONCAT] += 1
        self.skips.add(EdgeKind.CONCAT)
        middle = fan.target.start + fan.target.along / 2
        side = frame.middle + frame.columns_end
        end = (fan.target.high, middle - (0 if fan.target.join else 4))
        for source in fan.sources:
            if source is None:
                out = frame.rows[0].start - self.gap + FORK
                before = (frame.middle, out)
                by = reach(fan.target.row + 1)
                self._bulge(fan.target, fan.target, (side, out), end, by, side, before=before)
            else:
                out = source.start + source.along / 2 + 3
                self._bulge(source, fan.target, (source.high, out), end, reach(fan.target.row - source.row), side)
        if fan.hidden:
            text = ngettext("and {n} more", "and {n} more", fan.hidden)
            wide = text_width(text, SIZE)
            if self.vertical:
                x, y = fan.target.high + 60, middle + 12
            else:
                x, y = fan.target.end - wide, side + reach(fan.target.row + 1) + LANE + MORE / 2
            self.to.text(x, y, text, wide, _SKIP_TEXT)

    def _bulge(
        self,
        source: Box,
        target: Box,
        start: Point,
        end: Point,
        by: float,
        side: float = 0.0,
        *,
        before: Point | None = None,
    ) -> None:
        """Draw a curve that leaves a box's side and comes back to one further on; it comes straight from `before`."""
        far = max(start[0], end[0], side) + by * 4 / 3
        tip = (end[0] + ARROW * 0.7, end[1])
        spline = [start, (far, start[1]), (far, end[1]), tip]
        if end[0] < side - ARROW:  # straight below the last box, which a curve would touch
            spline = [*spline[:3], (side, end[1]), (side, end[1]), tip, tip]
        if before is not None:
            spline = [before, before, start, *spline]
        self.to.curve(
            source.id, target.id, [self._xy(*point) for point in spline], self._xy(*end),
            skip_style(EdgeKind.CONCAT, thin=True) | {"arrowsize": "0.5"},
        )  # fmt: skip


_SKIP_TEXT = {"fontcolor": theme.SKIP.light, "class": "skip-text"}
