"""Where in an image a trained network finds its answer, as immutable records. No torch here."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

COVERED = 0.25  # share of an image that is covered to try what a map marks
FEWEST = 10  # images below which means are not compared
_PARTS = 4  # of an image's side that a patch covers
_POSITIONS = 16  # of a map: those with fewer are not the first to be shown
_FLAT = 0.01  # an occlusion map with no larger change of a probability is compared with nothing


def patch_of(side: int) -> tuple[int, int]:
    """Return the side of an occlusion's patches, a quarter of the image's, and the step between two, half a patch."""
    patch = max(1, side // _PARTS)
    return patch, max(1, patch // 2)


def usual(sizes: Sequence[tuple[int, int]]) -> int:
    """Return the place of the last of some sizes, from large to small, that has at least 4 x 4 positions, else 0."""
    return max((place for place, (height, width) in enumerate(sizes) if height * width >= _POSITIONS), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassMaps:
    """Grad-CAM and occlusion for the answer that a network gives to each of N images; of `shown` of them, pictures."""

    images: Any  # numpy uint8 (shown, H, W, 3)
    labels: tuple[int, ...]  # N; -1 for a picture without a label
    answers: tuple[int, ...]  # N: the likeliest class
    probabilities: Any  # numpy (N,): of the answer
    classes: tuple[str, ...]
    layers: tuple[str, ...]  # whose feature maps were weighted, from large to small; may be empty
    maps: tuple[Any, ...]  # for each layer, numpy (shown, h, w), not negative
    occlusion: Any  # numpy (N, rows, columns): by how much the probability falls where a patch is covered
    sides: tuple[int, int]  # height and width of the network's input, in pixels
    marked: Any  # numpy (N,): the probability with the quarter covered that the usual layer's map marks; NaN: no map
    elsewhere: Any  # numpy (N,): with the quarter covered that it marks in another image

    @property
    def usual(self) -> int:
        """Place of the layer whose maps are shown at first, and tried: the last with at least 4 x 4 positions."""
        return usual([one.shape[1:] for one in self.maps])

    def fall(self, place: int) -> Any:
        """Return for each pixel of an image how far the probability falls, a mean over the patches that cover it.

        Shape (H, W) of the network's input; 0 at a rim that no patch reaches.
        """
        found, times = np.zeros(self.sides), np.zeros(self.sides)
        (tall, down), (wide, right) = map(patch_of, self.sides)
        for row, values in enumerate(self.occlusion[place]):
            for column, value in enumerate(values):
                here = slice(row * down, row * down + tall), slice(column * right, column * right + wide)
                found[here] += value
                times[here] += 1
        return found / np.maximum(times, 1)

    @property
    def tried(self) -> int:
        """Number of images on which the usual layer's map was tried."""
        return int(np.isfinite(self.marked).sum())

    def means(self) -> tuple[float, float, float]:
        """Mean probability of the answer: as it is, with the marked quarter covered, with another image's."""
        known = np.isfinite(self.marked)
        whole, marked, elsewhere = (
            float(values[known].mean()) for values in (self.probabilities, self.marked, self.elsewhere)
        )
        return whole, marked, elsewhere

    @property
    def differs(self) -> bool:
        """Whether it matters whose quarter is covered: the mean difference exceeds two standard errors."""
        known = np.isfinite(self.marked)
        between = (self.elsewhere - self.marked)[known]
        return len(between) >= FEWEST and bool(abs(between.mean()) > 2 * _error(between))


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How alike two networks' occlusion maps are: mean correlations."""

    same: float  # of the maps of the same image
    other: float  # of an image's map in the one network and the next image's in the other
    error: float  # standard error of the mean difference of both
    images: int

    @property
    def differs(self) -> bool:
        """Whether the difference exceeds two standard errors."""
        return abs(self.same - self.other) > 2 * self.error


def agreement(first: ClassMaps, second: ClassMaps) -> Agreement | None:
    """Compare two networks' occlusion maps of the same images.

    Only images to which both give the same answer, and whose probability changes by a hundredth somewhere in both.
    None if these are fewer than ten.
    """
    same = [place for place, answer in enumerate(first.answers) if second.answers[place] == answer]
    if len(same) < FEWEST:
        return None
    maps = [_standard(found.occlusion[same].reshape(len(same), -1)) for found in (first, second)]
    known = np.isfinite(maps[0]).all(1) & np.isfinite(maps[1]).all(1)
    if known.sum() < FEWEST:
        return None
    one, next_one = (found[known] for found in maps)
    alike, other = (one * next_one).sum(1), (one * np.roll(next_one, 1, 0)).sum(1)
    return Agreement(
        same=float(alike.mean()), other=float(other.mean()), error=_error(alike - other), images=len(alike)
    )


def _error(values: Any) -> float:
    """The standard error of a mean."""
    return float(values.std(ddof=1) / sqrt(len(values)))


def _standard(rows: Any) -> Any:
    """Rows with mean 0 and length 1; NaN where a row has no value that matters or all are equal."""
    centred = rows - rows.mean(1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    counts = (np.abs(rows).max(1, keepdims=True) >= _FLAT) & (length > 0)
    return np.where(counts, centred / np.where(counts, length, 1), np.nan)
