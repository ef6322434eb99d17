"""The clickable graph: a component that shows an SVG and reports which node was picked."""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import streamlit as st

from models.tracing.kinds import JOINS, KINDS
from models.tracing.layers import EdgeKind
from viz.graph.painter import SIGN
from viz.graph.pair import OTHER
from viz.graph.picture import Picture
from viz.graph.words import skip_names
from viz.language import _
from viz.style import theme
from viz.style.html import render

_HERE = Path(__file__).parent


def _colours() -> str:
    """Style rules with theme.py's colours: the SVG contains the light ones, which the dark theme overrides."""
    rules = [f".frame {{ --line: {theme.LINE.light}; }} .frame.dark {{ --line: {theme.LINE.dark}; }}"]
    for kind, shade in ((name, theme.fill(name)) for name in KINDS):
        shapes = ", ".join(f".dark .kind-{kind} {shape}" for shape in ("polygon", "ellipse", "path"))
        rules.append(f"{shapes} {{ fill: {shade.dark}; }}")
        rules.append(
            f".legend i.{kind} {{ background: {shade.light}; }} .dark .legend i.{kind} {{ background: {shade.dark}; }}"
        )
    rules.append(f".dark .group path, .dark .group polygon {{ fill: {theme.GROUP.dark}; }}")
    frame = f"fill: {theme.CLUSTER.dark}; stroke: {theme.STAGE_LINE.dark};"
    rules.append(f".dark .cluster > path, .dark .cluster > polygon {{ {frame} }}")
    for number, shade in enumerate(theme.STAGES):
        rules.append(f".dark .node.stage{number} path {{ fill: {shade.dark}; }}")
        rules.append(f".dark .cluster.tint{number} > path {{ fill: {theme.paler(shade).dark}; }}")
    rules.append(f".dark .node:not(.value) text, .dark .cluster text, .dark g.text text {{ fill: {theme.TEXT.dark}; }}")
    rules.append(f".dark g.text.skip-text text {{ fill: {theme.SKIP.dark}; }}")
    rules.append(f".legend line {{ stroke: {theme.SKIP.light}; }} .dark .legend line {{ stroke: {theme.SKIP.dark}; }}")
    rules.append(".dark .node path, .dark .node polygon, .dark .node ellipse { stroke: var(--line); }")
    rules.append(
        f".dark .changed path, .dark .changed polygon, .dark .changed ellipse {{ stroke: {theme.DIFFERENT.dark}; }}"
    )
    rules.append(".dark .value-none path, .dark .value-none polygon { fill: #10151c; }")
    rules.append(
        ".dark .edge path { stroke: var(--line); } .dark .edge polygon { stroke: var(--line); fill: var(--line); }"
    )
    for skip in (EdgeKind.IDENTITY, EdgeKind.PROJECTION, EdgeKind.CONCAT):
        rules.append(f".dark .edge-{skip} path {{ stroke: {theme.SKIP.dark}; }}")
        rules.append(f".dark .edge-{skip} text {{ fill: {theme.SKIP.dark}; }}")
        rules.append(f".dark .edge-{skip} polygon {{ stroke: {theme.SKIP.dark}; fill: {theme.SKIP.dark}; }}")
    faint = theme.FADED.dark
    rules.append(f".dark .faded path, .dark .faded polygon, .dark .faded ellipse {{ stroke: {faint}; }}")
    rules.append(f".dark .edge.faded polygon, .dark .node.faded:not(.value) text {{ fill: {faint}; }}")
    return "\n".join(rules)


_COMPONENT = st.components.v2.component(
    "skipscope_graph",
    html=(_HERE / "view.html").read_text(),
    css=_colours() + "\n" + (_HERE / "view.css").read_text(),
    js=(_HERE / "player.js").read_text() + (_HERE / "view.js").read_text(),
)


def graph_view(
    picture: Picture, svg: str, *, key: str, network: str, shown: str, height: str, on_pick: Callable[[str], None]
) -> None:
    """Show a picture. `shown` is the id of the marked node; `on_pick` is called with the id of a clicked one.

    `height` is a CSS length. After a click, position and zoom stay if `network` is unchanged.
    """

    def picked() -> None:
        on_pick(str(st.session_state[key].picked))

    played = picture.play.to_json() if picture.play is not None else None
    _COMPONENT(
        key=key,
        data={
            "svg": svg,
            "hash": blake2b(f"{svg}{played}".encode(), digest_size=8).hexdigest(),
            "network": network,
            "words": picture.nodes,
            "order": list(picture.nodes),
            "shown": shown,
            "alt": picture.alt,
            "note": picture.note,
            "labels": _labels(partners=bool(picture.partners)),
            "legend": _legend(picture),
            "height": height,
            "play": played,
            "partners": dict(picture.partners),
            "prefix": OTHER if picture.partners else "",
        },
        on_picked_change=picked,
    )


def _labels(*, partners: bool) -> dict[str, object]:
    """Names of the component's parts, for tooltips and screen readers."""
    return {
        "zoom": _("Zoom"),
        "in": _("Zoom in (+ or Ctrl + wheel)"),
        "out": _("Zoom out (- or Ctrl + wheel)"),
        "fit": _("Fit the whole graph (0)"),
        "natural": _("Actual size (1)"),
        "whole": _("Fit"),
        "play": {
            "name": _("The pass that plays"),
            "play": _("Play"),
            "pause": _("Pause"),
            "back": _("One layer back"),
            "on": _("One layer on"),
            "step": _("Layer"),
            "speed": _("Speed"),
            "start": _("Play: the activations go down, then the gradients come back up."),
            "forward": _("Activations (rms),"),
            "backward": _("Gradients (norm),"),
            "sides": [_("with skips"), _("without skips")] if partners else ["", ""],
            "skip": _("skip"),
            "branch": _("branch"),
        },
        "keys": _("Arrow keys move from node to node, Enter selects or unfolds."),
    }


def _legend(picture: Picture) -> str:
    """The legend as HTML: what fills and lines mean."""
    plain = () if picture.legend is not None else [kind for kind in picture.kinds if kind not in JOINS]
    return render(
        "graph/view/legend.html",
        legend=picture.legend,
        stops=", ".join(theme.SCALE),
        kinds=[(kind, _(KINDS[kind].label)) for kind in plain],
        joins=[(kind, SIGN[kind], _(KINDS[kind].label)) for kind in picture.kinds if kind in JOINS],
        skips=[
            (name, theme.EDGE_STYLE[kind] == "dashed") for kind, name in skip_names().items() if kind in picture.skips
        ],
    )
