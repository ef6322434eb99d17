"""The clickable graph: one inline component that shows an SVG and says which node was picked."""

from collections.abc import Callable
from hashlib import blake2b
from html import escape
from pathlib import Path

import streamlit as st

from models.records import JOINS, EdgeKind
from viz import theme
from viz.graph import SIGN, Picture

_HERE = Path(__file__).parent


def _colours() -> str:
    """theme.py's colours as style rules: the SVG carries the light ones, the dark theme overrides them."""
    rules = [f".frame {{ --line: {theme.LINE.light}; }} .frame.dark {{ --line: {theme.LINE.dark}; }}"]
    for kind, shade in theme.KIND.items():
        rules.append(f".dark .kind-{kind} polygon, .dark .kind-{kind} ellipse {{ fill: {shade.dark}; }}")
        rules.append(
            f".legend i.{kind} {{ background: {shade.light}; }} .dark .legend i.{kind} {{ background: {shade.dark}; }}"
        )
    rules.append(f".dark .group path, .dark .group polygon {{ fill: {theme.GROUP.dark}; }}")
    rules.append(f".dark .cluster > path, .dark .cluster > polygon {{ fill: {theme.CLUSTER.dark}; stroke: #3a4655; }}")
    rules.append(f".dark .node:not(.value) text, .dark .cluster text {{ fill: {theme.TEXT.dark}; }}")
    rules.append(f".legend line {{ stroke: {theme.SKIP.light}; }} .dark .legend line {{ stroke: {theme.SKIP.dark}; }}")
    rules.append(".dark .node path, .dark .node polygon, .dark .node ellipse { stroke: var(--line); }")
    rules.append(".dark .value-none path, .dark .value-none polygon { fill: #10151c; }")
    rules.append(
        ".dark .edge path { stroke: var(--line); } .dark .edge polygon { stroke: var(--line); fill: var(--line); }"
    )
    for skip in (EdgeKind.IDENTITY, EdgeKind.PROJECTION, EdgeKind.CONCAT):
        rules.append(f".dark .edge-{skip} path {{ stroke: {theme.SKIP.dark}; }}")
        rules.append(f".dark .edge-{skip} text {{ fill: {theme.SKIP.dark}; }}")
        rules.append(f".dark .edge-{skip} polygon {{ stroke: {theme.SKIP.dark}; fill: {theme.SKIP.dark}; }}")
    return "\n".join(rules)


_COMPONENT = st.components.v2.component(
    "skipscope_graph",
    html=(_HERE / "view.html").read_text(),
    css=_colours() + "\n" + (_HERE / "view.css").read_text(),
    js=(_HERE / "view.js").read_text(),
)


def graph_view(
    picture: Picture, svg: str, *, key: str, network: str, shown: str, height: str, on_pick: Callable[[str], None]
) -> None:
    """Show a picture. `shown` is the id of the marked node; `on_pick` is called with the id of a clicked one.

    `height` is a length of CSS. While `network` stays the same, the place and the zoom stay too.
    """

    def picked() -> None:
        on_pick(str(st.session_state[key].picked))

    _COMPONENT(
        key=key,
        data={
            "svg": svg,
            "hash": blake2b(svg.encode(), digest_size=8).hexdigest(),
            "network": network,
            "words": picture.nodes,
            "order": list(picture.nodes),
            "shown": shown,
            "alt": picture.alt,
            "note": picture.note,
            "legend": _legend(picture),
            "height": height,
        },
        on_picked_change=picked,
    )


def _legend(picture: Picture) -> str:
    """What fills and lines mean, as HTML."""
    entries = []
    if picture.legend is not None:
        stops = ", ".join(theme.SCALE)
        low, high = picture.legend.ends
        bar = f'<i class="bar" style="background:linear-gradient(to right, {stops})"></i>'
        entries.append(f"{escape(picture.legend.unit)}, log scale")
        entries += [f"{bar}", f"{low} to {high}"]
    else:
        entries += [f'<i class="{kind}"></i>{theme.KIND_NAME[kind]}' for kind in picture.kinds if kind not in JOINS]
    entries += [
        f'<i class="round {kind}">{SIGN[kind]}</i>{theme.KIND_NAME[kind]}' for kind in picture.kinds if kind in JOINS
    ]
    names = {EdgeKind.IDENTITY: "identity", EdgeKind.PROJECTION: "projection", EdgeKind.CONCAT: "passed on"}
    for kind, name in names.items():
        if kind in picture.skips:
            dash = 'stroke-dasharray="6 4"' if theme.EDGE_STYLE[kind] == "dashed" else ""
            line = f'<line x1="0" y1="5" x2="34" y2="5" stroke-width="3" {dash}/>'
            entries.append(f"<svg>{line}</svg>{name}")
    if picture.several:
        entries.append("with a number: so many skips, folded")
    return "".join(f"<span>{entry}</span>" for entry in entries)
