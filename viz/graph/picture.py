"""The records of a drawn graph: its options, and what is drawn, with legend and texts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models.tracing.layers import EdgeKind
from viz.graph.dot import source
from viz.graph.folding import Folding
from viz.graph.marks import Marks
from viz.graph.play import Play
from viz.style import format


class Direction(StrEnum):
    VERTICAL = "vertical"
    HORIZONTAL = "horizontal"
    COLUMNS = "columns"  # vertical, cut into several columns


class Colour(StrEnum):
    """What the fill of a node shows."""

    KIND = "kind"
    PARAMS = "parameters"
    MACS = "MACs"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Values:
    """Measured values of layers, shown by the fills, and the ends of their scale.

    A folded group shows the quadratic mean of its layers.
    """

    unit: str
    of: Mapping[str, float]  # by path; layers without a value are missing
    low: float
    high: float
    shares: Mapping[str, float] = field(default_factory=dict)  # of the branch at a join, by its path, 0 to 1


@dataclass(frozen=True, slots=True)
class Legend:
    """The ends of the logarithmic value scale of a picture, and its unit."""

    low: float
    high: float
    unit: str

    @property
    def ends(self) -> tuple[str, str]:
        return number(self.low), number(self.high)


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph with its legend and texts."""

    drawn: Marks | str  # or DOT source without positions, of which Graphviz finds a layout
    nodes: dict[str, str]  # id -> description, for tooltips and screen readers
    groups: frozenset[str]  # ids of the nodes that can be folded or unfolded
    kinds: tuple[str, ...]
    skips: frozenset[EdgeKind]
    legend: Legend | None  # None if the fills show kinds
    folding: Folding
    note: str
    alt: str
    caption: str  # what fills and lines mean, for downloaded pictures
    partners: Mapping[str, str] = field(default_factory=dict)  # of two networks in one frame: id -> the other's id
    play: Play | None = None
    strokes: Counter[EdgeKind] = field(default_factory=Counter)  # skips that lines or words stand for, by kind

    @property
    def dot(self) -> str:
        return self.drawn if isinstance(self.drawn, str) else source(self.drawn)


def number(value: float) -> str:
    return format.whole(value) if isinstance(value, int) else format.number(value)
