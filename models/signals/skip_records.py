"""Results of measurements of skips at several strengths, and of how alike outputs become. No torch here."""

from dataclasses import dataclass

from .records import Zero


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthPoint:
    """Result for one strength of the skips."""

    scale: float  # by which the skip of every addition is multiplied
    seed: int
    ratio: float  # of the weight gradient norms, first layer of the main path over last
    spread: float  # rms of the last block's output over the first's
    zero: Zero | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """How alike the outputs of a block are, as mean cosines of angles: 1 is alike, 0 unrelated; NaN: not defined."""

    path: str
    positions: float  # of one image
    images: float  # of the batch


@dataclass(frozen=True, slots=True)
class AlikePair:
    """The same for a network and its twin."""

    skips: tuple[Alike, ...]
    plain: tuple[Alike, ...]
