"""Convolutions with the norms and activation functions that belong to them, as one box with tags."""

from collections.abc import Sequence

from models.tracing.kinds import Kind
from models.tracing.layers import Layer
from models.tracing.records import Trace

TAGGED = frozenset({Kind.NORM, Kind.ACT})
_SHORT = {
    "batch_norm": "BN", "layer_norm": "LN", "group_norm": "GN", "instance_norm": "IN", "relu": "ReLU", "relu6": "ReLU6",
    "gelu": "GELU", "silu": "SiLU", "hardswish": "HSwish", "sigmoid": "σ", "tanh": "tanh",
}  # fmt: skip


def tags(parts: Sequence[Layer], trace: Trace) -> dict[str, tuple[str, ...]]:
    """Return path of a layer -> the norms and activation functions that are drawn as its tags.

    Each belongs to the layer that it reads or, in a block that begins with it, as in pre-activation, to the layer that
    reads it. One that is read by several layers stays a box, unless it belongs to the layer before it.
    """
    inside = {layer.path for layer in parts}
    readers: dict[str, list[str]] = {path: [] for path in inside}
    sources: dict[str, list[str]] = {}
    for layer in parts:
        sources[layer.path] = [edge.source for edge in trace.incoming[layer.path]]
        for source in sources[layer.path]:
            if source in inside:
                readers[source].append(layer.path)
    first = precede(parts)
    carrier: dict[str, str] = {}
    for layer in reversed(parts) if first else parts:
        if layer.kind not in TAGGED:
            continue
        near = readers[layer.path] if first else [one for one in sources[layer.path] if one in inside]
        other = near[0] if len(near) == 1 else ""
        if other and (other in carrier or trace.by_path[other].kind not in TAGGED):
            carrier[layer.path] = carrier.get(other, other)
    found: dict[str, list[str]] = {}
    for layer in parts:
        if layer.path in carrier:
            found.setdefault(carrier[layer.path], []).append(layer.path)
    return {path: tuple(own) for path, own in found.items()}


def precede(parts: Sequence[Layer]) -> bool:
    """Return whether norms and activation functions belong to the layer after them, as in pre-activation."""
    return bool(parts) and parts[0].kind in TAGGED


def short(layer: Layer) -> str:
    """Return the text of a tag: BN, ReLU, or torch's name."""
    return _SHORT.get(layer.operation, layer.operation)
