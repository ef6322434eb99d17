"""How much memory a forward and backward pass takes at its peak: estimated from the trace, before anything exists.

No torch here.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from math import prod
from types import MappingProxyType

from models.records import FLOAT32, INPUT, Kind, Layer, Shape, Trace
from models.settings import Device, Precision

_SAVES_INPUT = frozenset({Kind.CONV, Kind.NORM, Kind.POOL, Kind.LINEAR})
_INDEX = 8  # bytes: where a maximum was found
_OVERHEAD = MappingProxyType({Device.CPU: 0.3})  # of the tensors: what malloc holds beside, measured
_ACTIVATION_BYTES = MappingProxyType({Precision.FLOAT32: 4, Precision.TF32: 4, Precision.BF16: 2, Precision.FP16: 2})


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that a forward and backward pass takes at its peak."""

    weights: int
    gradients: int  # of the weights
    activations: int  # saved for the backward pass
    workspace: int  # what the layer at the peak computes with
    overhead: int = 0  # what the allocator holds beside the tensors

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
    """The peak of a forward and backward pass, estimated layer by layer; `input_shape`: with other images (C, H, W).

    The backward pass frees what was saved as it goes and adds the weights' gradients. At every layer its own input,
    output and their copies in the kernel's format come on top; and what a `kind` of device's allocator holds beside.
    """
    shapes = resized(traced, input_shape or traced.input_shape)
    sizes = _sizes(shapes, precision)
    weights, peak = traced.params * FLOAT32, Need(0, 0, 0, 0)
    gradients = weights
    saved = accumulate(sum(added.values()) for added in _saves(traced, shapes, sizes))
    for layer, held in zip(traced.layers, saved, strict=True):
        passing = sum(sizes[path] for path in traced.sources[layer.path]) + sizes[layer.path]
        copies = passing if layer.kind is Kind.CONV else 0
        gradients -= layer.params * FLOAT32
        now = Need(weights, gradients, held * batch, (passing + copies) * batch + layer.params * FLOAT32)
        peak = max(peak, now, key=lambda need: need.tensors)
    return replace(peak, overhead=int(_OVERHEAD.get(kind, 0.0) * peak.tensors))


def training_need(passes: Need, traced: Trace, *, momentum: bool, on_cpu: bool) -> int:
    """Bytes at the peak of a training: its steps with their momenta, or the copies that a checkpoint makes."""
    weights = traced.params * FLOAT32
    momenta = weights if momentum else 0
    # in the CPU's memory: the tensors' copies, and the file that is written from them
    checkpoint = 2 * (weights + momenta) if on_cpu else 0
    return max(passes.total + momenta, 2 * weights + momenta + checkpoint)


def kept(traced: Trace, precision: str = Precision.FLOAT32) -> list[int]:
    """Bytes for one image that are saved for the backward pass, up to and with each layer.

    Autograd saves the inputs of convolutions, norms, pooling and linear layers, the outputs of activations, and where
    maxima were found; each tensor once.
    """
    shapes = resized(traced, traced.input_shape)
    return list(accumulate(sum(added.values()) for added in _saves(traced, shapes, _sizes(shapes, precision))))


def keeps(traced: Trace, precision: str = Precision.FLOAT32) -> dict[str, int]:
    """The same bytes in all, by what put them out: the image, a kind of layer; and the places of maxima."""
    shapes = resized(traced, traced.input_shape)
    return dict(sum(_saves(traced, shapes, _sizes(shapes, precision)), Counter()))


def resized(traced: Trace, input_shape: Shape) -> dict[str, Shape]:
    """The output shape (C, H, W) of every layer, and of the image, if images had another height and width.

    The network stays as it is, so channels do not change. Layers that slide a window follow its arithmetic.
    """
    shapes: dict[str, Shape] = {INPUT: input_shape}
    for layer in traced.layers:
        given = shapes[traced.sources[layer.path][0]]
        sides = given[1:] if layer.kernel is None else tuple(_slid(layer, axis, given[1 + axis]) for axis in (0, 1))
        if layer.operation == "adaptive_avg_pool2d" or len(layer.output_shape) == 1:
            sides = layer.output_shape[1:]
        shapes[layer.path] = (layer.output_shape[0], *sides)
    return shapes


def _slid(layer: Layer, axis: int, side: int) -> int:
    kernel, stride, padding = ((pair or (1, 1))[axis] for pair in (layer.kernel, layer.stride, layer.padding))
    return (side + 2 * padding - kernel) // stride + 1


def _saves(traced: Trace, shapes: dict[str, Shape], sizes: dict[str, int]) -> Iterator[Counter[str]]:
    """What each layer adds to what is saved, in bytes for one image."""
    seen = set[str]()
    for layer in traced.layers:
        inputs = traced.sources[layer.path]
        saved = inputs if layer.kind in _SAVES_INPUT else (layer.path,) if layer.kind is Kind.ACT else ()
        added: Counter[str] = Counter()
        for path in {*saved} - seen:
            added[INPUT if path == INPUT else traced.by_path[path].kind] += sizes[path]
        seen |= {*saved}
        if layer.operation == "max_pool2d":
            added["maxima"] += prod(shapes[layer.path]) * _INDEX
        yield added


def _sizes(shapes: dict[str, Shape], precision: str) -> dict[str, int]:
    """Bytes of every layer's output for one image, and of the image."""
    number = _ACTIVATION_BYTES[Precision(precision)]
    return {path: prod(shape) * number for path, shape in shapes.items()}
