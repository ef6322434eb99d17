"""A picture's marks as DOT source with positions, which Graphviz's `nop2` renders as they are."""

from html import escape

from viz.graph.label import Label
from viz.graph.marks import Look, Marks, Point
from viz.style import theme

_QUOTE = r"\""


def source(marks: Marks) -> str:
    """Return the DOT source; `bb` tells Graphviz that positions are given."""
    return _Writer(marks).written()


class _Writer:
    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.names: dict[str, str] = {}  # id -> name in the source: a colon in an id would be a port

    def written(self) -> str:
        marks = self.marks
        ink, line = theme.TEXT.light, theme.LINE.light
        bounds = f"0,0,{marks.width:.1f},{marks.height:.1f}"
        font = {"fontname": theme.DOT_FONT, "fontsize": "14", "fontcolor": ink}
        usual = (
            ("graph", {"bb": bounds, "bgcolor": "transparent", "outputorder": "nodesfirst", "pad": "0.1"}),
            ("node", {"color": line, "fixedsize": "shape", "margin": "0"} | font),
            ("edge", {"color": line, "arrowsize": "0.7", "penwidth": "1.6"}),
        )
        lines = [_statement(what, own) for what, own in usual]
        for frame in marks.frames:
            own = {
                "id": _id(frame.id),
                "bb": f"{self._at(frame.left, frame.bottom)},{self._at(frame.right, frame.top)}",
                "label": f"<<B>{escape(frame.title)}</B>>" if frame.title else "",
                "lp": self._at(*frame.middle),
            }
            lines.append(
                f"subgraph cluster_{self._name(frame.id)} {{ {_statement('graph', own | font | frame.look)} }}"
            )
        for box in marks.boxes:
            label = box.label
            lines.append(
                self._node(
                    box.id, (box.x, box.y), box.width, box.height,
                    label.html(box.width, vertical=marks.vertical) if isinstance(label, Label) else label, box.look,
                )
            )  # fmt: skip
        for number, text in enumerate(marks.texts):
            look = {"shape": "plaintext"} | text.look
            label = f"<<B>{escape(text.text)}</B>>" if look.pop("bold", "") else text.text
            lines.append(self._node(f"text {number}", (text.x + text.width / 2, text.y), text.width, 15, label, look))
        for way in marks.ways:
            pos = f"e,{self._at(*way.tip)} " + " ".join([self._at(x, y) for x, y in way.spline])
            what = f"{self._name(way.source)} -> {self._name(way.target)}"
            lines.append(_statement(what, {"id": _id(way.id), "pos": pos} | way.look))
        return "\n".join(["digraph network {", *lines, "}", ""])

    def _node(self, own: str, middle: Point, width: float, height: float, label: str, look: Look) -> str:
        place = {"pos": self._at(*middle), "width": f"{width / 72:.4f}", "height": f"{height / 72:.4f}"}
        return _statement(self._name(own), {"id": _id(own), "label": label, "shape": "box"} | place | look)

    def _name(self, own: str) -> str:
        return self.names.setdefault(own, f"n{len(self.names)}")

    def _at(self, x: float, y: float) -> str:
        return f"{x:.2f},{self.marks.height - y:.2f}"


def _statement(what: str, attributes: Look) -> str:
    """A line of DOT: a name with its attributes, in quotes but for labels in Graphviz's HTML."""
    written = [
        f"{name}={value}" if value.startswith("<<") else f'{name}="{value.replace(chr(34), _QUOTE)}"'
        for name, value in attributes.items()
    ]
    return f"{what} [{' '.join(written)}]"


def _id(own: str) -> str:
    """An id as Graphviz's own escapes have it."""
    return escape(own).replace("\\", "\\\\")
