"""Tables of a traced network: by layer, block or stage, and its totals as other tools count them."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from models.specs.external import Network
from models.tracing import counting
from models.tracing.kinds import KINDS
from models.tracing.memory import kept
from models.tracing.records import Total, Trace
from viz.backend import cached
from viz.backend.memo import memo
from viz.language import _, language
from viz.state.architecture import Rows
from viz.state.hidden import hides
from viz.style import format


@dataclass(frozen=True, slots=True)
class Table:
    """A table as shown, with the path of the layer, block or stage in each row."""

    frame: pd.DataFrame
    paths: tuple[str, ...]
    shares: frozenset[str]  # names of the columns with shares, 0 to 1


def table(trace: Trace, rows: str) -> Table:
    """Return a network's table, with units in the column names. Read-only: it is cached."""
    if rows == Rows.LAYERS:
        frame, paths = _layers(trace), tuple(layer.path for layer in trace.layers)
    else:
        totals = trace.stages if rows == Rows.STAGES else _blocks(trace)
        frame, paths = _totals(trace, totals), tuple(total.path for total in totals)
    return Table(frame, paths, frozenset({_("Parameters, share"), _("MACs, share")}))


def _blocks(trace: Trace) -> tuple[Total, ...]:
    """Every block, and every stage without blocks (stem, head) as one row; together they are the whole network."""
    blocks = {total.path: total for total in trace.blocks}
    outside = {total.path: total for total in trace.stages if total.blocks == 0}
    order = dict.fromkeys(layer.block or layer.stage for layer in trace.layers)
    return tuple(blocks.get(path) or outside[path] for path in order)


def _layers(trace: Trace) -> pd.DataFrame:
    return _known(
        trace,
        {
            _("Layer"): [layer.path for layer in trace.layers],
            _("Kind"): [_(KINDS[layer.kind].label) for layer in trace.layers],
            _("Input"): [" + ".join(map(format.shape, layer.input_shapes)) for layer in trace.layers],
            _("Output"): [format.shape(layer.output_shape) for layer in trace.layers],
            _("Kernel"): [format.window(layer) for layer in trace.layers],
            _("Parameters"): [layer.params for layer in trace.layers],
            _("Parameters, share"): [_share(layer.params, trace.params) for layer in trace.layers],
            _("MACs"): [layer.macs for layer in trace.layers],
            _("MACs, share"): [_share(layer.macs, trace.macs) for layer in trace.layers],
            _("Activations, bytes"): [layer.activation_bytes for layer in trace.layers],
            _("Saved for backward, bytes"): _saved(trace),
            _("Receptive field, px"): [layer.receptive_field or None for layer in trace.layers],
            _("Effective stride, px"): [layer.effective_stride or None for layer in trace.layers],
            _("Counted in depth"): ["✓" if layer.counted else "" for layer in trace.layers],
        },
    )


def _saved(trace: Trace) -> list[int]:
    """Bytes that autograd saves at each layer for the backward pass, for one image in float32; each tensor once."""
    return [now - before for before, now in pairwise((0, *kept(trace)))]


def _known(trace: Trace, columns: dict[str, list[Any]]) -> pd.DataFrame:
    """A table without the receptive fields if there are none."""
    known = any(layer.receptive_field for layer in trace.layers)
    hidden = set() if known else {_("Receptive field, px"), _("Effective stride, px")}
    return pd.DataFrame({name: values for name, values in columns.items() if name not in hidden})


def _totals(trace: Trace, totals: tuple[Total, ...]) -> pd.DataFrame:
    return _known(
        trace,
        {
            _("Part"): [total.path for total in totals],
            _("Blocks"): [total.blocks for total in totals],
            _("Layers"): [total.layers for total in totals],
            _("Output"): [format.shape(total.output_shape) for total in totals],
            _("Parameters"): [total.params for total in totals],
            _("Parameters, share"): [_share(total.params, trace.params) for total in totals],
            _("MACs"): [total.macs for total in totals],
            _("MACs, share"): [_share(total.macs, trace.macs) for total in totals],
            _("Activations, bytes"): [total.activation_bytes for total in totals],
            _("Receptive field, px"): [total.receptive_field or None for total in totals],
            _("Counted in depth"): [total.depth for total in totals],
        },
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def others(trace: Trace) -> pd.DataFrame:
    """Return the network's totals by the counting rules of other tools, one per row."""
    return pd.DataFrame(
        [
            {
                _("Tool"): one.tool,
                _("Its term"): one.quantity,
                _("Total"): one.value,
                _("As printed"): one.words or f"{one.value:,}",
                _("What is counted"): _(one.rule),
            }
            for one in counting.others(trace)
        ]
    )


def layer_table(spec: Network, rows: Rows) -> Table:
    """Return the table of a network without the columns that are hidden; cached per language."""
    whole = _layer_table(spec, rows, language())
    columns = {
        "params": (_("Parameters"), _("Parameters, share")),
        "macs": (_("MACs"), _("MACs, share")),
        "memory": (_("Activations, bytes"), _("Saved for backward, bytes")),
        "receptive_field": (_("Receptive field, px"), _("Effective stride, px")),
        "depth": (_("Counted in depth"),),
    }
    left_out = {name for word, names in columns.items() if hides(word) for name in names}
    if not left_out:
        return whole
    return Table(whole.frame.drop(columns=left_out, errors="ignore"), whole.paths, whole.shares - left_out)


@memo(room=32 * 10**6, size=lambda table: int(table.frame.memory_usage(deep=True).sum()))
def _layer_table(spec: Network, rows: Rows, spoken: str) -> Table:  # `spoken`: part of the cache key
    return table(cached.trace(spec), rows)
