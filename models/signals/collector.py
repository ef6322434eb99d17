"""Reduction of a forward and backward pass to a few numbers per layer, computed on the device."""

from collections.abc import Iterable, Sequence
from math import inf, nan, prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..runtime.messages import UserError
from ..runtime.progress import ProgressCallback
from ..tracing.hooks import Way
from ..tracing.layers import Layer
from ..tracing.records import Trace
from .records import Histogram, JoinSignal, LayerSignal, Run

BINS = 40
SAMPLE, RUN = 1 << 11, 8  # values per output in its histogram, taken in runs of neighbours of this length
_BLAS = 1 << 31  # torch.dot takes fewer elements than this
_MINUS_ZERO = -(1 << 31)  # the bits of -0.0 as an int32: the smallest one
_MOST_NUMBERS = 10  # per layer


class Collector:
    """Listener that reduces outputs and gradients to a few numbers per layer, and copies them to the CPU at the end.

    Their memory is allocated before the pass: small tensors that persist between large temporary ones would fragment
    the allocator's memory.
    """

    def __init__(
        self, expected: int, device: torch.device, wide: torch.dtype, progress: ProgressCallback | None
    ) -> None:
        self.expected = expected  # layers
        self.wide = wide  # dtype in which squares are summed
        self.progress = progress
        self.heard = 0
        self.numbers = torch.empty(_MOST_NUMBERS * expected + 1, dtype=wide, device=device)
        self.places: dict[tuple[str, str], int] = {}  # (layer, name) -> index in `numbers`
        self.rows = torch.full((expected, SAMPLE), inf, device=device)  # one sample per layer, padded with inf
        self.sampled: dict[str, int] = {}  # layer -> values in its sample
        self.sizes: dict[str, int] = {}
        self.operand_sizes: dict[str, tuple[int, int]] = {}  # join -> values in skip and branch, if they were told
        self.scratch: Tensor | None = None

    def output(self, path: str, value: Tensor) -> None:
        size = value.numel()
        self.sizes[path] = size
        torch.sum(value, dtype=self.wide, dim=None, out=self.room(path, "sum"))
        self.norm(value, self.room(path, "norm"))
        self.nonzero(value, self.room(path, "nonzero"))
        sample = _sample(value)
        row = self.rows[len(self.sampled), : sample.numel()]
        row.view(sample.shape).copy_(sample)
        self.sampled[path] = sample.numel()
        self._beat()

    def gradient(self, path: str, value: Tensor) -> None:
        self.norm(value, self.room(path, "activation_gradient_norm"))
        self._beat()

    def returned(self, path: str, way: Way, gradient: Tensor) -> None:
        self.norm(gradient, self.room(path, f"{way}_gradient_norm"))

    def operands(self, path: str, skip: Tensor, branch: Tensor) -> None:
        for way, value in ((Way.SKIP, skip), (Way.BRANCH, branch)):
            self.norm(value, self.room(path, f"{way}_norm"))
        self.operand_sizes[path] = skip.numel(), branch.numel()

    def weight(self, path: str, *weights: Tensor) -> None:
        """Tell the weights of a layer, in most layers one: the norm is that of all together."""
        self._together([weight.detach() for weight in weights], self.room(path, "weight_norm"))
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        if gradients:
            self._together(gradients, self.room(path, "weight_gradient_norm"))

    def _together(self, values: Sequence[Tensor], out: Tensor) -> None:
        if len(values) == 1:
            self.norm(values[0], out)
        else:
            parts = [self.norm(value, torch.empty_like(out)) for value in values]
            torch.linalg.vector_norm(torch.stack(parts), out=out)

    def norm(self, value: Tensor, out: Tensor) -> Tensor:
        """Write the Euclidean norm to `out` and return it."""
        if value.dtype == self.wide and value.numel() < _BLAS:
            flat = value.flatten()
            return torch.dot(flat, flat, out=out).sqrt_()  # half the time of vector_norm
        norm: Tensor = torch.linalg.vector_norm(value, dtype=self.wide, out=out)
        return norm

    def nonzero(self, value: Tensor, out: Tensor) -> None:
        """Write the number of nonzero values to `out`; -0.0 counts as zero."""
        if value.device.type == "cpu" and value.dtype == torch.float32:
            bits = value.flatten().view(torch.int32)
            least = bits.min().numpy()
            if least > 0 or (_MINUS_ZERO < least < 0 and _all_set(bits.numpy())):
                out.fill_(value.numel())
                return
            if least != _MINUS_ZERO:  # no -0.0: counting set bits needs no temporary tensor
                out.fill_(int(np.count_nonzero(bits.numpy())))
                return
        self.norm(torch.sign(value, out=self._like(value)), out).square_()

    def room(self, path: str, name: str) -> Tensor:
        """Return the slot (a 0-d view of `numbers`) of one number."""
        return self.numbers[self.places.setdefault((path, name), len(self.places))]

    def run(self, traced: Trace, joins: Iterable[str]) -> Run:
        """Copy the numbers to the CPU and return the records of the pass."""
        unheard = next((layer.path for layer in traced.layers if layer.path not in self.sizes), None)
        if unheard is not None:
            raise UserError(
                "{layer} ran when the network was traced, but not when it was measured: its forward depends on values "
                "or on the batch.",
                layer=unheard,
            )
        found = dict(zip(self.places, self.numbers[: len(self.places)].tolist(), strict=True))
        drawn = dict(zip(self.sampled, histograms(self.rows, [*self.sampled.values()]), strict=True))
        return Run(
            seed=0,
            loss=found["", "loss"],
            layers=tuple(self._layer(layer, found, drawn[layer.path]) for layer in traced.layers),
            joins=tuple(self._join(traced.by_path[path], traced, found) for path in joins),
        )

    def _layer(self, layer: Layer, found: dict[tuple[str, str], float], histogram: Histogram | None) -> LayerSignal:
        path, size = layer.path, self.sizes[layer.path]
        mean, rms = found[path, "sum"] / size, found[path, "norm"] / size**0.5
        return LayerSignal(
            path=path,
            kind=layer.kind,
            activation_mean=mean,
            activation_std=max(rms * rms - mean * mean, 0.0) ** 0.5 if rms < inf else nan,
            activation_rms=rms,
            zero_fraction=max(0.0, 1 - round(found[path, "nonzero"]) / size) if rms == rms else nan,  # noqa: PLR0124  # NaN
            activation_gradient_norm=found.get((path, "activation_gradient_norm"), 0.0),
            weight_norm=found.get((path, "weight_norm")),
            weight_gradient_norm=found.get((path, "weight_gradient_norm")),
            histogram=histogram,
        )

    def _join(self, layer: Layer, traced: Trace, found: dict[tuple[str, str], float]) -> JoinSignal:
        """The two inputs of a join are the outputs of two layers."""
        skip, branch = traced.sources[layer.path]
        skip_size, branch_size = (prod(shape) for shape in layer.input_shapes)
        if layer.path in self.operand_sizes:
            norms = [found[layer.path, f"{way}_norm"] for way in (Way.SKIP, Way.BRANCH)]
            sizes = self.operand_sizes[layer.path]
        else:
            norms, sizes = [found[one, "norm"] for one in (skip, branch)], (self.sizes[skip], self.sizes[branch])
        return JoinSignal(
            path=layer.path,
            skip_rms=norms[0] / sizes[0] ** 0.5,
            branch_rms=norms[1] / sizes[1] ** 0.5,
            skip_size=skip_size,
            branch_size=branch_size,
            skip_gradient_norm=found.get((layer.path, f"{Way.SKIP}_gradient_norm"), 0.0),
            branch_gradient_norm=found.get((layer.path, f"{Way.BRANCH}_gradient_norm"), 0.0),
        )

    def _like(self, value: Tensor) -> Tensor:
        """Return an uninitialised tensor of the same shape, in memory that is reused between calls."""
        if self.scratch is None or self.scratch.dtype != value.dtype or self.scratch.numel() < value.numel():
            self.scratch = torch.empty(value.numel(), dtype=value.dtype, device=value.device)
        return self.scratch[: value.numel()].view(value.shape)

    def _beat(self) -> None:
        self.heard += 1
        if self.progress is not None:
            self.progress(min(self.heard / (2 * self.expected), 1.0))


