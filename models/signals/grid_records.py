"""Results of the points of a grid. No torch here."""

from dataclasses import dataclass

from .records import Zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What is kept of the measurement of one network."""

    loss: float
    ratio: float  # of the weight gradient norms, first convolution over last
    growth: float | None  # factor per convolution, towards the input
    spread: float  # rms of the last block's output over the first's
    zero: Zero | None = None  # why the weight gradient of the first or last convolution is exactly zero, if it is


@dataclass(frozen=True, slots=True, kw_only=True)
class PointResult:
    """A network with its skip connections, and without."""

    depth: int
    parameters: int  # with skips
    macs: int
    skips: Side
    plain: Side
