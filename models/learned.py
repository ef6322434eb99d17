"""What is found in a trained network: plain frozen records, and what follows from them. No torch."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """A network's answers to the test images. Arrays are numpy's, a row an image."""

    classes: tuple[str, ...]
    labels: Any  # (N,)
    top: Any  # (N, 5 at most): classes, the likeliest first
    probabilities: Any  # of them
    truth: Any  # (N,): the probability of what is right
    images: Any  # uint8, (N, H, W, 3)

    @property
    def right(self) -> Any:
        return self.top[:, 0] == self.labels

    @property
    def accuracy(self) -> float:
        return float(self.right.mean())

    @property
    def confusion(self) -> Any:
        """(classes, classes): how many images of a row's class were taken for the column's."""
        count = len(self.classes)
        return np.bincount(self.labels * count + self.top[:, 0], minlength=count * count).reshape(count, count)

    def some(self, count: int, seed: int = 0) -> list[int]:
        """Places of test images, drawn at random but always the same."""
        order = np.random.default_rng(seed).permutation(len(self.labels))
        return [int(place) for place in order[:count]]

    def worst(self, count: int) -> list[int]:
        """Places of the images that the network was wrong about, the surest first."""
        wrong = np.flatnonzero(~self.right)
        return [int(place) for place in wrong[np.argsort(-self.probabilities[wrong, 0], kind="stable")][:count]]

    def mixed_up(self) -> tuple[tuple[tuple[str, str], ...], int]:
        """The commonest mistakes, (what it was, what it was taken for), and how often; none where all is right."""
        off = self.confusion * (1 - np.eye(len(self.classes), dtype=int))
        most = int(off.max())
        pairs = np.argwhere(off == most) if most else ()
        return tuple((self.classes[truth], self.classes[taken]) for truth, taken in pairs), most


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a network says of one picture."""

    image: Any  # uint8, (H, W, 3): as it was seen
    fit: str  # a value of `uploads.Fit`: how it was brought to the data's proportions
    classes: tuple[str, ...]  # the likeliest first
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Lesion:
    """One block taken out of a trained network."""

    block: str
    error: float | None  # of the test images without it; None where the rest would not fit together
    changes_shape: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesions:
    whole: float  # the test error with every block
    guessing: float  # of the commonest class for every image
    blocks: tuple[Lesion, ...]  # in the order of the forward pass

    @property
    def removable(self) -> tuple[Lesion, ...]:
        return tuple(lesion for lesion in self.blocks if lesion.error is not None)

    @property
    def inner(self) -> tuple[Lesion, ...]:
        """The blocks that keep the shape: the ones that a network without skips can do without in form, too."""
        return tuple(lesion for lesion in self.removable if not lesion.changes_shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """How much the layers of one dense block lean on each of the earlier ones (arXiv 1608.06993, figure 5)."""

    block: str
    sources: tuple[str, ...]  # what the block was given, then its layers
    targets: tuple[str, ...]  # its layers, then what follows it
    weights: Any  # numpy, (sources, targets): mean absolute weight; NaN where there is no connection


@dataclass(frozen=True, slots=True)
class Response:
    """The standard deviation of a convolution's output, behind its norm (arXiv 1512.03385, figure 7)."""

    path: str
    std: float
