"""Two networks in one frame: side by side, their rows aligned, on one scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import zip_longest

from models.tracing.kinds import KINDS
from models.tracing.layers import Layer
from models.tracing.records import Trace
from viz.graph.fills import fills
from viz.graph.folding import Folding, Group, Level, fit, shown, tree, walk
from viz.graph.label import SIZE, Label
from viz.graph.layout import GAP, Box, Frame, Row, arrange
from viz.graph.marks import Marks
from viz.graph.painter import Labels, Painter
from viz.graph.picture import Colour, Picture, Values
from viz.graph.played import plays
from viz.graph.routes import Route, routes
from viz.graph.sketch import Sketch, sketch
from viz.graph.text_width import text_width
from viz.graph.words import alt, caption
from viz.language import _, sentences
from viz.style import format

OTHER = "other/"  # begins the ids of the second network
MOST_NODES = 500  # of each network
_BETWEEN, _TITLE = 46.0, 26.0


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two networks. `values` are shown by fills; `marks` are attributes of boxes by the path of a layer."""

    trace: Trace
    title: str
    values: Values | None = None
    marks: Mapping[str, Mapping[str, str]] | None = None  # path of a layer or id of a group -> attributes
    played: tuple[Values, Values] | None = None  # activations and gradients for the pass that plays


def picture(left: Side, right: Side, *, folding: Folding = Folding()) -> Picture:  # noqa: B008  # frozen
    """Return the graphs of two networks in one picture; equal parts are in equal rows.

    What is folded on the left is folded on the right. Ids of the right network begin with `OTHER`; `partners` pairs
    the ids.
    """
    groups = tree(left.trace)
    others, names = _matched(groups, left.trace, right.trace)
    folding, note = fit(groups, folding, most=MOST_NODES)
    folds = _alike(groups, others, names, folding)
    if other_note := fit(others, folds, most=MOST_NODES)[1]:
        level = next(one for one in (Level.BLOCKS, Level.STAGES) if not fit(others, Folding(one), most=MOST_NODES)[1])
        folding, note = Folding(level), other_note
        folds = _alike(groups, others, names, folding)
    painters = [
        _sketched(left, groups, folding),
        _sketched(right, others, folds),
    ]
    first, second = (one.sketch for one in painters)
    _merge(first.graph, second.graph, names)
    found = [routes(one.sketch.edges) for one in painters]
    _arranged(first, second)
    sides = [one.graph.before + one.graph.after for one in (first, second)]
    sides = [max(wide, text_width(side.title, SIZE) + 10) for wide, side in zip(sides, (left, right), strict=True)]
    high = max(first.graph.along, second.graph.along) + _TITLE
    marks = Marks(sum(sides) + _BETWEEN, high, vertical=True)
    for place, (painter, ways, side) in enumerate(zip(painters, found, (left, right), strict=True)):
        _paint(painter, ways, marks, side.title, (place * (sides[0] + _BETWEEN), _TITLE), OTHER if place else "")
    partners = {one.id: OTHER + other for other, one in _twins(first, second, names)}
    told = [
        (OTHER if place else "", painter.sketch, side.played)
        for place, (painter, side) in enumerate(zip(painters, (left, right), strict=True))
        if side.played is not None
    ]
    drawn = [item for painter in painters for item in painter.sketch.items.values()]
    seen = {item.kind if isinstance(item, Layer) else item.joins for item in drawn}
    legend = painters[0].fills.legend
    skips = frozenset().union(*(painter.skips for painter in painters))
    title = _("{one} and {other}", one=left.title, other=right.title)
    return Picture(
        drawn=marks,
        nodes=painters[0].words | {OTHER + one: words for one, words in painters[1].words.items()},
        groups=frozenset(painters[0].foldable) | {OTHER + one for one in painters[1].foldable},
        kinds=tuple(kind for kind in KINDS if kind in seen),
        skips=skips,
        legend=legend,
        folding=folding,
        note=note,
        alt=sentences(alt(side.title, side.trace, own) for side, own in ((left, groups), (right, others))),
        caption=caption(title, legend, skips),
        partners=partners | {other: one for one, other in partners.items()},
        strokes=painters[0].strokes + painters[1].strokes,
        play=plays(told) if told else None,
    )


def _alike(groups: tuple[Group, ...], others: tuple[Group, ...], names: Mapping[str, str], folding: Folding) -> Folding:
    """Return the folding of the right network: as on the left, where it has a partner there."""
    ours = {group.id: group for group in walk(groups)}
    own = Folding(folding.level, frozenset(one.removeprefix(OTHER) for one in folding.toggled if one.startswith(OTHER)))
    unlike = {
        group.id
        for group in walk(others)
        if (partner := ours.get(names.get(group.id, group.id))) and folding.opens(partner) != own.opens(group)
    }
    return replace(own, toggled=own.toggled ^ unlike)


def _sketched(side: Side, groups: tuple[Group, ...], folding: Folding) -> Painter:
    filled = fills(side.trace, tuple(shown(groups, folding)), Colour.KIND, side.values)
    image = Label(_("image"), "", format.shape(side.trace.input_shape))
    made = sketch(side.trace, groups, folding, Labels(filled, shapes=False), image, vertical=True)
    marks = side.marks or {}
    painter = Painter(Marks(0, 0, vertical=True), side.trace, made, filled, vertical=True, gap=GAP)
    painter.marks = {path: dict(own) for path, own in marks.items()}
    return painter


