"""Positions for the boxes of a graph: the main path is one straight column, and each group has a frame.

`along` is the direction of the data, `across` the other one; which of the two is x is the caller's. All lengths are in
points. The time is linear in the number of boxes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

GAP = 13.0  # between two boxes along the data: an arrow has to fit
APART = 14.0  # between two columns
PAD = 9.0  # between a frame and what is inside
_NEAR = 0.6  # share of the widest frame from which on another one is made as wide
LANE, STEP = 15.0, 8.0  # from the last column to the first lane, and from lane to lane


@dataclass(slots=True, eq=False)
class Box:
    """A node: a layer, a folded group, or the image."""

    id: str
    along: float
    across: float
    join: bool = False  # a circle: it keeps its size, and shortcuts end at its side
    beside: float = 0.0  # room beyond the far side, for the arcs of a folded group and their label
    frame: "Frame | None" = None
    row: int = 0
    column: int = 0
    middle: float = 0.0  # across
    start: float = 0.0  # along

    @property
    def end(self) -> float:
        return self.start + self.along

    @property
    def low(self) -> float:
        return self.middle - self.across / 2

    @property
    def high(self) -> float:
        return self.middle + self.across / 2


@dataclass(slots=True)
class Row:
    """What lies side by side, by column. `key` names the row when two graphs are aligned."""

    key: str
    cells: dict[int, "Box | Frame"] = field(default_factory=dict)
    along: float = 0.0
    start: float = 0.0


@dataclass(slots=True, eq=False)
class Frame:
    """An unfolded group, or the whole graph: rows, and a heading."""

    id: str
    rows: list[Row] = field(default_factory=list)
    heading: tuple[float, float] = (0.0, 0.0)  # height and width of its text
    title_first: bool = True  # the heading is before the first row, not at the low side
    lanes: int = 0
    lane_text: float = 0.0  # length across of the longest label beside a lane
    pad: float = PAD
    frame: "Frame | None" = None
    row: int = 0
    column: int = 0
    before: float = 0.0  # from the axis of the main path to the low side
    after: float = 0.0
    columns_end: float = 0.0  # from the axis of the main path to the high side of the last column
    along: float = 0.0
    axes: list[float] = field(default_factory=list)  # of the columns, from the main path's
    middle: float = 0.0
    start: float = 0.0

    @property
    def end(self) -> float:
        return self.start + self.along

    @property
    def low(self) -> float:
        return self.middle - self.before

    @property
    def high(self) -> float:
        return self.middle + self.after

    def put(self, cell: "Box | Frame", row: int, column: int, key: str) -> None:
        """Add a part in a row and column; rows are filled in their order."""
        while len(self.rows) <= row:
            self.rows.append(Row(key))
        cell.frame, cell.row, cell.column = self, row, column
        self.rows[row].cells[column] = cell

    def lane(self, number: int) -> float:
        """Return where a lane is across, counted from the innermost one."""
        return self.middle + self.columns_end + LANE + STEP * number

    def measure(self, gap: float) -> None:
        """Find the lengths of this frame and of all inside, from the inside out."""
        columns: dict[int, list[Box | Frame]] = {}
        for row in self.rows:
            for column, cell in row.cells.items():
                columns.setdefault(column, []).append(cell)
                if isinstance(cell, Frame):
                    cell.measure(gap)
        for cells in columns.values():
            _widen([cell for cell in cells if isinstance(cell, Frame)])
        self.before, end = _extents(columns.get(0, []))
        self.axes = [0.0]
        for column in range(1, 1 + max(columns, default=0)):
            low, high = _extents(columns.get(column, []))
            self.axes.append(end + APART + low)
            end = self.axes[-1] + high
        high, wide = self.heading
        along, across = (high, wide) if self.title_first else (wide, 0.0)
        self.before += self.pad + (0 if self.title_first else high)
        self.columns_end = end
        lanes = LANE + STEP * (self.lanes - 1) + self.lane_text if self.lanes else 0.0
        self.after = max(end + lanes + self.pad, across + 2 * self.pad - self.before, self._titled(across))
        for row in self.rows:
            row.along = max([row.along, *(cell.along for cell in row.cells.values())])
        self.along = self._first(gap) + sum(row.along + gap for row in self.rows) - gap + self._last(gap)
        if not self.title_first:
            self.along = max(self.along, along + 2 * self.pad)

    def place(self, middle: float, start: float, gap: float) -> None:
        """Give this frame and all inside their positions."""
        self.middle, self.start = middle, start
        at = start + self._first(gap)
        for row in self.rows:
            row.start = at
            for column, cell in row.cells.items():
                axis = middle + self.axes[column]
                if isinstance(cell, Frame):
                    cell.place(axis, at, gap)
                else:
                    cell.middle, cell.start = axis, at + (row.along - cell.along) / 2
            at += row.along + gap

    def walk(self) -> "Iterator[Box | Frame]":
        """Yield all frames and boxes inside, outer ones first, in the order of the rows."""
        for row in self.rows:
            for __, cell in sorted(row.cells.items()):
                yield cell
                if isinstance(cell, Frame):
                    yield from cell.walk()

    def _titled(self, across: float) -> float:
        """How far a heading reaches that has no room before the main path, which would cross it."""
        return 0.0 if across + 2 * self.pad <= self.before else across + 2 * self.pad

    def _first(self, gap: float) -> float:
        """Room before the first row: the heading, and a gap in which a shortcut can leave the main path."""
        return (self.heading[0] if self.title_first else 0) + (gap if self.pad else 0)

    def _last(self, gap: float) -> float:
        return min(self.pad, gap)


def arrange(graph: Frame, *, gap: float = GAP) -> None:
    """Give every box and frame of a graph its position."""
    main = [cell for cell in graph.walk() if isinstance(cell, Box) and not cell.join and on_main_path(cell)]
    widest = max((box.across for box in main), default=0.0)
    for box in main:
        box.across = widest
    graph.measure(gap)
    graph.place(graph.before, 0.0, gap)


def on_main_path(cell: Box | Frame) -> bool:
    """Return whether a part and all frames around it are in the first column."""
    return cell.column == 0 and (cell.frame is None or on_main_path(cell.frame))


def _widen(frames: list[Frame]) -> None:
    """Make the frames of one column equally wide, but those that are much narrower."""
    if frames:
        before, after = max(one.before for one in frames), max(one.after for one in frames)
        for one in frames:
            one.before = before
            one.after = after if one.after > _NEAR * after else one.after


def _extents(cells: list[Box | Frame]) -> tuple[float, float]:
    """Return how far parts of a column reach to both sides of its axis."""
    low, high = 0.0, 0.0
    for cell in cells:
        sides = (
            (cell.before, cell.after) if isinstance(cell, Frame) else (cell.across / 2, cell.across / 2 + cell.beside)
        )
        low, high = max(low, sides[0]), max(high, sides[1])
    return low, high
