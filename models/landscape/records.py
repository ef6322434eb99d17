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
    def across(self) -> tuple[float, ...]:
        return self.places

    @property
    def along(self) -> tuple[float, ...]:
        return self.places

    @property
    def middle(self) -> int:
        """Place of the trained weights in a row and in a column."""
        return len(self.places) // 2

    @property
    def at_weights(self) -> float:
        """The loss at the trained weights."""
        return float(self.loss[self.middle, self.middle])


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPath:
    """The path of a run's weights, and the loss on the plane of its first two principal components.

    Row i and column j of the loss stand for the trained weights + `across[j]` times the first direction + `along[i]`
    times the second; both directions have length 1.
    """

    epochs: tuple[float, ...]  # of the points of the path; 0 is before training, the last one as far as it went
    places: tuple[tuple[float, float], ...]  # of these points in the plane
    shares: tuple[float, float]  # of the path's variance that each direction explains
    size: float  # norm of the trained weights that take part
    across: tuple[float, ...]
    along: tuple[float, ...]
    loss: Any  # numpy (along, across): mean cross-entropy; it may be infinite or NaN
    error: Any  # numpy (along, across): share of the images


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The loss on the straight line between two sets of weights: 0 is the first, 1 the second."""

    places: tuple[float, ...]
    images: int  # of the training images, on which the training loss is measured and norms take their statistics
    train_loss: tuple[float, ...]
    test_loss: tuple[float, ...]
    test_error: tuple[float, ...]

    @property
    def barrier(self) -> float:
        """How far the training loss rises above the straight line between its values at the ends."""
        first, last = self.train_loss[0], self.train_loss[-1]
        lines = (first + (last - first) * place for place in self.places)
        return max(loss - line for loss, line in zip(self.train_loss, lines, strict=True))


def steps(half: int) -> tuple[int, ...]:
    """Return the places along one direction of a surface with so many steps to each side, in steps of the full one."""
    return tuple(range(-FINE, FINE + 1, FINE // half))


@dataclass(frozen=True, slots=True, kw_only=True)
class Curvatures:
    """The largest eigenvalue of the Hessian of the loss on one batch; NaN where it was not found."""

    start: float  # at a run's initial weights
    trained: float
    images: int  # of the batch
