"""What measurements return: plain frozen records with derived properties and the formula of each number. No torch."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import prod

Shape = tuple[int, ...]  # (channels, height, width), or (features,); never a batch

FLOAT32 = 4  # bytes
INPUT = "input"  # the source of the edges that leave the image


class Kind(StrEnum):
    CONV = "conv"
    NORM = "norm"
    ACT = "act"
    POOL = "pool"
    LINEAR = "linear"
    ADD = "add"
    CONCAT = "concat"
    PAD = "pad"


JOINS = frozenset({Kind.ADD, Kind.CONCAT})


class EdgeKind(StrEnum):
    FLOW = "flow"
    IDENTITY = "identity"
    PROJECTION = "projection"
    CONCAT = "concat"


class DepthRule(StrEnum):
    """How a family counts its layers; projections are counted by the second rule only."""

    CLASSIFIER = "convolutions of the main path + classifier"  # He et al. 2015 and Huang et al. 2017
    PROJECTIONS = "all convolutions, projections among them, without the classifier"  # Zagoruyko & Komodakis: 6N + 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer as it stands in the network. Shapes are (C, H, W); pairs are (height, width)."""

    path: str
    kind: Kind
    operation: str  # torch's name: conv2d, batch_norm, max_pool2d ...
    input_shapes: tuple[Shape, ...]  # two for a join: the skip's, the branch's
    output_shape: Shape
    kernel: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    padding: tuple[int, int] | None = None
    groups: int = 1
    bias: bool = False
    params: int = 0
    buffers: int = 0
    macs: int = 0
    input_fields: tuple[int, ...] = (1,)  # receptive fields of the inputs
    input_stride: int = 1  # effective stride of the input
    receptive_field: int = 1  # in pixels of the image, along its longer side
    effective_stride: int = 1
    stage: str = ""
    block: str = ""
    projection: bool = False  # on the skip side of a join
    counted: bool = False  # in the depth
    made_by: str = ""  # the line of our source that makes it

    @property
    def input_shape(self) -> Shape:
        return self.input_shapes[0]

    @property
    def activation_bytes(self) -> int:
        """The layer's output for one image, in float32."""
        return prod(self.output_shape) * FLOAT32

    @property
    def flops(self) -> int:
        """A multiplication and an addition each: 2 * MACs."""
        return 2 * self.macs

    @property
    def params_formula(self) -> str:
        """As in 3*3*64*64 = 36,864: kernel height * width * channels in per group * channels out (+ biases)."""
        if self.kind is Kind.CONV:
            text = f"{self._weights()}*{self.output_shape[0]}" + (f" + {self.output_shape[0]}" if self.bias else "")
        elif self.kind is Kind.LINEAR:
            text = f"{self.input_shape[0]}*{self.output_shape[0]}" + (f" + {self.output_shape[0]}" if self.bias else "")
        elif self.params:
            text = f"2*{self.output_shape[0]}"  # a weight and a bias for each channel
        else:
            return "0: nothing to learn"
        return f"{text} = {self.params:,}"

    @property
    def macs_formula(self) -> str:
        """As in 64*56*56 * 3*3*64 = 115,605,504: one filter's weights, once for each number put out."""
        if self.kind is Kind.CONV:
            return f"{_product(self.output_shape)} * {self._weights()} = {self.macs:,}"
        if self.kind is Kind.LINEAR:
            return f"{self.input_shape[0]}*{self.output_shape[0]} = {self.macs:,}"
        return "0: only convolutions and linear layers are counted"

    @property
    def shape_formula(self) -> str:
        """As in (56 + 2*1 - 3)/1 + 1 = 56, with the floor where it acts."""
        if self.kind is Kind.CONCAT:
            return f"{' + '.join(str(shape[0]) for shape in self.input_shapes)} = {self.output_shape[0]} channels"
        if self.kind is Kind.LINEAR:
            return f"{self.input_shape[0]} -> {self.output_shape[0]}: one output for each class"
        if self.operation == "adaptive_avg_pool2d":
            return f"the mean of {_product(self.input_shape[1:])} positions in each channel"
        if self.kernel is None or self.stride is None or self.padding is None:
            return "the same as the input"
        sides = [self._side(axis) for axis in (0, 1)]
        spatial = sides[0] if sides[0] == sides[1] else f"height {sides[0]}, width {sides[1]}"
        if self.kind is Kind.PAD:
            extra = self.output_shape[0] - self.input_shape[0]
            return f"{self.input_shape[0]} + {extra} zeros = {self.output_shape[0]} channels; {spatial}"
        return spatial

    @property
    def bytes_formula(self) -> str:
        return f"{_product(self.output_shape)} * {FLOAT32} bytes = {self.activation_bytes:,}"

    @property
    def receptive_field_formula(self) -> str:
        """As in 11 + (3 - 1)*4 = 19: what the input sees, and (kernel - 1) steps of its effective stride more."""
        if self.kind in JOINS:
            return f"the larger of {' and '.join(map(str, self.input_fields))} = {self.receptive_field}"
        if self.kernel is None or max(self.kernel) == 1:
            return f"{self.receptive_field}: the same as the input's"
        return f"{self.input_fields[0]} + ({max(self.kernel)} - 1)*{self.input_stride} = {self.receptive_field}"

    @property
    def effective_stride_formula(self) -> str:
        if self.effective_stride == self.input_stride:
            return f"{self.effective_stride}: the same as the input's"
        step = self.effective_stride // self.input_stride
        return f"{self.input_stride}*{step} = {self.effective_stride}"

    def _weights(self) -> str:
        kernel, channels = self.kernel or (1, 1), self.input_shape[0]
        inner = f"({channels}/{self.groups})" if self.groups > 1 else str(channels)
        return f"{kernel[0]}*{kernel[1]}*{inner}"

    def _side(self, axis: int) -> str:
        size = self.input_shape[1 + axis]
        kernel, stride, padding = ((pair or (1, 1))[axis] for pair in (self.kernel, self.stride, self.padding))
        inner = f"({size} + 2*{padding} - {kernel})/{stride}" if padding else f"({size} - {kernel})/{stride}"
        if (size + 2 * padding - kernel) % stride:
            inner = f"floor({inner})"
        return f"{inner} + 1 = {self.output_shape[1 + axis]}"


