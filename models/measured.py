"""What a measurement of signals returns: plain frozen records, and what follows from them. No torch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import exp, inf, isfinite, isnan, log, nan
from statistics import median
from typing import Any

from models.records import Kind, Layer, Total, Trace
from models.spec import NetworkSpec


class Zero(StrEnum):
    """Why a number is exactly zero."""

    CONSTRUCTION = "construction"  # weights that are zero stand in its way
    CLOSED = "closed"  # an activation function lets nothing through, for the whole batch
    UNDERFLOW = "underflow"  # what lies beside it is so small that arithmetic can't hold the next value
    UNKNOWN = "unknown"


WEIGHTED = frozenset({Kind.CONV, Kind.LINEAR})


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many of the sampled values lie in each of equal bins from `low` to `high`."""

    low: float
    high: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSignal:
    """What went through one layer: its output over the whole batch, and the gradient of the loss by it."""

    path: str
    kind: Kind
    activation_mean: float
    activation_std: float
    activation_rms: float
    zero_fraction: float  # 0 to 1: outputs that are exactly zero
    activation_gradient_norm: float  # Euclidean, over the batch
    weight_norm: float | None  # None where there is no weight
    weight_gradient_norm: float | None
    histogram: Histogram | None  # None where an output is not finite


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinSignal:
    """An addition or a concatenation: what came by the skip and by the branch, and the gradient that went back by each.

    The gradients are those that reach the block's input. Sizes are numbers per image: a concatenation's two sides
    differ in them.
    """

    path: str
    skip_rms: float
    branch_rms: float
    skip_size: int
    branch_size: int
    skip_gradient_norm: float
    branch_gradient_norm: float

    @property
    def block(self) -> str:
        return self.path.rpartition(".")[0]

    @property
    def branch_share(self) -> float:
        """Of the sum of squares that is joined, 0 to 1; NaN where there is none or it isn't finite."""
        return _share(self.branch_rms * self.branch_size**0.5, self.skip_rms * self.skip_size**0.5)

    @property
    def branch_gradient_share(self) -> float:
        """Of the squared gradients that reach the block's input by the two ways."""
        return _share(self.branch_gradient_norm, self.skip_gradient_norm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One seed: its weights, its batch, its labels."""

    seed: int
    loss: float
    layers: tuple[LayerSignal, ...]  # in the order of the forward pass
    joins: tuple[JoinSignal, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """One quantity of one layer over all seeds."""

    path: str
    low: float
    middle: float  # the median
    high: float


@dataclass(frozen=True, kw_only=True)
class Signals:
    """What flowed through a network, at its initialisation (or with trained weights), in train mode."""

    spec: NetworkSpec
    trace: Trace
    runs: tuple[Run, ...]  # one a seed
    batch: int
    source: str
    weights: str
    device: str  # in words
    precision: str
    seconds: float
    peak_memory: int | None  # bytes above what was in use before; None where the machine does not tell
    borrowed: bool = False  # its trained weights were learnt by its twin: it was never trained so itself

    @property
    def layers(self) -> tuple[LayerSignal, ...]:
        """Of the first seed."""
        return self.runs[0].layers

    @property
    def joins(self) -> tuple[JoinSignal, ...]:
        return self.runs[0].joins

    @property
    def loss(self) -> float:
        return self.runs[0].loss

    @cached_property
    def by_path(self) -> dict[str, LayerSignal]:
        return {layer.path: layer for layer in self.layers}

    @cached_property
    def convolutions(self) -> tuple[Layer, ...]:
        """Of the main path, first to last."""
        return tuple(layer for layer in self.trace.layers if layer.kind is Kind.CONV and not layer.projection)

    def band(self, quantity: str, paths: Iterable[str] | None = None) -> tuple[Band, ...]:
        """A field of `LayerSignal` over all seeds, for the layers that have it, or for `paths` of them."""
        wanted = None if paths is None else frozenset(paths)
        bands = []
        for place, layer in enumerate(self.layers):
            if getattr(layer, quantity) is not None and (wanted is None or layer.path in wanted):
                bands.append(spread(layer.path, [getattr(run.layers[place], quantity) for run in self.runs]))
        return tuple(bands)

    def ratio(self, quantity: str = "weight_gradient_norm") -> float:
        """The first convolution's over the last's: the median over the seeds that have one. NaN where none has."""
        first, last = self.convolutions[0].path, self.convolutions[-1].path
        ratios = [quotient(self._of(run, quantity, first), self._of(run, quantity, last)) for run in self.runs]
        known = [ratio for ratio in ratios if not isnan(ratio)]
        return median(known) if known else nan

    def growth(self, quantity: str = "weight_gradient_norm", *, stage: str = "") -> float | None:
        """The factor per convolution of the main path, toward the input: above 1 explodes, below 1 vanishes.

        Least squares on the logarithm with one slope for all stages and a level for each, because a new resolution is
        a step, not a trend (a stage of one convolution says nothing about a trend). `stage`: of that one alone. None
        where fewer than two layers of a stage have a positive, finite value. The median over the seeds.
        """
        slopes = []
        for run in self.runs:
            levels: dict[str, list[tuple[int, float]]] = {}
            for index, layer in enumerate(self.convolutions):
                if not stage or layer.stage == stage:
                    value = self._of(run, quantity, layer.path)
                    if 0 < value < inf:
                        levels.setdefault(layer.stage, []).append((-index, log(value)))
            slope = common_slope(levels.values())
            if slope is not None:
                slopes.append(exp(slope))
        return median(slopes) if slopes else None

    def _of(self, run: Run, quantity: str, path: str) -> float:
        value: float = getattr(run.layers[self._places[path]], quantity)
        return value

    @cached_property
    def _places(self) -> dict[str, int]:
        return {layer.path: place for place, layer in enumerate(self.layers)}


@dataclass(frozen=True, slots=True)
class Pair:
    """The controlled experiment: a network and its twin without skips, the same seeds, batches and labels."""

    skips: Signals
    plain: Signals


@dataclass(frozen=True, slots=True)
class Variant:
    """A network that differs from another in a single choice."""

    name: str
    spec: NetworkSpec
    trace: Trace


@dataclass(frozen=True, slots=True)
class EqualBlock(Variant):
    """A network whose blocks take as many MACs as another's."""

    block: Total  # of the first stage, that keeps its shape
    width: int  # what was solved for: a basic block's, or that of each group of a bottleneck


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds of repeated runs: the quartiles, the middle one the median."""

    low: float
    middle: float
    high: float
    runs: int

    def like(self, other: "Spread") -> bool:
        """Whether the middle halves of both overlap: then neither can be called the faster."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a network costs on a device."""

    batch: int
    device: str  # in words
    precision: str
    latency: Spread  # one image forward, in eval mode
    forward: Spread  # a batch forward, in eval mode
    training: Spread  # a batch forward and back, in train mode
    peak_memory: int | None  # bytes above what was in use before, of the latter; None where the machine does not tell

    @property
    def throughput(self) -> float:
        """Images a second, forward."""
        return self.batch / self.forward.middle

    @property
    def training_throughput(self) -> float:
        """Images a second, forward and back."""
        return self.batch / self.training.middle


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPoint:
    """One network of a depth sweep."""

    depth: int
    skips: bool
    seed: int
    ratio: float  # of the weights' gradients, first convolution over last
    growth: float | None  # per convolution, toward the input
    spread: float  # rms of the last block's output over the first's
    zero: Zero | None = None  # why the gradient of the first or the last convolution is exactly zero, where one is


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureMaps:
    """One layer's channels for one picture, the most energetic first."""

    path: str
    channels: tuple[int, ...]  # their places in the layer
    energies: tuple[float, ...]  # mean squares
    images: Any  # numpy, float32: (channels, height, width)
    total: int  # channels of the layer
    picture: Any  # numpy, uint8: (height, width, 3): what went in
    top: tuple[tuple[str, float], ...]  # classes and probabilities; empty for random weights


def spread(path: str, values: Sequence[float]) -> Band:
    """Lowest, median and highest of some values; NaN and infinite ones stay what they are."""
    if any(value != value for value in values):  # noqa: PLR0124  # NaN is what differs from itself
        return Band(path, nan, nan, nan)
    return Band(path, min(values), median(values), max(values))


def middle(values: Sequence[float]) -> float:
    return spread("", values).middle


def quotient(part: float, whole: float) -> float:
    """As IEEE 754 has it: x / 0 is infinite, 0 / 0 is NaN."""
    if whole == 0:
        return nan if part == 0 or part != part else inf  # noqa: PLR0124
    return part / whole


def common_slope(groups: Iterable[Sequence[tuple[float, float]]]) -> float | None:
    """The least-squares slope that groups of points (x, y) have in common, each with a level of its own."""
    above = below = 0.0
    for points in groups:
        x_mean = sum(x for x, _ in points) / len(points)
        y_mean = sum(y for _, y in points) / len(points)
        above += sum((x - x_mean) * (y - y_mean) for x, y in points)
        below += sum((x - x_mean) ** 2 for x, _ in points)
    return above / below if below else None


def finite(values: Iterable[float]) -> bool:
    return all(map(isfinite, values))


def last_of_blocks(trace: Trace) -> dict[str, str]:
    """Block -> the path of the layer that puts out what the block passes on."""
    return {layer.block: layer.path for layer in trace.layers if layer.block}


def _share(part: float, rest: float) -> float:
    largest = max(part, rest)
    if not 0 < largest < inf:
        return nan
    part, rest = part / largest, rest / largest  # squares of very small numbers would be zero
    return part**2 / (part**2 + rest**2)


Pulse = Callable[[float], None]  # told how much is done, 0 to 1; what it raises stops the work
