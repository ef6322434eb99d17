"""The graph as one HTML page that folds, zooms and searches without a server or a network."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from models.runtime.version import __version__
from models.tracing import json_graph
from models.tracing.kinds import JOINS, KINDS
from models.tracing.layers import Layer
from models.tracing.records import Edge, Trace
from viz.graph.folding import Group, tree
from viz.graph.painter import SIGN
from viz.graph.places import places
from viz.graph.words import alt, arcs, name, skip_names
from viz.language import _, language, ngettext
from viz.style import format, theme
from viz.style.html import render

_HERE = Path(__file__).parent


def page(trace: Trace, *, title: str, origin: str = "") -> str:
    """Return the page of a trace: its graph, folded to stages at first, and the numbers behind each layer."""
    groups = tree(trace)
    kinds = dict.fromkeys(layer.kind for layer in trace.layers)
    data = json_graph.graph(trace, name=title) | {
        "tree": _placed(groups, trace.edges, {layer.path: place for place, layer in enumerate(trace.layers)}),
        "kinds": {kind: _(KINDS[kind].label) for kind in kinds},
        "signs": {kind: SIGN[kind] for kind in kinds if kind in JOINS},
        "scale": theme.SCALE,
        "labels": _labels(),
    }
    return render(
        "graph/page/page.html",
        language=language(),
        title=title,
        facts=_facts(trace),
        alt=alt(title, trace, groups),
        origin=origin or f"Skipscope {__version__}",
        kinds=[(kind, _(KINDS[kind].label)) for kind in kinds if kind not in JOINS],
        skips=_skips(trace),
        style=Markup(_colours(kinds) + (_HERE / "page.css").read_text()),  # noqa: S704  # ours
        script=Markup((_HERE / "page.js").read_text()),  # noqa: S704
        data=Markup(json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")),  # noqa: S704  # no tag can end it
    )


def _facts(trace: Trace) -> str:
    parts = [
        _("Depth {depth:,}", depth=trace.depth),
        ngettext("{n:,} parameter", "{n:,} parameters", trace.params),
        ngettext("{n:,} MAC", "{n:,} MACs", trace.macs),
        f"{format.shape(trace.input_shape)} → {format.shape(trace.output_shape)}",
    ]
    return " · ".join(parts)


def _placed(parts: Sequence[Group | Layer], edges: Sequence[Edge], numbers: dict[str, int]) -> list[Any]:
    """Parts with their row and column; a layer is its number, a group a dictionary with parts of its own."""
    found: list[Any] = []
    for part, (row, column) in zip(parts, places(parts, edges), strict=True):
        if isinstance(part, Layer):
            found.append([numbers[part.path], row, column])
            continue
        inside = {layer.path for layer in part.layers}
        own = [edge for edge in edges if edge.source in inside and edge.target in inside]
        group: dict[str, Any] = {
            "id": part.id,
            "path": part.path,
            "name": name(part),
            "rank": str(part.rank),
            "blocks": part.blocks,
            "layers": [numbers[part.layers[0].path], numbers[part.layers[-1].path]],
            "parts": _placed(part.children, own, numbers),
        }
        if part.skips:
            group["skips"] = [[str(kind), words] for kind, __, words in arcs(part)]
        found.append([group, row, column])
    return found


def _skips(trace: Trace) -> list[tuple[str, str]]:
    drawn = {edge.kind for edge in trace.edges}
    return [(str(kind), words) for kind, words in skip_names().items() if kind in drawn]


def _labels() -> dict[str, str]:
    return {
        "image": _("image"),
        "parameters": _("Parameters"),
        "macs": _("MACs"),
        "bytes": _("Memory of the output in float32, bytes"),
        "activations": _("Activations, bytes"),
        "output": _("Output"),
        "input": _("Input"),
        "field": _("Receptive field, px"),
        "layers": _("Layers"),
        "blocks": _("Blocks"),
        "from": _("From"),
        "to": _("To"),
        "counted": _("counts in the depth"),
        "none": _("Nothing found"),
        "pick": _("Click a layer to see its numbers. Click a group to unfold it."),
        "unfold": _("unfold"),
        "fold": _("fold"),
        "found": _("{n} found"),
    } | {str(kind): words for kind, words in skip_names().items()}


def _colours(kinds: Sequence[str] | dict[str, None]) -> str:
    """Style rules with the colours of `theme`, in the light and the dark theme."""

    def variables(dark: bool) -> str:  # noqa: FBT001
        shades = {
            "text": theme.TEXT, "line": theme.LINE, "group": theme.GROUP, "cluster": theme.CLUSTER, "skip": theme.SKIP,
            "mark": theme.SELECTED,
        } | {f"kind-{kind}": theme.fill(kind) for kind in kinds}  # fmt: skip
        rules = "".join(f"--{key}:{shade.on(dark=dark)};" for key, shade in shades.items())
        return (
            rules
            + f"--paper:{'#10151c' if dark else theme.PAPER};--scale:linear-gradient(90deg,{','.join(theme.SCALE)});"
        )

    fills = "".join(f".kind-{kind}{{background:var(--kind-{kind})}}" for kind in kinds)
    return f":root{{{variables(False)}}}@media (prefers-color-scheme:dark){{:root{{{variables(True)}}}}}{fills}"  # noqa: FBT003