@dataclass(frozen=True, slots=True)
class Edge:
    """Data that goes from one layer to another; `shape` is (C, H, W)."""

    source: str
    target: str
    kind: EdgeKind
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sums over a stage or a block."""

    path: str
    layers: int
    blocks: int
    params: int
    macs: int
    activation_bytes: int
    depth: int
    output_shape: Shape
    receptive_field: int


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What a network is: its layers in the order of the forward pass, and what goes from where to where."""

    input_shape: Shape
    layers: tuple[Layer, ...]
    edges: tuple[Edge, ...]
    depth_rule: DepthRule

    @cached_property
    def by_path(self) -> dict[str, Layer]:
        return {layer.path: layer for layer in self.layers}

    @cached_property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """Layer -> what it is given, the skip's side of a join first."""
        return {path: tuple(edge.source for edge in edges) for path, edges in self.into.items()}

    @property
    def output_shape(self) -> Shape:
        return self.layers[-1].output_shape

    @cached_property
    def params(self) -> int:
        """Trainable parameters; running statistics are buffers."""
        return sum(layer.params for layer in self.layers)

    @cached_property
    def buffers(self) -> int:
        return sum(layer.buffers for layer in self.layers)

    @cached_property
    def counters(self) -> int:
        """Buffers that count a batch norm's batches: one each."""
        return sum(layer.operation == "batch_norm" for layer in self.layers)

    @cached_property
    def norm_params(self) -> int:
        return sum(layer.params for layer in self.layers if layer.kind is Kind.NORM)

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions and linear layers, for one image."""
        return sum(layer.macs for layer in self.layers)

    @property
    def flops(self) -> int:
        return 2 * self.macs

    @cached_property
    def activation_bytes(self) -> int:
        """The outputs of all layers for one image, in float32."""
        return sum(layer.activation_bytes for layer in self.layers)

    @cached_property
    def alive(self) -> tuple[int, ...]:
        """Bytes of activations that must exist while each layer runs, for one image in float32, nothing kept for later.

        Its own output, and every earlier output (or the image) that it or a later layer still reads. Views take none.
        """
        last = {edge.source: place for place, layer in enumerate(self.layers) for edge in self.into[layer.path]}
        sizes = {INPUT: prod(self.input_shape) * FLOAT32}
        held, found, ends = sizes[INPUT], [], dict[int, list[str]]()
        for source, place in last.items():
            ends.setdefault(place, []).append(source)
        for place, layer in enumerate(self.layers):
            sizes[layer.path] = layer.activation_bytes
            held += layer.activation_bytes
            found.append(held)
            held -= sum(sizes[source] for source in ends.get(place, ()))
        return tuple(found)

    @cached_property
    def moved(self) -> int:
        """Bytes for one image in float32, if every layer reads its inputs and its weights once and writes once."""
        values = sum(prod(shape) for layer in self.layers for shape in (*layer.input_shapes, layer.output_shape))
        return FLOAT32 * (self.params + values)

    @property
    def intensity(self) -> float:
        """Arithmetic intensity: FLOPs for each byte moved (Williams et al. 2009, doi 10.1145/1498765.1498785)."""
        return self.flops / self.moved

    @cached_property
    def into(self) -> dict[str, tuple[Edge, ...]]:
        """Layer -> the edges that reach it, the skip's side of a join first."""
        found: dict[str, tuple[Edge, ...]] = {}
        for edge in self.edges:
            found[edge.target] = (*found.get(edge.target, ()), edge)
        return found

    @cached_property
    def features(self) -> Layer:
        """The last layer that has positions: what the global pooling takes the mean of."""
        pooling = next(layer for layer in self.layers if layer.operation == "adaptive_avg_pool2d")
        source = next(edge.source for edge in self.edges if edge.target == pooling.path)
        return self.by_path[source]

    @property
    def receptive_field(self) -> int:
        """Of one position before the global pooling, in pixels of the image; it may be larger than the image."""
        return self.features.receptive_field

    @property
    def effective_stride(self) -> int:
        return self.features.effective_stride

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """The paths of the layers that the network's depth counts."""
        return tuple(layer.path for layer in self.layers if layer.counted)

    @property
    def depth(self) -> int:
        return len(self.counted)

    def depth_by(self, rule: DepthRule) -> int:
        """The depth as another family would count it."""
        return sum(counts(layer.kind, layer.projection, rule) for layer in self.layers)

    @cached_property
    def stages(self) -> tuple[Total, ...]:
        """Sums by stage: stem, stages, head, in the order of the forward pass."""
        return _totals((layer.stage, layer) for layer in self.layers)

    @cached_property
    def blocks(self) -> tuple[Total, ...]:
        """Sums by block; layers outside of blocks are left out."""
        return _totals((layer.block, layer) for layer in self.layers if layer.block)


def counts(kind: Kind, projection: bool, rule: DepthRule) -> bool:  # noqa: FBT001  # a layer's own fields
    """Whether a rule counts a layer: convolutions are, projections and the classifier depend."""
    if kind is Kind.CONV:
        return not projection or rule is DepthRule.PROJECTIONS
    return kind is Kind.LINEAR and rule is DepthRule.CLASSIFIER


def _totals(pairs: Iterable[tuple[str, Layer]]) -> tuple[Total, ...]:
    groups: dict[str, list[Layer]] = {}
    for path, layer in pairs:
        groups.setdefault(path, []).append(layer)
    return tuple(
        Total(
            path=path,
            layers=len(layers),
            blocks=len({layer.block for layer in layers if layer.block}),
            params=sum(layer.params for layer in layers),
            macs=sum(layer.macs for layer in layers),
            activation_bytes=sum(layer.activation_bytes for layer in layers),
            depth=sum(layer.counted for layer in layers),
            output_shape=layers[-1].output_shape,
            receptive_field=layers[-1].receptive_field,
        )
        for path, layers in groups.items()
    )


def _product(shape: Shape) -> str:
    return "*".join(map(str, shape))
