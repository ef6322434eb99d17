"""A network as plain frozen records: its layers, edges and totals. No torch here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from importlib import import_module
from math import prod
from typing import TYPE_CHECKING

from ..runtime.messages import Message
from ..specs.external import Network
from .kinds import Kind
from .layers import FLOAT32, GLOBAL_POOLS, INPUT, DepthRule, EdgeKind, Layer, Shape

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Edge:
    """Data passed from one layer to another; `shape` is (C, H, W)."""

    source: str
    target: str
    kind: EdgeKind
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The totals of a stage or a block."""

    path: str
    layers: int
    blocks: int
    params: int
    macs: int
    activation_bytes: int
    depth: int
    output_shape: Shape
    receptive_field: int


@dataclass(frozen=True, kw_only=True, repr=False)
class Trace:
    """A traced network: its layers in the order of the forward pass, and the edges between them."""

    input_shape: Shape
    layers: tuple[Layer, ...]
    edges: tuple[Edge, ...]
    depth_rule: DepthRule
    unused: Mapping[str, int] = field(default_factory=dict)  # parts that the forward does not use -> their parameters
    classes: int = 0  # of a module: numbers that its first result has for each image
    unclear: Mapping[str, str] = field(default_factory=dict)  # additions whose skip can't be named -> why: `Unclear`

    def __repr__(self) -> str:
        shapes = " -> ".join("x".join(map(str, shape)) for shape in (self.input_shape, self.output_shape))
        return (
            f"Trace({len(self.layers):,} layers, {self.params:,} parameters, {self.macs:,} MACs, depth {self.depth:,}, "
            f"{shapes})"
        )

    def to_frame(self) -> "pd.DataFrame":
        """Return a table with a row per layer. Shapes are (C, H, W), activations bytes for one image in float32."""
        import pandas as pd  # noqa: PLC0415  # rarely needed with a trace

        columns = (
            "path", "kind", "operation", "input_shape", "output_shape", "kernel", "stride", "padding", "groups",
            "params", "buffers", "macs", "activation_bytes", "receptive_field", "effective_stride", "stage", "block",
            "counted",
        )  # fmt: skip
        return pd.DataFrame({name: [getattr(layer, name) for layer in self.layers] for name in columns})

    def to_json(self) -> str:
        """Return layers, edges and totals as JSON: see `models.tracing.json_graph`."""
        written: str = import_module(f"{__package__}.json_graph").written(self)
        return written

    def to_html(self, title: str = "") -> str:
        """Return the graph as one HTML page that folds, zooms and searches offline. It needs the folder `viz`."""
        drawn: str = import_module(f"{__name__.partition('models.')[0]}viz.graph.page").page(self, title=title)
        return drawn

    def _repr_html_(self) -> str:
        """For notebooks: the graph, if the folder `viz` is beside this one, and the table of the layers."""
        try:
            drawing = import_module(f"{__name__.partition('models.')[0]}viz.graph.notebook").drawing(self)
        except ImportError:
            drawing = ""
        return f"{drawing}<p>{escape(repr(self))}</p>{self.to_frame().to_html(max_rows=60)}"

    @cached_property
    def by_path(self) -> dict[str, Layer]:
        return {layer.path: layer for layer in self.layers}

    @cached_property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """Layer -> the sources of its inputs; for a join, the skip comes first."""
        return {path: tuple(edge.source for edge in edges) for path, edges in self.incoming.items()}

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
        """Buffers that count batches: one for each batch norm."""
        return sum(layer.operation == "batch_norm" for layer in self.layers)

    @cached_property
    def norm_params(self) -> int:
        return sum(layer.params for layer in self.layers if layer.kind is Kind.NORM)

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates (MACs) of convolutions and linear layers, for one image."""
        return sum(layer.macs for layer in self.layers)

    @property
    def flops(self) -> int:
        return 2 * self.macs

    @cached_property
    def activation_bytes(self) -> int:
        """Bytes of the outputs of all layers for one image, in float32."""
        return sum(layer.activation_bytes for layer in self.layers)

    @cached_property
    def live_bytes(self) -> tuple[int, ...]:
        """Bytes of activations alive while each layer runs, for one image in float32, if nothing is saved for backward.

        These are its own output and every earlier output (or the image) that it or a later layer still reads. Views
        take no memory.
        """
        last = {edge.source: place for place, layer in enumerate(self.layers) for edge in self.incoming[layer.path]}
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
    def bytes_moved(self) -> int:
        """Bytes moved for one image in float32, if each layer reads its inputs and weights once and writes once."""
        values = sum(prod(shape) for layer in self.layers for shape in (*layer.input_shapes, layer.output_shape))
        return FLOAT32 * (self.params + values)

    @property
    def intensity(self) -> float:
        """Arithmetic intensity: FLOPs per byte moved (Williams et al. 2009, doi 10.1145/1498765.1498785)."""
        return self.flops / self.bytes_moved

    @cached_property
    def incoming(self) -> dict[str, tuple[Edge, ...]]:
        """Layer -> the edges into it; for a join, the skip comes first."""
        found: dict[str, tuple[Edge, ...]] = {}
        for edge in self.edges:
            found[edge.target] = (*found.get(edge.target, ()), edge)
        return found

    @cached_property
    def features(self) -> Layer:
        """The last layer with spatial positions, whose output the global pooling averages."""
        if self._pooled is not None:
            return self._pooled
        maps = [layer for layer in self.layers if layer.kind == Kind.CONV and len(layer.output_shape) == 3]
        return maps[-1] if maps else self.layers[0]  # it pools in another way

    @cached_property
    def _pooled(self) -> Layer | None:
        pools = [layer for layer in self.layers if layer.operation in GLOBAL_POOLS and not layer.block]
        pooling = pools[-1] if pools else None
        source = next((edge.source for edge in self.edges if pooling and edge.target == pooling.path), INPUT)
        return self.by_path.get(source)

    @property
    def receptive_field(self) -> int:
        """Receptive field of one position before the global pooling, in pixels; it may be larger than the image.

        0 where it is not defined: see `blind`.
        """
        return self.features.receptive_field if self._sees else 0

    @property
    def effective_stride(self) -> int:
        return self.features.effective_stride if self._sees else 0

    @property
    def _sees(self) -> bool:
        """Whether receptive fields are known to the end, or as far as the global pooling."""
        return self._pooled is not None or self.layers[-1].receptive_field > 0

    @cached_property
    def blind(self) -> Layer | None:
        """The first layer whose receptive field is not defined, such as an attention; None if all are."""
        return next((layer for layer in self.layers if not layer.receptive_field), None)

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """The paths of the layers that count towards the network's depth."""
        return tuple(layer.path for layer in self.layers if layer.counted)

    @property
    def depth(self) -> int:
        return len(self.counted)

    def depth_by(self, rule: DepthRule) -> int:
        """Return the depth as another family would count it."""
        return sum(layer.counted_by(rule) for layer in self.layers)

    @cached_property
    def stages(self) -> tuple[Total, ...]:
        """Totals by stage: stem, stages, head, in the order of the forward pass."""
        return _totals((layer.stage, layer) for layer in self.layers)

    @cached_property
    def blocks(self) -> tuple[Total, ...]:
        """Totals by block; layers outside of blocks are left out."""
        return _totals((layer.block, layer) for layer in self.layers if layer.block)


@dataclass(frozen=True, slots=True)
class Variant:
    """A network that differs from another in a single choice."""

    name: Message
    spec: Network
    trace: Trace


@dataclass(frozen=True, slots=True)
class EqualBlock(Variant):
    """A network whose blocks have about as many MACs as another's."""

    block: Total  # a block of the first stage that keeps its shape
    width: int  # solved for: of a basic block, or of each group of a bottleneck


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
