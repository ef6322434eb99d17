"""How far gradients agree between inputs and between batches, and how a layer's channels are used: frozen records.

No torch here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Cosines between gradients of one network; NaN where a gradient is zero or not finite."""

    # between the gradients at the image of two points on the way from one image to another, by their distance: first
    # the same point, last both ends; means over ways and places
    along: tuple[float, ...]
    batches: tuple[float, ...]  # between the gradients at the weights of every two batches

    @property
    def neighbours(self) -> float:
        """The mean cosine of two neighbouring points."""
        return self.along[1]

    @property
    def mean(self) -> float:
        """The mean cosine of two batches."""
        return sum(self.batches) / len(self.batches)

    @property
    def least(self) -> float:
        """The smallest cosine of two batches: gradient confusion is minus this, if it is negative."""
        return min(self.batches)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreements:
    """Of a run: before its training, and after it."""

    start: Agreement
    trained: Agreement
    ways: int  # from one image to another
    batch: int  # images of a batch


@dataclass(frozen=True, slots=True)
class LayerUse:
    """How the channels of an activation layer are used by some images."""

    path: str
    channels: int
    dead: int  # channels that are zero at every position of every image
    rank: float  # effective rank: between 1 and `most`; 0 if all outputs are equal
    most: int  # the largest rank: the number of channels or, if fewer, of positions that were looked at, less one


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitUse:
    """Of a run: its activation layers before its training, and after it, in the order of the forward."""

    start: tuple[LayerUse, ...]
    trained: tuple[LayerUse, ...]
    images: int
