"""A layer of a network as a plain frozen record, with the formulas behind its numbers. No torch here."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import prod

from .kinds import KINDS, Kind, product

Shape = tuple[int, ...]  # (channels, height, width) or (features,), without the batch

FLOAT32 = 4  # bytes
GLOBAL_POOLS = frozenset({"adaptive_avg_pool2d", "mean"})  # operations whose output has one position
INPUT = "input"  # source of the edges from the image


def shapes_of(given: Shape | Sequence[Shape]) -> tuple[Shape, ...]:
    """Return the shapes of a module's inputs, where one shape or several were given."""
    several = not given or not isinstance(given[0], int)
    return tuple(tuple(one) for one in given) if several else (tuple(given),)  # type: ignore[arg-type]


def slid(side: int, window: int, stride: int, padding: int, *, ceil: bool = False) -> int:
    """Return how many positions a sliding window has along a side; with `ceil`, an incomplete last one counts."""
    steps = side + 2 * padding - window
    return -(-steps // stride) + 1 if ceil else steps // stride + 1


class EdgeKind(StrEnum):
    FLOW = "flow"
    IDENTITY = "identity"
    PROJECTION = "projection"
    CONCAT = "concat"


class Unclear(StrEnum):
    """Why the skip of an addition can't be named."""

    EQUAL = "equal"  # both operands pass as many layers with weights
    GATED = "gated"  # products of two signals, none of which is the input


class DepthRule(StrEnum):
    """How a family counts its layers; only the second rule counts projections."""

    CLASSIFIER = "classifier"  # He et al. 2015 and Huang et al. 2017
    PROJECTIONS = "projections"  # Zagoruyko & Komodakis: 6N + 4
    LONGEST = "longest"  # the layers with weights on the longest path, where branches differ


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer of a network. Shapes are (C, H, W); pairs are (height, width)."""

    path: str
    kind: str  # a key of `KINDS`
    operation: str  # torch's name: conv2d, batch_norm, max_pool2d ...
    input_shapes: tuple[Shape, ...]  # two for a join: skip, branch
    output_shape: Shape
    kernel: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    padding: tuple[int, int] | None = None
    dilation: int = 1  # pixels between neighbouring positions of the window
    ceil: bool = False  # whether an incomplete window at the border gives an output
    groups: int = 1
    factor: float | None = None  # of a product with a constant
    bias: bool = False
    params: int = 0
    buffers: int = 0
    macs: int = 0
    input_fields: tuple[int, ...] = (1,)  # receptive fields of the inputs
    input_sides: tuple[int, int] | None = (
        None  # that of the input along both sides, of a convolution whose window is not square
    )
    input_stride: int = 1  # effective stride of the input
    receptive_field: int = 1  # in pixels of the image, along its longer side; 0: not known, as in the trace of a module
    effective_stride: int = 1
    stage: str = ""
    block: str = ""
    projection: bool = False  # part of a projection shortcut
    counted: bool = False  # towards the depth
    made_by: str = ""  # the source line that creates it

    def counted_by(self, rule: DepthRule) -> bool:
        """Return whether a depth rule counts the layer; rules differ in projections and the classifier."""
        if rule is DepthRule.LONGEST:
            return self.counted
        if self.projection:
            return self.kind == Kind.CONV and rule is DepthRule.PROJECTIONS
        if self.kind == Kind.LINEAR and not self.block:
            return rule is DepthRule.CLASSIFIER
        return self.counted

    @property
    def input_shape(self) -> Shape:
        return self.input_shapes[0]

    @property
    def activation_bytes(self) -> int:
        """Bytes of the layer's output for one image, in float32."""
        return prod(self.output_shape) * FLOAT32

    @property
    def flops(self) -> int:
        """2 * MACs: a multiplication and an addition each."""
        return 2 * self.macs

    @property
    def params_formula(self) -> str:
        """E.g. 3*3*64*64 = 36,864: kernel height * width * input channels per group * output channels (+ biases)."""
        return KINDS[self.kind].params(self)

    @property
    def macs_formula(self) -> str:
        """E.g. 64*56*56 * 3*3*64 = 115,605,504: output values times weights of one filter."""
        return KINDS[self.kind].macs(self)

    @property
    def shape_formula(self) -> str:
        """E.g. (56 + 2*1 - 3)/1 + 1 = 56, with floor where it makes a difference."""
        shape = KINDS[self.kind].shape
        return self.window_formula if shape is None else shape(self)

    @property
    def window_formula(self) -> str:
        """How a sliding window changes height and width."""
        if self.operation in GLOBAL_POOLS:
            return f"{product(self.input_shape[1:])} → {product(self.output_shape[1:]) or 1}"
        if self.kernel is None or self.stride is None or self.padding is None:
            return product(self.output_shape)
        sides = [self._side(axis) for axis in (0, 1)]
        return sides[0] if sides[0] == sides[1] else f"H: {sides[0]}; W: {sides[1]}"

    @property
    def bytes_formula(self) -> str:
        return f"{product(self.output_shape)} * {FLOAT32} = {self.activation_bytes:,}"

    @property
    def receptive_field_formula(self) -> str:
        """E.g. 11 + (3 - 1)*4 = 19: the input's receptive field + (kernel - 1) * its effective stride."""
        if not self.receptive_field:
            return ""
        if len(self.input_fields) > 1:
            return f"max({', '.join(map(str, self.input_fields))}) = {self.receptive_field}"
        if self.kernel is None:
            return str(self.receptive_field)
        side, window = self.input_fields[0], max(self.kernel)
        if self.input_sides is not None:  # the side that becomes the longer one
            sides = zip(self.input_sides, self.kernel, strict=True)
            side, window = max(sides, key=lambda one: one[0] + self.dilation * (one[1] - 1) * self.input_stride)
        if window == 1:
            return str(self.receptive_field)
        apart = f"*{self.dilation}" if self.dilation > 1 else ""
        return f"{side} + ({window} - 1){apart}*{self.input_stride} = {self.receptive_field}"

    @property
    def effective_stride_formula(self) -> str:
        if not self.receptive_field:
            return ""
        if self.effective_stride == self.input_stride:
            return str(self.effective_stride)
        step = self.effective_stride // self.input_stride
        return f"{self.input_stride}*{step} = {self.effective_stride}"

    def _side(self, axis: int) -> str:
        size = self.input_shape[1 + axis]
        kernel, stride, padding = ((pair or (1, 1))[axis] for pair in (self.kernel, self.stride, self.padding))
        window = f"({self.dilation}*({kernel} - 1) + 1)" if self.dilation > 1 else f"{kernel}"
        inner = f"({size} + 2*{padding} - {window})/{stride}" if padding else f"({size} - {window})/{stride}"
        if (size + 2 * padding - self.dilation * (kernel - 1) - 1) % stride:
            inner = f"ceil({inner})" if self.ceil else f"floor({inner})"
        return f"{inner} + 1 = {self.output_shape[1 + axis]}"
