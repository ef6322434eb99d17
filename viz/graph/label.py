"""The text of a box, and how much room it takes."""

from dataclasses import dataclass
from html import escape

from viz.graph.text_width import text_width

SIZE, SMALL = 14.0, 12.0  # font sizes in points
HEIGHT = 24.0  # of a box with one line
CIRCLE = 22.0  # diameter of an addition or concatenation
TAG = 17.0  # height of a tag
_LINE, _MARGIN, _BETWEEN = 17.0, 9.0, 16.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a label: a bold part and the rest, at (x, y) from the middle of its box."""

    bold: str
    text: str
    x: float
    y: float
    anchor: str  # "start", "middle" or "end"


@dataclass(frozen=True, slots=True)
class Label:
    """A box's name in bold, its kind or number in detail, its shape or value, and tags before or after them."""

    name: str
    detail: str = ""
    told: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def size(self, *, vertical: bool) -> tuple[float, float]:
        """Return width and height of the box."""
        if vertical:
            width = text_width(self._left, SIZE) + 2 * _MARGIN + self.tags_wide
            return width + (text_width(self.told, SIZE) + _BETWEEN if self.told else 0), HEIGHT
        lines = [line for line in (self.name, self.detail, self.told) if line]
        width = max(self.tags_wide, *(text_width(line, SIZE) for line in lines)) + 2 * _MARGIN
        return width, _LINE * len(lines) + 8 + (TAG + 3 if self.before + self.after else 0)

    @property
    def tags_wide(self) -> float:
        return sum(tag_width(tag) + 3 for tag in self.before + self.after)

    def lines(self, width: float, *, vertical: bool) -> list[Line]:
        """Return the label's lines, for a box of the given width."""
        if not vertical:
            told = [("", line) for line in (self.detail, self.told) if line]
            lines = [(self.name, ""), *told]
            tags = TAG + 3 if self.before + self.after else 0.0  # they stand below
            first = -(tags + _LINE * (len(lines) - 1)) / 2
            return [Line(*line, 0.0, first + _LINE * place, "middle") for place, line in enumerate(lines)]
        before, after = (sum(tag_width(tag) + 3 for tag in tags) for tags in (self.before, self.after))
        detail = f"\u00a0\u00a0{self.detail}" if self.detail else ""
        found = [Line(self.name, detail, before + _MARGIN - width / 2, 0.0, "start")]
        if self.told:
            found.append(Line("", self.told, width / 2 - _MARGIN - after, 0.0, "end"))
        return found

    def html(self, width: float, *, vertical: bool) -> str:
        """Return the label in DOT's HTML, for a box of the given width."""
        name = f"<B>{escape(self.name)}</B>"
        if not vertical:
            rest = "".join(f"<BR/>{escape(line)}" for line in (self.detail, self.told) if line)
            space = '<BR/><FONT POINT-SIZE="17"> </FONT>' if self.before + self.after else ""
            return f"<{name}{rest}{space}>"
        detail = f"&#160; {escape(self.detail)}" if self.detail else ""
        cells = [("LEFT", 0.0, f"{name}{detail}")]
        if self.told:  # the bold space gives both cells the same base line
            cells.append(("RIGHT", text_width(self.told, SIZE) + 4, f"<B> </B>{escape(self.told)}"))
        left = max(width - 2 * _MARGIN - self.tags_wide - sum(wide for __, wide, __ in cells), 0)
        cells[0] = ("LEFT", left, cells[0][2])
        for at, own in ((0, self.before), (len(cells) + 1, self.after)):
            if own:
                cells.insert(at, ("RIGHT", sum(tag_width(tag) + 3 for tag in own), ""))
        row = "".join(f'<TD ALIGN="{align}" WIDTH="{wide:.0f}">{html}</TD>' for align, wide, html in cells)
        return f'<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0"><TR>{row}</TR></TABLE>>'

    @property
    def _left(self) -> str:
        return f"{self.name}  {self.detail}" if self.detail else self.name


def tag_width(text: str) -> float:
    return text_width(text, SMALL) + 8