def _paint(
    painter: Painter, own: Sequence[Route], marks: Marks, title: str, shift: tuple[float, float], prefix: str
) -> None:
    marks.shift, marks.prefix = (shift[0], 0.0), prefix
    marks.text(4, 9, title, text_width(title, SIZE), {"bold": "yes", "class": "title"})
    marks.shift = shift
    painter.to = marks
    painter.paint(own)


def _arranged(first: Sketch, second: Sketch) -> None:
    """Give all boxes positions: equal rows are equally high, and the columns equally wide."""
    for one in (first, second):
        arrange(one.graph)
    widest = max((box.across for one in (first, second) for box in one.boxes() if not box.join), default=0.0)
    for one in (first, second):
        for box in one.boxes():
            if box.id == "input":
                box.across = widest  # `arrange` makes the others as wide
    _level(first.graph, second.graph)
    for one in (first, second):
        arrange(one.graph)


def _level(one: Frame, other: Frame) -> None:
    """Make rows that stand side by side equally high, from the inside out."""
    for row, beside in zip(one.rows, other.rows, strict=True):
        for column, cell in row.cells.items():
            partner = beside.cells.get(column)
            if isinstance(cell, Frame) and isinstance(partner, Frame):
                _level(cell, partner)
                for frame in (cell, partner):
                    frame.measure(GAP)
        cells = (*row.cells.values(), *beside.cells.values())
        high = max(row.along, beside.along, *(cell.along for cell in cells))
        row.along = beside.along = high


def _merge(one: Frame, other: Frame, names: Mapping[str, str]) -> None:
    """Insert empty rows, so that what corresponds stands in rows of the same number."""
    ours, theirs = [row.key for row in one.rows], [names.get(row.key, row.key) for row in other.rows]
    left: list[Row] = []
    right: list[Row] = []
    for __, start, end, begin, stop in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        for mine, its in zip_longest(one.rows[start:end], other.rows[begin:stop]):
            left.append(mine or Row(its.key))
            right.append(its or Row(mine.key))
    for frame, rows in ((one, left), (other, right)):
        frame.rows = rows
        for number, row in enumerate(rows):
            for cell in row.cells.values():
                cell.row = number
    for mine, its in zip(left, right, strict=True):
        for column, cell in mine.cells.items():
            partner = its.cells.get(column)
            if isinstance(cell, Frame) and isinstance(partner, Frame):
                _merge(cell, partner, names)


def _twins(first: Sketch, second: Sketch, names: Mapping[str, str]) -> list[tuple[str, Box | Frame]]:
    ours = {cell.id: cell for cell in first.graph.walk()}
    return [(cell.id, ours[own]) for cell in second.graph.walk() if (own := names.get(cell.id, cell.id)) in ours]


def _matched(groups: tuple[Group, ...], left: Trace, trace: Trace) -> tuple[tuple[Group, ...], dict[str, str]]:
    """Return the groups of another trace, and id -> id of what corresponds to it on the left.

    A twin has the same paths, so it is divided as the network is; other networks' stages and blocks correspond by
    their order.
    """
    missing = [layer for layer in left.layers if layer.path not in trace.by_path]
    twins = not any(layer.counted and not layer.projection for layer in missing)  # it lacks skips, and nothing else
    if twins and trace.by_path.keys() <= left.by_path.keys():
        return tuple(one for group in groups if (one := _kept(group, trace)) is not None), {}
    others = tree(trace)
    names: dict[str, str] = {}
    _pair(groups, others, names)
    return others, names


def _kept(group: Group, trace: Trace) -> Group | None:
    """The group with the layers that another trace has, too."""
    layers = tuple(trace.by_path[layer.path] for layer in group.layers if layer.path in trace.by_path)
    if not layers:
        return None
    children: list[Group | Layer] = []
    for child in group.children:
        kept = trace.by_path.get(child.path) if isinstance(child, Layer) else _kept(child, trace)
        if kept is not None:
            children.append(kept)
    joins = {layer.path for layer in layers}
    skips = type(group.skips)(
        edge.kind
        for layer in layers
        for edge in trace.incoming[layer.path]
        if layer.path in joins and edge.kind != "flow" and layer.kind in ("add", "concat")
    )
    return replace(group, layers=layers, children=tuple(children), skips=skips, dense=group.dense and bool(skips))


def _pair(groups: Sequence[Group | Layer], others: Sequence[Group | Layer], names: dict[str, str]) -> None:
    """Pair parts in their order: stages with blocks with such, and the others between them."""
    ours, theirs = _keyed(groups), _keyed(others)
    for key, other in theirs.items():
        own = ours.get(key)
        if own is None:
            continue
        ids = [part.path if isinstance(part, Layer) else part.id for part in (other, own)]
        if ids[0] != ids[1]:
            names[ids[0]] = ids[1]
        if isinstance(own, Group) and isinstance(other, Group):
            _pair(own.children, other.children, names)


def _keyed(parts: Sequence[Group | Layer]) -> dict[object, Group | Layer]:
    """A name for each part that holds in all networks: the n-th of its sort after as many stages."""
    found: dict[object, Group | Layer] = {}
    stages = 0
    for part in parts:
        sort: object = ("group", part.rank) if isinstance(part, Group) else (part.kind, part.projection)
        if isinstance(part, Group) and part.blocks > 0:
            stages += 1
        key = (sort, stages)
        number = 0
        while (*key, number) in found:
            number += 1
        found[*key, number] = part
    return found
