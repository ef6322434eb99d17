"""What a picture consists of: boxes, frames, lines and texts at their positions, whatever the file format."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import hypot
from typing import TypeVar

from models.tracing.layers import EdgeKind
from viz.graph.label import Label
from viz.style import theme

ARROW = 7.0  # length of an arrow head
_BEND = 6.0  # radius of a corner
_TEXT = 15.0  # height of a line of text

Point = tuple[float, float]  # x to the right and y down, in points
Look = dict[str, str]  # colours and lines, by Graphviz's names of attributes


@dataclass(frozen=True, slots=True)
class Box:
    """A node with its centre at (x, y)."""

    id: str
    x: float
    y: float
    width: float
    height: float
    label: Label | str
    look: Look

    def moved(self, dx: float, dy: float) -> "Box":
        return replace(self, x=self.x + dx, y=self.y + dy)


@dataclass(frozen=True, slots=True)
class Frame:
    """An unfolded group, with a title around `middle`."""

    id: str
    left: float
    top: float
    right: float
    bottom: float
    title: str
    middle: Point
    look: Look

    def moved(self, dx: float, dy: float) -> "Frame":
        return replace(
            self, left=self.left + dx, right=self.right + dx, top=self.top + dy, bottom=self.bottom + dy,
            middle=(self.middle[0] + dx, self.middle[1] + dy),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """An edge: a cubic spline that ends `ARROW` before its tip."""

    source: str
    target: str
    spline: tuple[Point, ...]
    tip: Point
    look: Look

    @property
    def id(self) -> str:
        return f"{self.target} from {self.source}"

    def moved(self, dx: float, dy: float) -> "Way":
        spline = tuple((x + dx, y + dy) for x, y in self.spline)
        return replace(self, spline=spline, tip=(self.tip[0] + dx, self.tip[1] + dy))


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text with its left end at (x, y), at most `width` wide."""

    x: float
    y: float
    text: str
    width: float
    look: Look

    def moved(self, dx: float, dy: float) -> "Text":
        return replace(self, x=self.x + dx, y=self.y + dy)


Mark = TypeVar("Mark", Box, Frame, Way, Text)


@dataclass(slots=True)
class Marks:
    """A picture's marks. What is added is moved by `shift`, and its ids begin with `prefix`: for a second network."""

    width: float
    height: float
    vertical: bool  # the data goes down, not to the right
    shift: Point = (0.0, 0.0)
    prefix: str = ""
    frames: list[Frame] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)

    def box(self, name: str, x: float, y: float, width: float, height: float, label: Label | str, look: Look) -> None:
        self.boxes.append(self._moved(Box(self.prefix + name, x, y, width, height, label, look)))

    def frame(
        self, name: str, corners: tuple[float, float, float, float], title: str, middle: Point, look: Look
    ) -> None:
        """Add a frame with corners (left, top, right, bottom)."""
        self.frames.append(self._moved(Frame(self.prefix + name, *corners, title, middle, look)))

    def line(self, source: str, target: str, points: Sequence[Point], look: Look) -> None:
        """Add an edge with an arrow through corners, which are rounded."""
        self.curve(source, target, _rounded(points), points[-1], look)

    def curve(self, source: str, target: str, spline: Sequence[Point], tip: Point, look: Look) -> None:
        """Add an edge with an arrow, as a cubic spline that ends `ARROW` before its tip."""
        self.ways.append(self._moved(Way(self.prefix + source, self.prefix + target, tuple(spline), tip, look)))

    def text(self, x: float, y: float, text: str, width: float, look: Look) -> None:
        self.texts.append(self._moved(Text(x, y, text, width, look)))

    def fit(self) -> None:
        """Make the picture as large as its texts need, which may stand beside the outermost boxes."""
        left = min([0.0, *(text.x for text in self.texts)])
        right = max([self.width, *(text.x + text.width for text in self.texts)])
        low = max([self.height, *(text.y + _TEXT / 2 for text in self.texts)])
        if left < 0:
            self.frames = [one.moved(-left, 0) for one in self.frames]
            self.boxes = [one.moved(-left, 0) for one in self.boxes]
            self.texts = [one.moved(-left, 0) for one in self.texts]
            self.ways = [one.moved(-left, 0) for one in self.ways]
        self.width, self.height = right - left, low

    def _moved(self, mark: Mark) -> Mark:
        return mark if self.shift == (0.0, 0.0) else mark.moved(*self.shift)


def skip_style(kind: EdgeKind, *, thin: bool = False) -> dict[str, str]:
    """Return the look of a skip connection's or, for `EdgeKind.FLOW`, another edge's line."""
    own = {"style": theme.EDGE_STYLE[kind], "class": f"edge-{kind}"}
    if kind is EdgeKind.FLOW:
        return own
    return own | {"color": theme.SKIP.light, "penwidth": "1.2" if thin else "2.4"}


def _rounded(points: Sequence[Point]) -> list[Point]:
    """Return a cubic spline along straight lines with rounded corners, shortened by the arrow's length."""
    corners = [*points[:-1], _before(points[-2], points[-1], ARROW)]
    spline = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        entry = _before(before, corner, min(_BEND, _distance(before, corner) / 2))
        leave = _before(after, corner, min(_BEND, _distance(corner, after) / 2))
        spline += [spline[-1], entry, entry, corner, corner, leave]
    return [*spline, spline[-1], corners[-1], corners[-1]]


def _before(start: Point, end: Point, by: float) -> Point:
    """The point on the way from start to end that is `by` before the end."""
    length = _distance(start, end)
    share = 0.0 if length == 0 else max(length - by, 0.0) / length
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _distance(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])
