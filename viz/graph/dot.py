"""DOT source with positions, which Graphviz's `nop2` renders as it is."""

from collections.abc import Mapping, Sequence
from html import escape
from math import hypot

from models.tracing.layers import EdgeKind
from viz.style import theme

ARROW = 7.0  # length of an arrow head
_QUOTE = r"\""
_BEND = 6.0  # radius of a corner

Point = tuple[float, float]  # x to the right and y down, in points


class Canvas:
    """Collects frames, boxes and lines at their positions; what is added later is drawn over what is there.

    `shift` moves what is added from then on, and `prefix` begins its ids: for a second network in the same picture.
    """

    def __init__(self, width: float, height: float) -> None:
        self.size = width, height
        self.shift: Point = (0.0, 0.0)
        self.prefix = ""
        self._lines: list[str] = []
        self._names: dict[str, str] = {}  # id -> name in the source: a colon in an id would be a port

    @property
    def source(self) -> str:
        """The DOT source; `bb` tells Graphviz that positions are given."""
        width, height = self.size
        ink, line = theme.TEXT.light, theme.LINE.light
        bounds = f"0,0,{width:.1f},{height:.1f}"
        font = {"fontname": theme.DOT_FONT, "fontsize": "14", "fontcolor": ink}
        usual = (
            ("graph", {"bb": bounds, "bgcolor": "transparent", "outputorder": "nodesfirst", "pad": "0.1"}),
            ("node", {"color": line, "fixedsize": "shape", "margin": "0"} | font),
            ("edge", {"color": line, "arrowsize": "0.7", "penwidth": "1.6"}),
        )
        head = [_statement(what, own) for what, own in usual]
        return "\n".join(["digraph network {", *head, *self._lines, "}", ""])

    def box(self, name: str, x: float, y: float, width: float, height: float, label: str, **more: str) -> None:
        """Add a node with its centre at (x, y)."""
        own = self.prefix + name
        place = {"pos": self._at(x, y), "width": f"{width / 72:.4f}", "height": f"{height / 72:.4f}"}
        self._lines.append(_statement(self._name(own), {"id": _id(own), "label": label, "shape": "box"} | place | more))

    def frame(
        self, name: str, corners: tuple[float, float, float, float], title: str, middle: Point, **more: str
    ) -> None:
        """Add a frame with corners (left, top, right, bottom) and a title around `middle`."""
        left, top, right, bottom = corners
        own = self.prefix + name
        attributes = {
            "id": _id(own),
            "bb": f"{self._at(left, bottom)},{self._at(right, top)}",
            "label": f"<<B>{escape(title)}</B>>" if title else "",
            "lp": self._at(*middle),
            "fontname": theme.DOT_FONT,
            "fontsize": "14",
            "fontcolor": theme.TEXT.light,
        }
        self._lines.append(f"subgraph cluster_{self._name(own)} {{ {_statement('graph', attributes | more)} }}")

    def line(self, source: str, target: str, points: Sequence[Point], **more: str) -> None:
        """Add an edge with an arrow through corners, which are rounded."""
        self.curve(source, target, _rounded(points), points[-1], **more)

    def curve(self, source: str, target: str, spline: Sequence[Point], tip: Point, **more: str) -> None:
        """Add an edge with an arrow, as a cubic spline that ends `ARROW` before its tip."""
        start, end = self.prefix + source, self.prefix + target
        pos = f"e,{self._at(*tip)} " + " ".join([self._at(x, y) for x, y in spline])
        way = f"{self._name(start)} -> {self._name(end)}"
        self._lines.append(_statement(way, {"id": _id(f"{end} from {start}"), "pos": pos} | more))

    def text(self, x: float, y: float, text: str, width: float, **more: str) -> None:
        """Add a line of text with its left end at (x, y)."""
        name = f"text {len(self._names)}"
        self.box(name, x + width / 2, y, width, 15, text, shape="plaintext", **more)

    def _name(self, own: str) -> str:
        return self._names.setdefault(own, f"n{len(self._names)}")

    def _at(self, x: float, y: float) -> str:
        return f"{x + self.shift[0]:.2f},{self.size[1] - y - self.shift[1]:.2f}"


def _statement(what: str, attributes: Mapping[str, str]) -> str:
    """A line of DOT: a name with its attributes, in quotes but for labels in Graphviz's HTML."""
    written = [
        f"{name}={value}" if value.startswith("<<") else f'{name}="{value.replace(chr(34), _QUOTE)}"'
        for name, value in attributes.items()
    ]
    return f"{what} [{' '.join(written)}]"


def _id(own: str) -> str:
    """An id as Graphviz's own escapes have it."""
    return escape(own).replace("\\", "\\\\")


def skip_style(kind: EdgeKind, *, thin: bool = False) -> dict[str, str]:
    """Return the attributes of a skip connection's or, for `EdgeKind.FLOW`, another edge's line."""
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
