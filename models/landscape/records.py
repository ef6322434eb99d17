"""Results of the analysis of the loss around weights, as immutable records. No torch here."""

from dataclasses import dataclass
from typing import Any

FINE = 12  # steps from the trained weights to the edge of a full surface
COARSE = 4  # of the first one, whose places are every third of the full one's


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Loss and error on a plane through a trained network's weights.

    Row i and column j stand for the weights + `places[j]` times the first direction + `places[i]` times the second.
    """

    places: tuple[float, ...]  # the same along both directions; 0 is in the middle
    loss: Any  # numpy (n, n): mean cross-entropy; it may be infinite or NaN
    error: Any  # numpy (n, n): share of the images

    @property
    def middle(self) -> int:
        """Place of the trained weights in a row and in a column."""
        return len(self.places) // 2

    @property
    def at_weights(self) -> float:
        """The loss at the trained weights."""
        return float(self.loss[self.middle, self.middle])


def steps(half: int) -> tuple[int, ...]:
    """Return the places along one direction of a surface with so many steps to each side, in steps of the full one."""
    return tuple(range(-FINE, FINE + 1, FINE // half))


@dataclass(frozen=True, slots=True, kw_only=True)
class Curvatures:
    """The largest eigenvalue of the Hessian of the loss on one batch; NaN where it was not found."""

    start: float  # at a run's initial weights
    trained: float
    images: int  # of the batch
