"""Peak memory of a forward and backward pass, estimated from the trace before anything is allocated.

No torch here.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from math import prod
from types import MappingProxyType

from ..runtime.settings import Device, Precision
from .kinds import KINDS, Saves
from .layers import FLOAT32, GLOBAL_POOLS, INPUT, Layer, Shape, slid
from .records import Trace

_INDEX = 8  # bytes for the index of a maximum
_OVERHEAD = MappingProxyType({Device.CPU: 0.3})  # measured: what malloc holds in addition, as a fraction of the tensors
_ACTIVATION_BYTES = MappingProxyType({Precision.FLOAT32: 4, Precision.TF32: 4, Precision.BF16: 2, Precision.FP16: 2})


@dataclass(frozen=True, slots=True)
class Need:
    """Memory of a forward and backward pass at its peak, in bytes."""

    weights: int
    gradients: int  # of the weights
    activations: int  # saved for the backward pass
    workspace: int  # for the layer at the peak, while it computes
    overhead: int = 0  # what the allocator holds in addition to the tensors

    @property
    def tensors(self) -> int:
        return self.weights + self.gradients + self.activations + self.workspace

    @property
    def total(self) -> int:
        return self.tensors + self.overhead


def need(
    traced: Trace,
    batch: int,
    precision: str = Precision.FLOAT32,
    *,
    kind: Device = Device.CPU,
    input_shape: Shape | None = None,
) -> Need:
    """Estimate the peak memory of a forward and backward pass, layer by layer.

    The backward pass frees what was saved as it goes and adds the gradients of the weights. Each layer also needs its
    inputs, its output, and their copies in the kernel's format. The overhead of the allocator is that of the `kind` of
    device. `input_shape` (C, H, W) replaces that of the trace.
    """
    shapes = resized(traced, input_shape or traced.input_shape)
    sizes = _sizes(shapes, precision)
    weights, peak = traced.params * FLOAT32, Need(0, 0, 0, 0)
    gradients = weights
    saved = accumulate(sum(added.values()) for added in _saves(traced, shapes, sizes))
    for layer, held in zip(traced.layers, saved, strict=True):
        passing = sum(sizes[path] for path in traced.sources[layer.path]) + sizes[layer.path]
        copies = passing if KINDS[layer.kind].copies else 0
        gradients -= layer.params * FLOAT32
        now = Need(weights, gradients, held * batch, (passing + copies) * batch + layer.params * FLOAT32)
        peak = max(peak, now, key=lambda need: need.tensors)
    return replace(peak, overhead=int(_OVERHEAD.get(kind, 0.0) * peak.tensors))


def training_need(passes: Need, traced: Trace, *, momentum: bool, on_cpu: bool) -> int:
    """Return the bytes at the peak of a training: its steps with their momenta, or the copies for a checkpoint."""
    weights = traced.params * FLOAT32
    momenta = weights if momentum else 0
    # in main memory: copies of the tensors, and the file that is written from them
    checkpoint = 2 * (weights + momenta) if on_cpu else 0
    return max(passes.total + momenta, 2 * weights + momenta + checkpoint)


def kept(traced: Trace, precision: str = Precision.FLOAT32) -> list[int]:
    """Return the bytes saved for the backward pass for one image, up to and including each layer.

    Autograd saves the inputs of convolutions, norms, pooling, linear layers and products, the outputs of activations,
    and the indices of maxima; each tensor once.
    """
    shapes = resized(traced, traced.input_shape)
    return list(accumulate(sum(added.values()) for added in _saves(traced, shapes, _sizes(shapes, precision))))


def keeps(traced: Trace, precision: str = Precision.FLOAT32) -> dict[str, int]:
    """Return the total of those bytes by source: the image, the kinds of layer, and the indices of maxima."""
    shapes = resized(traced, traced.input_shape)
    return dict(sum(_saves(traced, shapes, _sizes(shapes, precision)), Counter()))


def resized(traced: Trace, input_shape: Shape) -> dict[str, Shape]:
    """Return the shapes (C, H, W) of the image and of every layer's output for images of another height and width.

    The network is unchanged, so channels stay the same. The sizes after sliding windows follow from their arithmetic.
    """
    shapes: dict[str, Shape] = {INPUT: input_shape}
    if input_shape == traced.input_shape:
        return shapes | {layer.path: layer.output_shape for layer in traced.layers}
    for layer in traced.layers:
        given = max((shapes[source] for source in traced.sources[layer.path]), key=prod)
        sides = given[1:] if layer.kernel is None else tuple(_slid(layer, axis, given[1 + axis]) for axis in (0, 1))
        if layer.operation in GLOBAL_POOLS or len(layer.output_shape) == 1:
            sides = layer.output_shape[1:]
        shapes[layer.path] = (layer.output_shape[0], *sides)
    return shapes


def _slid(layer: Layer, axis: int, side: int) -> int:
    kernel, stride, padding = ((pair or (1, 1))[axis] for pair in (layer.kernel, layer.stride, layer.padding))
    return slid(side, layer.dilation * (kernel - 1) + 1, stride, padding, ceil=layer.ceil)


def _saves(traced: Trace, shapes: dict[str, Shape], sizes: dict[str, int]) -> Iterator[Counter[str]]:
    """What each layer adds to the saved bytes, for one image."""
    seen = set[str]()
    for layer in traced.layers:
        inputs = traced.sources[layer.path]
        saved = {Saves.INPUTS: inputs, Saves.OUTPUT: (layer.path,), Saves.NOTHING: ()}[KINDS[layer.kind].saves]
        added: Counter[str] = Counter()
        for path in {*saved} - seen:
            added[INPUT if path == INPUT else traced.by_path[path].kind] += sizes[path]
        seen |= {*saved}
        if layer.operation == "max_pool2d":
            added["maxima"] += prod(shapes[layer.path]) * _INDEX
        yield added


def _sizes(shapes: dict[str, Shape], precision: str) -> dict[str, int]:
    """Bytes of the image and of every layer's output, for one image."""
    number = _ACTIVATION_BYTES[Precision(precision)]
    return {path: prod(shape) * number for path, shape in shapes.items()}
