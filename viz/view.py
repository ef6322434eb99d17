"""How the Architecture page shows a network: frozen, and part of the link. No Streamlit here."""

from dataclasses import dataclass
from enum import StrEnum

from viz.folding import Level
from viz.graph import Colour, Direction
from viz.linked import Linked


class Tab(StrEnum):
    LAYERS = "Layers"
    CHARTS = "Charts"
    DEPTH = "Why this depth?"
    OTHERS = "As others count"
    TORCHINFO = "torchinfo"
    CODE = "PyTorch code"


class Rows(StrEnum):
    """What a row of the table is."""

    LAYERS = "layers"
    BLOCKS = "blocks"
    STAGES = "stages"


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Linked):
    level: Level = Level.STAGES
    fold: frozenset[str] = frozenset()  # groups folded or unfolded by hand
    direction: Direction = Direction.VERTICAL
    colour: Colour = Colour.KIND
    layer: str = ""  # the selected layer's or group's path
    tab: Tab = Tab.LAYERS
    rows: Rows = Rows.LAYERS