def _all_set(bits: Any) -> bool:
    """Whether no int32 is zero, by the minimum as unsigned integers: half the time of counting them."""
    unsigned = bits.view(np.uint32)
    return bool(unsigned[unsigned.argmin()])


def _sample(value: Tensor) -> Tensor:
    """Return evenly spaced runs of values; reading single values would cost a cache line each."""
    flat = value.flatten()
    if flat.numel() <= SAMPLE:
        return flat[None]
    runs = flat[: flat.numel() // RUN * RUN].view(-1, RUN)
    step = -(-len(runs) * RUN // SAMPLE) | 1  # odd, so that every row and column of the feature maps is sampled
    return runs[::step]


def histograms(rows: Tensor, lengths: list[int]) -> list[Histogram | None]:
    """Return one histogram per sample, None if it is not finite. Rows are padded with inf and overwritten."""
    low, high = (
        torch.stack([reach(row[:length]) for row, length in zip(rows, lengths, strict=True)])
        for reach in (torch.amin, torch.amax)
    )
    places = rows.sub_(low[:, None]).div_((high - low)[:, None]).mul_(BINS).nan_to_num_(0.0, BINS, 0.0)
    places = places.clamp_(0, BINS - 1).long().add_(BINS * torch.arange(len(rows), device=rows.device)[:, None])
    counts = torch.bincount(places.flatten(), minlength=BINS * len(rows)).view(-1, BINS)
    table = torch.cat((low[:, None], high[:, None], counts), 1).tolist()
    found: list[Histogram | None] = []
    for length, (first, last, *bins) in zip(lengths, table, strict=True):
        bins[-1] -= rows.shape[1] - length
        finite = -inf < first <= last < inf
        found.append(Histogram(first, last, tuple(map(int, bins))) if finite else None)
    return found
