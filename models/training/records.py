"""Results of the analysis of trained networks, as immutable records. No torch here."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Predictions of a network for the test images; numpy arrays with one row per image."""

    classes: tuple[str, ...]
    labels: Any  # (N,)
    top: Any  # (N, at most 5): class indices, most likely first
    probabilities: Any  # of the classes in `top`
    truth: Any  # (N,): probability of the true class
    images: Any  # uint8, (N, H, W, 3)

    @property
    def right(self) -> Any:
        return self.top[:, 0] == self.labels

    @property
    def accuracy(self) -> float:
        return float(self.right.mean())

    @property
    def confusion(self) -> Any:
        """The confusion matrix (classes, classes): rows are true classes, columns predicted ones."""
        count = len(self.classes)
        return np.bincount(self.labels * count + self.top[:, 0], minlength=count * count).reshape(count, count)

    def some(self, count: int, seed: int = 0) -> list[int]:
        """Return indices of random test images, always the same for a seed."""
        order = np.random.default_rng(seed).permutation(len(self.labels))
        return [int(place) for place in order[:count]]

    def worst(self, count: int) -> list[int]:
        """Return indices of misclassified images, those predicted with the highest probability first."""
        wrong = np.flatnonzero(~self.right)
        return [int(place) for place in wrong[np.argsort(-self.probabilities[wrong, 0], kind="stable")][:count]]

    def mixed_up(self) -> tuple[tuple[tuple[str, str], ...], int]:
        """Return the most frequent confusions (true class, predicted class) and their count; none if all is right."""
        off = self.confusion * (1 - np.eye(len(self.classes), dtype=int))
        most = int(off.max())
        pairs = np.argwhere(off == most) if most else ()
        return tuple((self.classes[truth], self.classes[taken]) for truth, taken in pairs), most


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Prediction of a network for one picture."""

    image: Any  # uint8, (H, W, 3): as the network saw it
    fit: str  # a value of `uploads.Fit`: how it was brought to the data set's proportions
    classes: tuple[str, ...]  # most likely first
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Lesion:
    """Test error of a trained network with one block removed."""

    block: str
    error: float | None  # None if the rest would not fit together
    changes_shape: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesions:
    """Test errors of a trained network with each block removed in turn."""

    whole: float  # test error with all blocks
    guessing: float  # test error if the most frequent class is predicted for every image
    blocks: tuple[Lesion, ...]  # in the order of the forward pass

    @property
    def removable(self) -> tuple[Lesion, ...]:
        return tuple(lesion for lesion in self.blocks if lesion.error is not None)

    @property
    def inner(self) -> tuple[Lesion, ...]:
        """The blocks that keep the shape, so that they can also be removed from a network without skips."""
        return tuple(lesion for lesion in self.removable if not lesion.changes_shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """Use of each earlier output by the layers of one dense block (arXiv 1608.06993, figure 5)."""

    block: str
    sources: tuple[str, ...]  # the block's input, then its layers
    targets: tuple[str, ...]  # its layers, then what follows it
    weights: Any  # numpy, (sources, targets): mean absolute weight; NaN where there is no connection


@dataclass(frozen=True, slots=True)
class Response:
    """Standard deviation of a convolution's output, after its norm layer (arXiv 1512.03385, figure 7)."""

    path: str
    std: float
