"""Settings of the Signals page: what it measures and shows; frozen and part of the link. No Streamlit here."""

from dataclasses import dataclass
from typing import ClassVar

from models.runtime.fields import choice, flag, nested, text, whole
from models.runtime.settings import Weights
from models.signals.measure_spec import MeasureSpec
from viz.state.url import Linked, Token


class Show(Token):
    BOTH = "both"
    WITH = "with"
    WITHOUT = "without"


class Of(Token):
    """What the gradients are taken with respect to."""

    WEIGHTS = "weights"
    ACTIVATIONS = "activations"


class At(Token):
    """The layers whose outputs are shown."""

    BLOCKS = "blocks"
    CONVOLUTIONS = "convolutions"
    ACTIVATIONS = "activations"
    ALL = "all"


class Panel(Token):
    ACTIVATIONS = "activations"
    JOINS = "joins"
    MAPS = "maps"
    GRAPH = "graph"
    SWEEP = "sweep"
    REGIMES = "regimes"
    STRENGTH = "strength"
    ALIKE = "alike"
    NUMBERS = "numbers"


class Paint(Token):
    """What the fills of the graphs show."""

    WEIGHTS = "weights"
    GRADIENT = "gradient"
    RMS = "rms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment(Linked):
    prefix: ClassVar[str] = "signals."

    run: bool = flag()  # it was requested; a link with it starts the measurement
    measure: MeasureSpec = nested(MeasureSpec(seeds=3))
    trained: str = text()  # id of the stored run whose weights are measured
    show: Show = choice(Show.BOTH)
    of: Of = choice(Of.WEIGHTS)
    panel: Panel = choice(Panel.ACTIVATIONS)
    at: At = choice(At.BLOCKS)
    paint: Paint = choice(Paint.WEIGHTS)
    image: int = whole(0, 0, 4_095)  # index in the batch of the image for feature maps
    sweep: bool = flag()  # it was requested
    strength: bool = flag()  # the same for the sweep over the strength of the skips
    deepest: int = whole(110, 14, 1_202)  # greatest depth of the sweep

    @property
    def untrained(self) -> "Experiment":
        """The same experiment with random weights."""
        return self.changed(weights=Weights.RANDOM, trained="")
