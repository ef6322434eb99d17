"""The ways of a graph's edges: straight down the main path, or through a lane beside the columns.

Which way an edge takes depends on rows and columns alone, so it is found before the boxes have positions: the number of
lanes makes room for itself. Then `line` gives its corners.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from models.tracing.layers import EdgeKind
from viz.graph.layout import GAP, Box, Frame

FORK = 4.0  # from a box, or a frame's first row, to where a shortcut leaves the main path

Point = tuple[float, float]  # across, along


@dataclass(slots=True)
class Route:
    """The way of an edge inside `frame`: from a box, or from the main path above row `first`, to a box."""

    source: Box
    target: Box
    kind: EdgeKind
    frame: Frame
    first: int = 0  # the row above which it leaves
    last: int = 0  # the row in which, or above which, it arrives
    column: int = 0  # that it leaves
    lane: int | None = None  # number of its lane, if it needs one
    straight: bool = False
    forks: bool = False  # leaves the line below its source, not the source's side
    alone: bool = False  # no other edge draws the line below its source
    sideways: bool = False  # arrives at the side of the target, as at an addition

    def line(self, gap: float = GAP) -> list[Point]:
        """Return the corners of the edge; boxes must have their positions."""
        source, target = self.source, self.target
        if self.straight:
            return [(source.middle, source.end), (target.middle, target.start)]
        frame = self.frame
        middle = target.start + target.along / 2
        above = (frame.rows[self.last].start - gap + FORK) if self.last < len(frame.rows) else target.start
        if self.forks:
            out = frame.rows[self.first].start - gap + FORK
            axis = frame.middle + frame.axes[self.column]
            points = [(source.middle, source.end), (axis, out)] if self.alone else [(axis, out)]
        else:
            out = source.start + source.along / 2
            points = [(source.high, out)]
        if self.lane is not None:
            lane = frame.lane(self.lane)
            points.append((lane, out))
        elif self.sideways and not self.forks:  # down its own column
            points = [(source.middle, source.end)]
            lane = source.middle
        elif self.sideways:
            lane = points[-1][0]
        else:  # to another column: across the gap above, then down
            if self.forks:
                return [*points, (target.middle, out), (target.middle, target.start)]
            return [
                (source.middle, source.end),
                (source.middle, above),
                (target.middle, above),
                (target.middle, target.start),
            ]
        if self.sideways:
            return [*points, (lane, middle), (target.high, middle)]
        return [*points, (lane, above), (target.middle, above), (target.middle, target.start)]


def routes(edges: Iterable[tuple[Box, Box, EdgeKind]]) -> list[Route]:
    """Return the routes of edges, with their lanes; each frame is told how many it needs."""
    found = [_route(*edge) for edge in edges]
    lined = {id(route.source) for route in found if route.straight}
    for route in found:
        route.alone = route.forks and id(route.source) not in lined
    by_frame: dict[int, list[Route]] = {}
    for route in found:
        if route.lane is not None:
            by_frame.setdefault(id(route.frame), []).append(route)
    for own in by_frame.values():
        taken: list[list[tuple[int, int]]] = []
        for route in sorted(own, key=lambda one: (one.last - one.first, one.first)):
            span = (route.first, route.last)
            number = next(
                (
                    number
                    for number, spans in enumerate(taken)
                    if all(span[1] < start or end < span[0] for start, end in spans)
                ),
                len(taken),
            )
            if number == len(taken):
                taken.append([])
            taken[number].append(span)
            route.lane = number
        own[0].frame.lanes = max(own[0].frame.lanes, len(taken))
    return found


def _frames(part: Box | Frame) -> list[Frame]:
    """The frames around a part, outer ones first."""
    found: list[Frame] = []
    frame = part.frame
    while frame is not None:
        found.append(frame)
        frame = frame.frame
    return found[::-1]


def _route(source: Box, target: Box, kind: EdgeKind) -> Route:
    ours, theirs = _frames(source), _frames(target)
    depth = max(place for place, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one is other)
    frame = ours[depth]
    out: list[Box | Frame] = [*ours, source]
    into: list[Box | Frame] = [*theirs, target]
    above, below, inner = out[depth + 1], into[depth + 1], into[depth + 2 :]
    route = Route(source, target, kind, frame)
    route.column = above.column
    leaves = all(_last_on_axis(part) for part in out[depth + 2 :])
    same = above.column == below.column and _clear(frame, above.column, above.row + 1, below.row)
    if leaves and same:
        while inner and _first_on_axis(inner[0]):
            below, inner = inner[0], inner[1:]
        if not inner:
            route.straight = True
            return route
        assert isinstance(below, Frame)  # noqa: S101  # something is inside
        route.frame, route.first, route.column = below, 0, 0
        below, inner = inner[0], inner[1:]
        route.forks = True
    elif leaves:
        route.first = above.row + 1
        route.forks = True
    else:
        route.first = above.row
    route.last = below.row
    return _ended(route, below, inner)


def _ended(route: Route, below: Box | Frame, inner: list[Box | Frame]) -> Route:
    """Choose how a route arrives: from above, from the side, by a free column or by a lane."""
    frame, here, there = route.frame, route.column, below.column
    if not all(_first_on_axis(part) for part in inner):
        route.sideways, route.lane = True, 0
        return route
    rests = all(column <= there for column in frame.rows[below.row].cells)
    if route.forks and there > here and _clear(frame, there, route.first, below.row):
        return route
    if there < here and route.target is below and route.target.join and rests:
        if route.forks and _clear(frame, here, route.first, below.row + 1):
            route.forks, route.sideways = False, True
            return route
    elif there < here and route.forks and _clear(frame, here, route.first, below.row):
        route.forks = False
        return route
    route.lane = 0
    route.sideways = route.target.join and rests
    return route


def _clear(frame: Frame, column: int, first: int, last: int) -> bool:
    """Whether a column is empty in the rows from `first` up to, but without, `last`."""
    return all(column not in row.cells for row in frame.rows[first:last])


def _first_on_axis(part: Box | Frame) -> bool:
    return part.column == 0 and part.frame is not None and _clear(part.frame, 0, 0, part.row)


def _last_on_axis(part: Box | Frame) -> bool:
    frame = part.frame
    return part.column == 0 and frame is not None and _clear(frame, 0, part.row + 1, len(frame.rows))
