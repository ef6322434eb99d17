"""A trace as JSON: layers with their numbers and formulas, edges, totals. No torch here."""

import json
from typing import Any

from .layers import Layer
from .records import Trace

FORMAT = "skipscope-graph/1"
_FIELDS = (
    "path", "kind", "operation", "input_shapes", "output_shape", "kernel", "stride", "padding", "dilation", "groups",
    "bias", "params", "buffers", "macs", "activation_bytes", "receptive_field", "effective_stride", "stage", "block",
    "projection", "counted",
)  # fmt: skip
_FORMULAS = {
    "params": "params_formula",
    "macs": "macs_formula",
    "output_shape": "shape_formula",
    "receptive_field": "receptive_field_formula",
}
_USUAL: dict[str, Any] = {
    "kernel": None, "stride": None, "padding": None, "dilation": 1, "groups": 1, "bias": False, "params": 0,
    "buffers": 0, "macs": 0, "receptive_field": 0, "effective_stride": 0, "block": "", "projection": False,
    "counted": False,
}  # fmt: skip


def graph(trace: Trace, *, name: str = "") -> dict[str, Any]:
    """Return a trace as plain lists and dictionaries.

    Shapes are without the batch, pairs (height, width), bytes those of one image in float32. A field of a layer that
    is missing has the value given under `usual`. In an edge into an addition or concatenation of a skip connection,
    `kind` says whether it is the skip.
    """
    return {
        "format": FORMAT,
        "name": name,
        "input_shape": trace.input_shape,
        "output_shape": trace.output_shape,
        "params": trace.params,
        "buffers": trace.buffers,
        "macs": trace.macs,
        "activation_bytes": trace.activation_bytes,
        "depth": trace.depth,
        "depth_rule": str(trace.depth_rule),
        "usual": _USUAL,
        "layers": [_layer(layer) for layer in trace.layers],
        "edges": [
            {"source": edge.source, "target": edge.target, "kind": str(edge.kind), "shape": edge.shape}
            for edge in trace.edges
        ],
    }


def _layer(layer: Layer) -> dict[str, Any]:
    own = {field: getattr(layer, field) for field in _FIELDS}
    formulas = {field: text for field, name in _FORMULAS.items() if " = " in (text := str(getattr(layer, name)))}
    return {field: value for field, value in own.items() if field not in _USUAL or value != _USUAL[field]} | (
        {"formulas": formulas} if formulas else {}
    )


def written(trace: Trace, *, name: str = "") -> str:
    """Return a trace as JSON text: see `graph`."""
    return json.dumps(graph(trace, name=name), separators=(",", ":"))
