"""Settings of the Architecture page, frozen and part of the link. No Streamlit here."""

from dataclasses import dataclass
from typing import ClassVar

from models.runtime.fields import choice, flag, names, text, whole
from viz.graph.folding import Level
from viz.graph.picture import Colour, Direction
from viz.state.url import Linked, Token


class Tab(Token):
    LAYERS = "layers"
    CHARTS = "charts"
    DEPTH = "depth"
    OTHERS = "others"
    TORCHINFO = "torchinfo"
    PATHS = "paths"
    CODE = "code"


class Rows(Token):
    """What a row of the table stands for."""

    LAYERS = "layers"
    BLOCKS = "blocks"
    STAGES = "stages"


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Linked):
    prefix: ClassVar[str] = "architecture."

    level: Level = choice(Level.STAGES)
    fold: frozenset[str] = names()  # groups folded or unfolded by hand
    direction: Direction = choice(Direction.VERTICAL)
    colour: Colour = choice(Colour.KIND)
    shapes: bool = flag()  # on the edges, not in the boxes
    lit: bool = flag()  # a path is lit up
    branches: int = whole(0, 0, 10_000)  # on it
    path: int = whole(0, 0, 10**6)  # which one of as many branches
    layer: str = text()  # the selected layer's or group's path
    tab: Tab = choice(Tab.LAYERS)
    rows: Rows = choice(Rows.LAYERS)
