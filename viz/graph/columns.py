"""A long picture cut into several columns side by side."""

from dataclasses import replace
from math import sqrt

from viz.graph.marks import ARROW, Box, Frame, Marks, Point, Way

_SHAPE = 1.6  # width over height that a picture in columns comes near to
_BETWEEN = 34.0  # two columns
_EDGE = 12.0  # of a frame or line that goes on in the next column, beyond the cut
_HEADING = 26.0  # at the top of a frame: not to be cut


def in_columns(marks: Marks) -> Marks:
    """Return the picture cut where only the main path passes.

    A frame that is cut goes on at the top of the next column, and so does the line of the main path.
    """
    cuts = _cuts(marks)
    wide = marks.width + _BETWEEN
    starts, ends = [0.0, *cuts], [*cuts, marks.height]
    high = max(end - start for start, end in zip(starts, ends, strict=True)) + 2 * _EDGE
    made = Marks(len(starts) * wide - _BETWEEN, high, marks.vertical)
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        dx, dy = number * wide, _EDGE - start
        made.frames += [part.moved(dx, dy) for one in marks.frames if (part := _part(one, start, end, number))]
        made.boxes += [box.moved(dx, dy) for box in marks.boxes if start <= box.y < end]
        made.texts += [text.moved(dx, dy) for text in marks.texts if start <= text.y < end]
        made.ways += [piece.moved(dx, dy) for way in marks.ways if (piece := _piece(way, start, end))]
    return made


def _part(frame: Frame, start: float, end: float, number: int) -> Frame | None:
    """The part of a frame that is between two cuts."""
    if not (frame.top < end and frame.bottom > start):
        return None
    top, bottom = max(frame.top, start - _EDGE / 2), min(frame.bottom, end + _EDGE / 2)
    if start <= frame.top < end:
        return replace(frame, top=top, bottom=bottom)
    middle = (frame.middle[0], top + 4)
    return replace(frame, id=f"{frame.id} part {number}", top=top, bottom=bottom, title="", middle=middle)


def _piece(way: Way, start: float, end: float) -> Way | None:
    """The piece of a line that is between two cuts: all, or a part of the main path that goes on in the next column."""
    low, high = _heights(way)
    if start <= low and high <= end:
        return way
    if start <= low < end:
        x = way.spline[0][0]
        return _down(way, (x, low), (x, end + _EDGE))
    if start < high <= end:
        return _down(way, (way.tip[0], start - _EDGE), way.tip)
    return None


def _down(way: Way, start: Point, end: Point) -> Way:
    """A part of a straight line, with its arrow."""
    before = (end[0], max(end[1] - ARROW, start[1]))
    return replace(way, spline=(start, start, before, before), tip=end)


def _heights(way: Way) -> tuple[float, float]:
    heights = [y for __, y in [*way.spline, way.tip]]
    return min(heights), max(heights)


def _cuts(marks: Marks) -> list[float]:
    """Where to cut: near equal heights, between boxes, where nothing but straight lines of the main path passes."""
    number = max(round(sqrt(_SHAPE * marks.height / (marks.width + _BETWEEN))), 1)
    free = _free(marks)
    cuts: list[float] = []
    for place in range(1, number):
        wanted = place * marks.height / number
        near = [cut for cut in free if not cuts or cut > cuts[-1] + marks.height / number / 2]
        if near:
            cuts.append(min(near, key=lambda cut: abs(cut - wanted)))
    return cuts


def _free(marks: Marks) -> list[float]:
    def beside(box: Box) -> tuple[float, float]:
        return box.y - box.height / 2 - 1, box.y + box.height / 2 + 1

    blocked = [beside(box) for box in marks.boxes]
    blocked += [(text.y - 8, text.y + 8) for text in marks.texts]
    blocked += [(frame.top - 1, frame.top + _HEADING) for frame in marks.frames]
    blocked += [(frame.bottom - 8, frame.bottom + 1) for frame in marks.frames]
    for way in marks.ways:
        if any(abs(x - way.tip[0]) > 1 for x, __ in way.spline):  # a shortcut, or a way to another column
            low, high = _heights(way)
            blocked.append((low - 1, high + 1))
    found: list[float] = []
    reached = 0.0
    for top, bottom in sorted(blocked):
        if top > reached + 2:
            found.append((reached + top) / 2)
        reached = max(reached, bottom)
    return [cut for cut in found if 0 < cut < marks.height]
