"""The numbers of a step that answers and sentences are about, measured or counted: field -> value."""

from collections.abc import Mapping, Sequence
from math import isfinite, nan
from statistics import median

from models.signals.records import Pair, Signals
from models.signals.statistics import quotient
from models.tracing.kinds import JOINS
from models.tracing.layers import EdgeKind
from models.tracing.records import Total, Trace
from viz.language import _
from viz.state.shown_layers import at_layers
from viz.state.signals import At
from viz.state.subjects import Curve
from viz.style import format

_MOST = 1e15  # above, a number is told by its power of ten
_SKIPS = {
    "identities": EdgeKind.IDENTITY,
    "projections": EdgeKind.PROJECTION,
    "concatenations": EdgeKind.CONCAT,
}


def of_trace(trace: Trace, layer: str) -> dict[str, float]:
    """Return the numbers of a network, and those of a layer, block or stage, if there is one of this path."""
    joins = [edge.kind for edge in trace.edges if trace.by_path[edge.target].kind in JOINS]
    found: dict[str, float] = {
        "params": trace.params,
        "macs": trace.macs,
        "depth": trace.depth,
        "layers": len(trace.layers),
        "activation_bytes": trace.activation_bytes,
        "receptive_field": trace.receptive_field or nan,
    }
    found |= {name: joins.count(kind) for name, kind in _SKIPS.items()}
    if (own := trace.by_path.get(layer)) is not None:
        found |= {
            "layer.params": own.params,
            "layer.macs": own.macs,
            "layer.in": own.input_shape[0],
            "layer.out": own.output_shape[0],
            "layer.side": own.output_shape[1] if len(own.output_shape) > 1 else 1,
        }
    elif (part := totals(trace).get(layer)) is not None:
        found |= {"layer.params": part.params, "layer.macs": part.macs, "layer.out": part.output_shape[0]}
    return found


def totals(trace: Trace) -> dict[str, Total]:
    """Return the totals of the blocks and stages by their paths."""
    return {total.path: total for total in (*trace.stages, *trace.blocks)}


def of_several(traces: Sequence[Trace]) -> dict[str, float]:
    """Return the numbers of networks in their order, from 1; the second over the first, and minus the first."""
    found: dict[str, float] = {}
    for name in ("params", "macs", "depth", "activation_bytes"):
        values = [float(getattr(trace, name)) for trace in traces]
        found |= {f"{name}.{place}": value for place, value in enumerate(values, start=1)}
        if len(values) > 1:
            found[f"{name}.ratio"] = quotient(values[1], values[0])
            found[f"{name}.more"] = values[1] - values[0]
    return found


def of_pair(pair: Pair) -> dict[str, float]:
    """Return the numbers of a measurement with and without skips: medians over the seeds."""
    found: dict[str, float] = {"depth": pair.skips.trace.depth}
    for name, side in (("skips", pair.skips), ("plain", pair.plain)):
        found |= {f"{name}.{field}": value for field, value in _side(side).items()}
    return found


def _side(side: Signals) -> dict[str, float]:
    main = {layer.path for layer in side.convolutions}
    norms = [band.middle for band in side.band("weight_gradient_norm", main)]
    outputs = [band.middle for band in at_layers(side, At.BLOCKS, "activation_rms")]
    return {
        "ratio": side.ratio(),
        "first": norms[0] if norms else nan,
        "last": norms[-1] if norms else nan,
        "zeros": norms.count(0.0),
        "rms": quotient(outputs[-1], outputs[0]) if outputs else nan,
        "loss": median(run.loss for run in side.runs),
    }


def of_race(curves: Sequence[Curve]) -> dict[str, float]:
    """Return the errors and losses after the last epoch of runs, in their order, from 1."""
    found: dict[str, float] = {"epochs": max((len(curve.epochs) for curve in curves), default=0)}
    for place, curve in enumerate(curves, start=1):
        last = curve.epochs[-1]
        found |= {
            f"train_error.{place}": last.train_error,
            f"test_error.{place}": last.test_error,
            f"train_loss.{place}": last.train_loss,
        }
    return found


def is_share(field: str) -> bool:
    """Return whether a number is a share, told in percent."""
    return "error" in field


def shown(field: str, numbers: Mapping[str, float]) -> str:
    """Format a number as the answer to a question."""
    return told(numbers[field], "percent" if is_share(field) else "")


def told(value: float, how: str) -> str:
    """Format a number for a sentence: as "percent", "times" or "size", else whole or with three digits."""
    if not isfinite(value):
        return format.number(value)
    if how == "percent":
        return f"{value:.1%}"
    if how == "times":
        return _("{n} times", n=format.times(value))
    if how == "size":
        return format.size(int(value))
    return format.whole(int(value)) if float(value).is_integer() and abs(value) < _MOST else format.number(value)
