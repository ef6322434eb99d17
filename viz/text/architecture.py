"""A sentence on what a network is, for somebody who sees it for the first time."""

from models.tracing.kinds import JOINS
from models.tracing.layers import EdgeKind
from models.tracing.records import Trace
from viz.graph.folding import tree, walk
from viz.language import _, language, ngettext, sentences
from viz.state.hidden import hides


def summary(trace: Trace) -> str:
    """Return how many layers with weights lie one after the other, and what the skip connections do."""
    depth = ngettext("{n:,} layer with weights", "{n:,} layers with weights", trace.depth)
    skips = {
        edge.target: edge.kind
        for edge in trace.edges
        if edge.kind is not EdgeKind.FLOW and trace.by_path[edge.target].kind in JOINS
    }
    dense = sum(kind is EdgeKind.CONCAT for kind in skips.values())
    added = len(skips) - dense
    parts = []
    if added:
        blocks = {trace.by_path[path].block for path, kind in skips.items() if kind is not EdgeKind.CONCAT}
        all_blocks = {layer.block for layer in trace.layers if layer.block}
        each = blocks == all_blocks and len(blocks) == added
        projected = sum(kind is EdgeKind.PROJECTION for kind in skips.values())
        words = (
            ngettext(
                "{n:,} skip connection carries the input of its block past it and adds it to the output",
                "{n:,} skip connections carry the input of each block past it and add it to the output",
                added,
            )
            if each
            else ngettext(
                "{n:,} skip connection carries a signal past some layers and adds it to their output",
                "{n:,} skip connections carry a signal past some layers and add it to their output",
                added,
            )
        )
        if projected:
            words += ngettext(", {n:,} of them through a projection", ", {n:,} of them through projections", projected)
        parts.append(words)
    if dense:
        chained = sum(group.skips.total() for group in walk(tree(trace)) if group.dense)
        parts.append(
            ngettext(
                "{n:,} concatenation passes the outputs of earlier layers on to every later layer of its block",
                "{n:,} concatenations pass the outputs of earlier layers on to every later layer of their block",
                dense,
            )
            if chained == dense
            else ngettext(
                "{n:,} concatenation keeps an earlier output beside a later one",
                "{n:,} concatenations keep an earlier output beside a later one",
                dense,
            )
        )
    if not parts:
        parts.append(
            _("no skip connections")
            if _branches(trace)
            else _("no skip connections: every layer reads the one before it, and nothing else")
        )
    return _("{depth}; {parts}.", depth=depth, parts=_(", ").join(parts))


def opening(trace: Trace, *, first: bool) -> str:
    """Return the summary if it is not hidden, and, at a first visit, the way to the first lesson."""
    return sentences(["" if hides("summary", "depth") else summary(trace), first_lesson() if first else ""])


def _branches(trace: Trace) -> bool:
    """Whether some output is read twice."""
    sources = [edge.source for edge in trace.edges]
    return len(set(sources)) < len(sources)


def first_lesson() -> str:
    """Return a link to the lessons for somebody who is here for the first time; it opens in a new tab."""
    words = _("First lesson →")
    return f"[{words}](lessons?lang={language()})"
