"""The arithmetic behind a number that an exercise asks for, as a formula of symbols and numbers."""

from collections.abc import Sequence

from models.tracing.kinds import JOINS
from models.tracing.layers import EdgeKind, Layer
from models.tracing.records import Trace
from viz.style import format
from viz.text import formulas

_SUMMED = ("params", "macs", "depth", "activation_bytes")
_JOINED = {"identities": EdgeKind.IDENTITY, "projections": EdgeKind.PROJECTION, "concatenations": EdgeKind.CONCAT}


def of_trace(field: str, trace: Trace, path: str) -> str:
    """Return the arithmetic of a network's number, or of the layer with this path; "" if there is none to show."""
    if field in _SUMMED:
        return formulas.summed(trace, field)
    if field in _JOINED:
        places = [
            edge.target
            for edge in trace.edges
            if edge.kind is _JOINED[field] and trace.by_path[edge.target].kind in JOINS
        ]
        return ", ".join(places)
    if field == "receptive_field":
        return formulas.field_before_pooling(trace)
    layer = trace.by_path.get(path)
    return _of_part(field, trace, path) if layer is None else _of_layer(field, layer)


def _of_part(field: str, trace: Trace, path: str) -> str:
    """The sum over the layers of a block or stage."""
    name = field.removeprefix("layer.")
    if name not in ("params", "macs"):
        return ""
    own = [layer for layer in trace.layers if path in (layer.block, layer.stage)]
    terms = {layer.path.removeprefix(f"{path}."): int(getattr(layer, name)) for layer in own}
    return f"{' + '.join(f'{one} {value:,}' for one, value in terms.items() if value)} = {sum(terms.values()):,}"


def _of_layer(field: str, layer: Layer) -> str:
    return {
        "layer.params": layer.params_formula,
        "layer.macs": layer.macs_formula,
        "layer.out": layer.shape_formula,
        "layer.side": layer.shape_formula,
    }.get(field, "")


def of_several(field: str, traces: Sequence[Trace]) -> str:
    """Return the arithmetic of a number of several networks, as "params.ratio" or "macs.more"."""
    name, __, how = field.partition(".")
    if how.isdecimal():
        return of_trace(name, traces[int(how) - 1], "")
    first, second = (int(getattr(one, name)) for one in traces[:2])
    if how == "more":
        return f"{second:,} - {first:,} = {second - first:,}"
    return f"{second:,} / {first:,} = {format.number(second / first)}" if first else ""
