"""Sentences on what the twin of a library's network runs without, and on what can't be taken out."""

from models.signals.records import Pair
from models.specs.spec import NetworkSpec
from models.tracing.kinds import Kind
from models.tracing.layers import Unclear
from models.tracing.records import Trace
from viz.language import N_, _, listing, ngettext
from viz.style import format

_MOST = 3  # additions told by name
_WHY = {
    Unclear.EQUAL: N_("both operands pass as many layers with weights"),
    Unclear.GATED: N_("gates multiply both operands"),
}


def twin(pair: Pair) -> list[str]:
    """Return how many skips the twin runs without, and what was left as it is; nothing for networks built here."""
    if isinstance(pair.skips.spec, NetworkSpec):
        return []
    count = len(pair.skips.joins)
    said = [_("It has no addition whose skip could be taken out, so both are the same.")]
    if count:
        said = [
            ngettext(
                "The twin runs without the skip of {n} addition.", "The twin runs without the skips of {n} additions.",
                count,
            )
        ]  # fmt: skip
    return said + left(pair.skips.trace)


def left(trace: Trace) -> list[str]:
    """Return which skips of a network can't be taken out, and why."""
    said = []
    if kept := sum(layer.kind is Kind.CONCAT for layer in trace.layers):
        said.append(
            ngettext(
                "{n} skip that is concatenated stays: the layers after it expect its channels.",
                "{n} skips that are concatenated stay: the layers after them expect their channels.",
                kept,
            )
        )
    for why in Unclear:
        paths = [path for path, reason in trace.unclear.items() if reason == why]
        if paths:
            names = listing(
                [*(format.as_it_is(path) for path in paths[:_MOST]), *(["..."] if len(paths) > _MOST else [])]
            )
            said.append(_("No skip can be named at {layers}: {why}.", layers=names, why=_(_WHY[why])))
    return said
