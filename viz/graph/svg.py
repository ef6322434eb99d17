"""A picture's marks as SVG, for pages and slides."""

from collections.abc import Iterable, Mapping
from html import escape

from viz.graph.label import SIZE, Label
from viz.graph.marks import ARROW, Box, Frame, Marks, Point, Text, Way
from viz.graph.text_width import text_width
from viz.style import theme

PAD = 7.2  # around the picture
_CAPTION, _LINE = 13.0, 17.0  # font size and height of a caption's lines
_BASE = 0.34  # of the font size: from the middle of a line to its base
_ROUND, _ROUNDER = 6.0, 9.0  # radius of a box's corners, and of a frame's
_HALF = 0.35  # of an arrow's length: half its width


def written(marks: Marks, *, caption: str = "") -> str:
    """Return the picture with a caption below; boxes, frames and lines are groups with their ids and classes."""
    lines = caption.splitlines()
    width = max([marks.width, *(text_width(line, _CAPTION) for line in lines)]) + 2 * PAD
    height = marks.height + 2 * PAD + _LINE * len(lines)
    left = (width - marks.width) / 2
    font = f'font-family="{theme.DOT_FONT}" font-size="{SIZE:g}" fill="{theme.TEXT.light}"'
    size = f'width="{width:.0f}pt" height="{height:.0f}pt" viewBox="0 0 {_n(width)} {_n(height)}"'
    parts = [
        f'<svg {size} xmlns="http://www.w3.org/2000/svg">',
        f'<g class="graph" transform="translate({_n(left)} {PAD})" {font}>',
    ]
    parts += [_frame(frame) for frame in marks.frames]
    parts += [_box(box, vertical=marks.vertical) for box in marks.boxes]
    parts += [_text(text) for text in marks.texts]
    parts += [_way(way) for way in marks.ways]
    for number, line in enumerate(lines):
        place = (marks.width / 2, marks.height + PAD + _LINE * (number + 0.6))
        parts.append(_words(*place, escape(line), size=_CAPTION, anchor="middle"))
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _frame(frame: Frame) -> str:
    sides = frame.left, frame.top, frame.right, frame.bottom
    title = _words(*frame.middle, escape(frame.title), anchor="middle", bold=True) if frame.title else ""
    outline = f'<path {_paint(frame.look)} d="{_rounded(*sides, _ROUNDER)}"/>'
    return f'<g id="{escape(frame.id)}" class="cluster {frame.look.get("class", "")}">{outline}{title}</g>'


def _box(box: Box, *, vertical: bool) -> str:
    look = box.look
    left, top = box.x - box.width / 2, box.y - box.height / 2
    right, bottom = left + box.width, top + box.height
    if look.get("shape") == "circle":
        side = _n(box.width / 2)
        outline = f'<ellipse {_paint(look)} cx="{_n(box.x)}" cy="{_n(box.y)}" rx="{side}" ry="{side}"/>'
    elif "rounded" in look.get("style", ""):
        outline = f'<path {_paint(look)} d="{_rounded(left, top, right, bottom, _ROUND)}"/>'
    else:
        corners = _points([(left, top), (right, top), (right, bottom), (left, bottom)])
        outline = f'<polygon {_paint(look)} points="{corners}"/>'
    words = "".join(_label(box, vertical=vertical))
    return f'<g id="{escape(box.id)}" class="node {look.get("class", "")}">{outline}{words}</g>'


def _label(box: Box, *, vertical: bool) -> Iterable[str]:
    label, colour = box.label, box.look.get("fontcolor", "")
    if not isinstance(label, Label):
        if label:
            yield _words(
                box.x, box.y, escape(label), size=float(box.look.get("fontsize", SIZE)), colour=colour, anchor="middle"
            )
        return
    for line in label.lines(box.width, vertical=vertical):
        spans = [f'<tspan font-weight="bold">{escape(line.bold)}</tspan>'] if line.bold else []
        text = "".join([*spans, escape(line.text)])
        yield _words(box.x + line.x, box.y + line.y, text, colour=colour, anchor=line.anchor)


def _text(text: Text) -> str:
    look = text.look
    size, colour = float(look.get("fontsize", SIZE)), look.get("fontcolor", "")
    words = _words(text.x, text.y, escape(text.text), size=size, colour=colour, bold="bold" in look)
    return f'<g class="text {look.get("class", "")}">{words}</g>'


def _way(way: Way) -> str:
    look = way.look
    colour, (x, y) = look.get("color", theme.LINE.light), way.spline[-1]
    ink = f'stroke="{colour}" stroke-width="{look.get("penwidth", "1.6")}"'
    dashes = ' stroke-dasharray="5,2"' if look.get("style") == "dashed" else ""
    first, *rest = way.spline
    # the tip is given, the arrow's base is where the line ends
    long = max(abs(way.tip[0] - x), abs(way.tip[1] - y), 1e-6)
    across = ((way.tip[1] - y) / long, (x - way.tip[0]) / long)
    half = ARROW * _HALF
    head = [(x + across[0] * half, y + across[1] * half), way.tip, (x - across[0] * half, y - across[1] * half)]
    return (
        f'<g id="{escape(way.id)}" class="edge {look.get("class", "")}">'
        f'<path fill="none" {ink}{dashes} d="M{_points([first])}C{_points(rest)}"/>'
        f'<polygon fill="{colour}" stroke="{colour}" points="{_points(head)}"/></g>'
    )


def _paint(look: Mapping[str, str]) -> str:
    """The attributes of an outline."""
    style, wide = look.get("style", ""), look.get("penwidth", "")
    filled = look.get("fillcolor", "none") if "filled" in style else "none"
    more = (f' stroke-width="{wide}"' if wide else "") + (' stroke-dasharray="5,2"' if "dashed" in style else "")
    return f'fill="{filled}" stroke="{look.get("color", theme.LINE.light)}"{more}'


def _words(
    x: float, y: float, text: str, *, size: float = SIZE, colour: str = "", anchor: str = "start", bold: bool = False
) -> str:
    """A line of text, which is escaped already, with its middle at the height y."""
    more = "" if anchor == "start" else f' text-anchor="{anchor}"'
    more += "" if size == SIZE else f' font-size="{size:g}"'
    more += f' fill="{colour}"' if colour else ""
    more += ' font-weight="bold"' if bold else ""
    return f'<text x="{_n(x)}" y="{_n(y + _BASE * size)}"{more}>{text}</text>'


def _rounded(left: float, top: float, right: float, bottom: float, radius: float) -> str:
    """The path of a rectangle with rounded corners, in absolute coordinates."""
    by = min(radius, (right - left) / 2, (bottom - top) / 2)
    corners = (
        ((left + by, top), (right - by, top), (right, top), (right, top + by)),
        ((right, bottom - by), (right, bottom), (right - by, bottom)),
        ((left + by, bottom), (left, bottom), (left, bottom - by)),
        ((left, top + by), (left, top), (left + by, top)),
    )
    start, *first = corners[0]
    sides = [first, *corners[1:]]
    return f"M{_points([start])}" + "".join([f"L{_points(side[:1])}Q{_points(side[1:])}" for side in sides]) + "Z"


def _points(points: Iterable[Point]) -> str:
    return " ".join([f"{_n(x)},{_n(y)}" for x, y in points])


def _n(value: float) -> str:
    """A coordinate to a tenth of a point."""
    return f"{value:.1f}".removesuffix(".0")
