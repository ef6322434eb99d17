"""One path through a network lit up in its picture: all else is faded."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from models.tracing.kinds import JOINS
from models.tracing.layers import INPUT, EdgeKind, Layer
from models.tracing.paths import Path
from models.tracing.records import Trace
from viz.graph.folding import Group
from viz.graph.marks import Look, Marks
from viz.graph.routes import Route
from viz.graph.sketch import Fan, Sketch
from viz.style import theme

_PART = re.compile(r" (card|part) \d+$")  # of an id: a card of a stack, or a part of a frame


@dataclass(frozen=True, slots=True)
class Lit:
    """What a path passes in a picture: ids of boxes, and ids of the boxes at both ends of lines."""

    boxes: frozenset[str]
    ways: frozenset[tuple[str, str]]

    def complete(self, routes: Iterable[Route]) -> None:
        """Let the lines of the path be whole: one that shares its beginning with a faded one draws it itself."""
        for route in routes:
            route.alone |= (route.source.id, route.target.id) in self.ways


def lit(trace: Trace, sketch: Sketch, path: Path) -> Lit:
    """Return what a path passes in a sketch. A folded group is passed if the path takes a branch in it."""
    skips = {(edge.source, edge.target): edge.kind is not EdgeKind.FLOW for edge in trace.edges}
    joined = {target for (_source, target), skip in skips.items() if skip and trace.by_path[target].kind in JOINS}
    branches = {target for source, target in path.edges if target in joined and not skips[source, target]}

    def passed(item: Group | Layer) -> bool:
        if isinstance(item, Layer):
            return item.path in path.layers
        joins = [layer.path for layer in item.layers if layer.path in joined]
        return bool(branches.intersection(joins) if joins else path.layers.intersection(item.paths))

    boxes = {INPUT, *(own for own, item in sketch.items.items() if passed(item))}
    boxes |= {tag.path for tags in sketch.tags.values() for tag in tags.all if passed(tag)}
    home = sketch.home
    ways = {(home[source], home[target]) for source, target in path.edges if home[source] != home[target]}
    ways |= {(home[target], home[target]) for source, target in path.edges if skips[source, target]}
    fans = {fan.target.id: _fan(fan, boxes) for fan in sketch.fans}
    ways = {way for way in ways if way[0] != way[1] or way[1] not in fans} | {way for way in fans.values() if way}
    return Lit(frozenset(boxes), frozenset(ways))


def _fan(fan: Fan, boxes: set[str]) -> tuple[str, str] | None:
    """The connection into a dense layer on a path: from the last one before it that is passed, or from the input."""
    own = fan.target.id
    if own not in boxes:
        return None
    before = [source.id for source in fan.sources if source is not None and source.id in boxes]
    return (before[-1] if before else own, own)


def fade(marks: Marks, shown: Lit) -> None:
    """Fade what is not lit."""
    marks.boxes = [
        box if _PART.sub("", box.id) in shown.boxes else replace(box, look=_faded(box.look)) for box in marks.boxes
    ]
    marks.ways = [
        way if (way.source, way.target) in shown.ways else replace(way, look=_faded(way.look)) for way in marks.ways
    ]


def _faded(look: Look) -> Look:
    faint = theme.FADED.light
    style = ",".join(one for one in look.get("style", "").split(",") if one != "filled")
    return look | {"style": style, "color": faint, "fontcolor": faint, "class": "faded"}
