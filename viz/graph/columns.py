"""A long picture cut into several columns side by side."""

from collections.abc import Sequence
from functools import partial
from math import sqrt

from viz.graph.dot import ARROW, Canvas, Point

_SHAPE = 1.6  # width over height that a picture in columns comes near to
_BETWEEN = 34.0  # two columns
_EDGE = 12.0  # of a frame or line that goes on in the next column, beyond the cut
_HEADING = 26.0  # at the top of a frame: not to be cut


class Columns(Canvas):
    """A canvas that keeps what is drawn and, in the end, cuts it where only the main path passes.

    A frame that is cut goes on at the top of the next column, and so does the line of the main path.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(width, height)
        self._boxes: list[tuple[float, float, partial[None]]] = []  # top, bottom, and how to draw it
        self._frames: list[tuple[str, tuple[float, float, float, float], str, Point, dict[str, str]]] = []
        self._ways: list[tuple[str, str, list[Point], Point, dict[str, str]]] = []

    def box(self, name: str, x: float, y: float, width: float, height: float, label: str, **more: str) -> None:
        draw = partial(super().box, name, x, y, width, height, label, **more)
        self._boxes.append((y - height / 2, y + height / 2, draw))

    def frame(
        self, name: str, corners: tuple[float, float, float, float], title: str, middle: Point, **more: str
    ) -> None:
        self._frames.append((name, corners, title, middle, more))

    def curve(self, source: str, target: str, spline: Sequence[Point], tip: Point, **more: str) -> None:
        self._ways.append((source, target, list(spline), tip, more))

    def finish(self) -> None:
        """Draw everything in its column."""
        cuts = self._cuts()
        wide = self.size[0] + _BETWEEN
        starts = [0.0, *cuts]
        ends = [*cuts, self.size[1]]
        high = max(end - start for start, end in zip(starts, ends, strict=True)) + 2 * _EDGE
        self.size = len(starts) * wide - _BETWEEN, high
        for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
            self.shift = (number * wide, _EDGE - start)
            for name, (left, top, right, bottom), title, middle, more in self._frames:
                if top < end and bottom > start:
                    part = (left, max(top, start - _EDGE / 2), right, min(bottom, end + _EDGE / 2))
                    first = start <= top < end
                    place = middle if first else (middle[0], part[1] + 4)
                    own = name if first else f"{name} part {number}"
                    super().frame(own, part, title if first else "", place, **more)
            for top, bottom, draw in self._boxes:
                if start <= (top + bottom) / 2 < end:
                    draw()
            for source, target, spline, tip, more in self._ways:
                low, high = min(y for __, y in [*spline, tip]), max(y for __, y in [*spline, tip])
                if start <= low and high <= end:
                    super().curve(source, target, spline, tip, **more)
                elif start <= low < end:  # the main path goes on in the next column
                    x = spline[0][0]
                    self._down(source, target, (x, low), (x, end + _EDGE), more)
                elif start < high <= end:
                    self._down(source, target, (tip[0], start - _EDGE), tip, more)

    def _down(self, source: str, target: str, start: Point, end: Point, more: dict[str, str]) -> None:
        """Draw a part of a straight line, with its arrow."""
        before = (end[0], max(end[1] - ARROW, start[1]))
        super().curve(source, target, [start, start, before, before], end, **more)

    def _cuts(self) -> list[float]:
        """Where to cut: near equal heights, between boxes, where nothing but straight lines of the main path passes."""
        width, height = self.size
        number = max(round(sqrt(_SHAPE * height / (width + _BETWEEN))), 1)
        free = self._free()
        cuts: list[float] = []
        for place in range(1, number):
            wanted = place * height / number
            near = [cut for cut in free if not cuts or cut > cuts[-1] + height / number / 2]
            if near:
                cuts.append(min(near, key=lambda cut: abs(cut - wanted)))
        return cuts

    def _free(self) -> list[float]:
        blocked = [(top - 1, bottom + 1) for top, bottom, _draw in self._boxes]
        blocked += [(corners[1] - 1, corners[1] + _HEADING) for _name, corners, *_rest in self._frames]
        blocked += [(corners[3] - 8, corners[3] + 1) for _name, corners, *_rest in self._frames]
        for _source, _target, spline, tip, _more in self._ways:
            if any(abs(x - tip[0]) > 1 for x, __ in spline):  # a shortcut, or a way to another column
                heights = [y for __, y in [*spline, tip]]
                blocked.append((min(heights) - 1, max(heights) + 1))
        taken = sorted(blocked)
        found: list[float] = []
        reached = 0.0
        for top, bottom in taken:
            if top > reached + 2:
                found.append((reached + top) / 2)
            reached = max(reached, bottom)
        return [cut for cut in found if 0 < cut < self.size[1]]
