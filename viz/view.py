"""How the Architecture page shows a network: frozen, and part of the link. No Streamlit here."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from viz.folding import Level
from viz.graph import Colour, Direction


class Tab(StrEnum):
    LAYERS = "Layers"
    CHARTS = "Charts"
    DEPTH = "Why this depth?"
    TORCHINFO = "torchinfo"
    CODE = "PyTorch code"


class Rows(StrEnum):
    """What a row of the table is."""

    LAYERS = "layers"
    BLOCKS = "blocks"
    STAGES = "stages"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    level: Level = Level.STAGES
    fold: frozenset[str] = frozenset()  # groups folded or unfolded by hand
    direction: Direction = Direction.VERTICAL
    colour: Colour = Colour.KIND
    layer: str = ""  # the selected layer's or group's path
    tab: Tab = Tab.LAYERS
    rows: Rows = Rows.LAYERS

    def to_query(self, *, full: bool = False) -> dict[str, str]:
        """Only what differs from the default. `full`: every field."""
        return {
            field.name: ",".join(sorted(value)) if isinstance(value, frozenset) else str(value)
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default or full
        }

    @staticmethod
    def from_query(query: Mapping[str, object]) -> tuple["View", tuple[str, ...]]:
        """The inverse of `to_query`; never raises. Returns the view and one message per bad field."""
        kept: dict[str, Any] = {}
        problems: list[str] = []
        for field in fields(View):
            if field.name not in query:
                continue
            text = str(query[field.name])
            if isinstance(field.default, StrEnum):
                kind = type(field.default)
                try:
                    kept[field.name] = kind(text)
                except ValueError:
                    problems.append(f"{field.name}: must be {', '.join(kind)}, got {text[:60]!r}")
            elif field.name == "fold":
                kept["fold"] = frozenset(part for part in text.split(",") if part)
            else:
                kept[field.name] = text
        return View(**kept), tuple(problems)
