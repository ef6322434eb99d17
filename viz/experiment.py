"""What the Signals page measures and how it shows it: frozen, and part of the link. No Streamlit here."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from models.settings import Device, Precision, Source, Weights
from viz.linked import Linked


class Show(StrEnum):
    BOTH = "both"
    WITH = "with skips"
    WITHOUT = "without"


class Of(StrEnum):
    """Whose gradients."""

    WEIGHTS = "weights"
    ACTIVATIONS = "activations"


class At(StrEnum):
    """Which layers' outputs."""

    BLOCKS = "blocks"
    CONVOLUTIONS = "convolutions"
    ACTIVATIONS = "ReLUs"
    ALL = "all layers"


class Panel(StrEnum):
    ACTIVATIONS = "Activations"
    JOINS = "Joins"
    MAPS = "Feature maps"
    GRAPH = "On the graph"
    SWEEP = "Depth sweep"
    REGIMES = "Four regimes"
    NUMBERS = "Numbers"


class Paint(StrEnum):
    """What the graphs' fills tell."""

    WEIGHTS = "weight gradient"
    GRADIENT = "activation gradient"
    RMS = "activation rms"


def _number(default: int, low: int, high: int) -> Any:
    return field(default=default, metadata={"low": low, "high": high})


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment(Linked):
    run: bool = False  # asked for: a link that says so starts it
    batch: int = _number(16, 2, 512)
    seeds: int = _number(3, 1, 10)
    seed: int = _number(0, 0, 9_999)
    source: Source = Source.NOISE
    device: Device = Device.AUTO
    precision: Precision = Precision.FLOAT32
    weights: Weights = Weights.RANDOM
    trained: str = ""  # the id of a kept run, whose weights they are
    show: Show = Show.BOTH
    of: Of = Of.WEIGHTS
    panel: Panel = Panel.ACTIVATIONS
    at: At = At.BLOCKS
    paint: Paint = Paint.WEIGHTS
    image: int = _number(0, 0, 511)  # of the batch: whose feature maps
    sweep: bool = False  # asked for
    deepest: int = _number(110, 14, 1_202)  # of the sweep

    @property
    def measured(self) -> "Experiment":
        """Only what a measurement depends on; the rest as it is by default."""
        return replace(Experiment(), **{name: getattr(self, name) for name in _MEASURED})

    @property
    def settings(self) -> dict[str, Any]:
        """As `models.signals` takes them."""
        return {name: getattr(self, name) for name in _MEASURED if name not in ("seeds", "seed")}

    @property
    def untrained(self) -> "Experiment":
        """The same with random weights."""
        return replace(self, weights=Weights.RANDOM, trained="")

    @property
    def numbers(self) -> tuple[int, ...]:
        """The seeds."""
        return tuple(range(self.seed, self.seed + self.seeds))


_MEASURED = ("batch", "seeds", "seed", "source", "device", "precision", "weights", "trained")
