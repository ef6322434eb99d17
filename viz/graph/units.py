"""Convolutions with the norms and activation functions that belong to them, as one box with tags."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.tracing.kinds import Kind
from models.tracing.layers import Layer
from models.tracing.records import Trace

TAGGED = frozenset({Kind.NORM, Kind.ACT})
_SHORT = {
    "batch_norm": "BN", "layer_norm": "LN", "group_norm": "GN", "instance_norm": "IN", "relu": "ReLU", "relu6": "ReLU6",
    "gelu": "GELU", "silu": "SiLU", "hardswish": "HSwish", "sigmoid": "σ", "tanh": "tanh",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tags:
    """The layers that are drawn inside a box: those before its own layer, and those after it."""

    before: tuple[Layer, ...] = ()
    after: tuple[Layer, ...] = ()

    @property
    def all(self) -> tuple[Layer, ...]:
        return self.before + self.after


def tags(parts: Sequence[Layer], trace: Trace) -> dict[str, Tags]:
    """Return path of a layer -> the norms and activation functions that are drawn as its tags.

    A tag and its layer are a chain: nothing else reads what passes between them, and neither reads anything else. In a
    block that begins with a norm or an activation function, as in pre-activation, they belong to the layer after them
    where there is one, else to the layer before.
    """
    inside = {layer.path: layer for layer in parts}
    readers: dict[str, set[str]] = {path: set() for path in inside}
    for edge in trace.edges:
        if edge.source in readers:
            readers[edge.source].add(edge.target)
    found = {layer.path: Tags() for layer in parts if layer.kind not in TAGGED}
    carrier: dict[str, str] = {}
    if parts and parts[0].kind in TAGGED:
        for layer in reversed(parts):
            reader = _only(readers[layer.path])
            own = carrier.get(reader, reader)
            if layer.kind in TAGGED and own in found and _only_source(trace, reader) == layer.path:
                carrier[layer.path] = own
                found[own] = Tags((layer, *found[own].before), found[own].after)
    for layer in parts:
        source = _only_source(trace, layer.path)
        own = carrier.get(source, source)
        free = layer.kind in TAGGED and layer.path not in carrier and own in found
        if free and readers.get(source) == {layer.path} and inside.get(source) not in found[own].before:
            carrier[layer.path] = own
            found[own] = Tags(found[own].before, (*found[own].after, layer))
    return {path: own for path, own in found.items() if own.all}


def short(layer: Layer) -> str:
    """Return the text of a tag: BN, ReLU, or torch's name."""
    return _SHORT.get(layer.operation, layer.operation)


def _only(paths: set[str]) -> str:
    return next(iter(paths)) if len(paths) == 1 else ""


def _only_source(trace: Trace, path: str) -> str:
    """The only layer that a layer reads; empty if there are several."""
    return _only({edge.source for edge in trace.incoming[path]}) if path else ""
