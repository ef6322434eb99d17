"""Results of measurements as immutable records, with quantities derived from them. No torch here."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import exp, inf, isnan, log, nan
from statistics import median
from typing import Any

from ..specs.external import Network
from ..specs.spec import NetworkSpec
from ..tracing.kinds import WEIGHTED as TRAINED
from ..tracing.kinds import Kind
from ..tracing.layers import Layer
from ..tracing.records import Trace
from .statistics import Band, common_slope, quotient, spread


class Zero(StrEnum):
    """Why a number is exactly zero."""

    CONSTRUCTION = "construction"  # a layer on the way has only zero weights
    CLOSED = "closed"  # an activation function outputs only zeros for the whole batch
    UNDERFLOW = "underflow"  # neighbouring values are so small that the next one can't be represented
    UNKNOWN = "unknown"


WEIGHTED = frozenset({Kind.CONV, Kind.LINEAR})


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of the sampled values in bins of equal width from `low` to `high`."""

    low: float
    high: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSignal:
    """Statistics of one layer: of its output over the whole batch, and of the loss gradient with respect to it."""

    path: str
    kind: str  # a key of `KINDS`
    activation_mean: float
    activation_std: float
    activation_rms: float
    zero_fraction: float  # 0 to 1: share of the outputs that are exactly zero
    activation_gradient_norm: float  # Euclidean, over the whole batch
    weight_norm: float | None  # None if the layer has no weight
    weight_gradient_norm: float | None
    histogram: Histogram | None  # None if an output is not finite


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinSignal:
    """Statistics of the two inputs of an addition or concatenation, and of the gradients along skip and branch.

    The gradients are those that arrive at the block's input. Sizes are in values per image; they differ between the
    two inputs of a concatenation.
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
        """Share of the branch in the sum of squares of both inputs, 0 to 1; NaN if that is zero or not finite."""
        return _share(self.branch_rms * self.branch_size**0.5, self.skip_rms * self.skip_size**0.5)

    @property
    def branch_gradient_share(self) -> float:
        """Share of the branch in the sum of the squared gradients that arrive at the block's input."""
        return _share(self.branch_gradient_norm, self.skip_gradient_norm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Measured signals of one seed, which determines weights, images and labels."""

    seed: int
    loss: float
    layers: tuple[LayerSignal, ...]  # in the order of the forward pass
    joins: tuple[JoinSignal, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class Signals:
    """Measured signals of a network in train mode, at initialisation or with trained weights."""

    spec: Network | None  # None: a module, which has no spec
    trace: Trace
    runs: tuple[Run, ...]  # one per seed
    batch: int
    source: str
    weights: str
    device: str  # in words
    precision: str
    seconds: float
    peak_memory: int | None  # bytes above what was in use before; None where it can't be measured
    borrowed: bool = False  # the weights were trained in another network, as the one with skips for its twin

    def __repr__(self) -> str:
        return (
            f"Signals({len(self.layers):,} layers, {len(self.runs)} seeds, batch {self.batch}, loss {self.loss:.4g}, "
            f"first over last weight gradient {self.ratio():.4g})"
        )

    @property
    def layers(self) -> tuple[LayerSignal, ...]:
        """Layers of the first seed."""
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
        """Convolutions of the main path, first to last; of networks of others all layers with weights, but the head."""
        ours = isinstance(self.spec, NetworkSpec)
        path = [layer for layer in self.trace.layers if layer.counted and not layer.projection]
        found = [
            layer for layer in path if layer.kind is Kind.CONV or (not ours and layer.kind in TRAINED and layer.block)
        ]
        return tuple(found or path)  # without convolutions and blocks, as in a perceptron: all of them

    def band(self, quantity: str, paths: Iterable[str] | None = None) -> tuple[Band, ...]:
        """Return the spread of a field of `LayerSignal` over all seeds, per layer that has it (and is in `paths`)."""
        wanted = None if paths is None else frozenset(paths)
        bands = []
        for place, layer in enumerate(self.layers):
            if getattr(layer, quantity) is not None and (wanted is None or layer.path in wanted):
                bands.append(spread(layer.path, [getattr(run.layers[place], quantity) for run in self.runs]))
        return tuple(bands)

    def ratio(self, quantity: str = "weight_gradient_norm") -> float:
        """Return the first convolution's value over the last's: the median over all seeds where it is not NaN.

        NaN if there is no such seed.
        """
        if not self.convolutions:
            return nan
        first, last = self.convolutions[0].path, self.convolutions[-1].path
        ratios = [quotient(self._of(run, quantity, first), self._of(run, quantity, last)) for run in self.runs]
        known = [ratio for ratio in ratios if not isnan(ratio)]
        return median(known) if known else nan

    def growth(self, quantity: str = "weight_gradient_norm", *, stage: str = "") -> float | None:
        """Return the factor per convolution of the main path towards the input: above 1 explodes, below 1 vanishes.

        Least squares on the logarithm, with a common slope and one intercept per stage, because a change of resolution
        is a step and not part of the trend (a stage with one convolution does not affect the slope). `stage` restricts
        the fit to one stage. The median over the seeds; None if no stage has two layers with positive, finite values.
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
        value: float | None = getattr(run.layers[self._places[path]], quantity)
        return nan if value is None else value  # weights that are not trained have no gradient

    @cached_property
    def _places(self) -> dict[str, int]:
        return {layer.path: place for place, layer in enumerate(self.layers)}


@dataclass(frozen=True, slots=True)
class Pair:
    """The controlled experiment: a network and its twin, measured with the same seeds, batches and labels."""

    skips: Signals
    plain: Signals


@dataclass(frozen=True, slots=True)
class Quartiles:
    """Quartiles of the durations of repeated runs, in seconds."""

    low: float
    middle: float
    high: float
    runs: int

    def overlaps(self, other: "Quartiles") -> bool:
        """Whether the interquartile ranges overlap, so that neither can be called faster."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Measured time and memory of a network on a device."""

    batch: int
    device: str  # in words
    precision: str
    latency: Quartiles  # forward pass of one image, in eval mode
    forward: Quartiles  # forward pass of a batch, in eval mode
    training: Quartiles  # forward and backward pass of a batch, in train mode
    peak_memory: int | None  # of training: bytes above what was in use before; None where it can't be measured

    @property
    def throughput(self) -> float:
        """Images per second in the forward pass."""
        return self.batch / self.forward.middle

    @property
    def training_throughput(self) -> float:
        """Images per second in forward and backward pass."""
        return self.batch / self.training.middle


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPoint:
    """Result for one network of a depth sweep."""

    depth: int
    skips: bool
    seed: int
    ratio: float  # of the weight gradient norms, first convolution over last
    growth: float | None  # factor per convolution, towards the input
    spread: float  # rms of the last block's output over the first's
    zero: Zero | None = None  # why the weight gradient of the first or last convolution is exactly zero, if it is


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureMaps:
    """Feature maps of one layer for one image, by decreasing energy."""

    path: str
    channels: tuple[int, ...]  # indices in the layer
    energies: tuple[float, ...]  # mean squares
    images: Any  # numpy, float32: (channels, height, width)
    total: int  # number of channels of the layer
    picture: Any  # numpy, uint8: (height, width, 3): the input
    top: tuple[tuple[str, float], ...]  # classes and probabilities; empty for random weights


def last_of_blocks(trace: Trace) -> dict[str, str]:
    """Return block -> path of its last layer, whose output is the block's output."""
    return {layer.block: layer.path for layer in trace.layers if layer.block}


def _share(part: float, rest: float) -> float:
    largest = max(part, rest)
    if not 0 < largest < inf:
        return nan
    part, rest = part / largest, rest / largest  # scaled, because squares of very small numbers would underflow
    return part**2 / (part**2 + rest**2)
