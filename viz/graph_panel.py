"""The graph with its controls: how deep, which way, coloured by what; and to take away."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from models.spec import NetworkSpec
from viz import graph, measure, state
from viz.folding import Folding, Level, reveal
from viz.graph import Colour, Direction, Picture
from viz.graph_view import graph_view
from viz.view import View

HEIGHT = "max(440px, 57vh)"  # on a projector the picture and the headline fill the first screen
MIME = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}


def show(spec: NetworkSpec, view: View, *, files: DeltaGenerator) -> None:
    """The picture; `files` is where its downloads go."""
    with st.container(horizontal=True):
        level(view)
        _choice("direction", "Direction", tuple(Direction), view.direction, st.segmented_control)
        _choice("colour", "Colour", tuple(Colour), view.colour, st.selectbox, width=150)
    picture, svg = measure.picture(spec, Folding(view.level, view.fold), view.direction, view.colour)
    with files, st.popover("Save", width="stretch"):
        st.write("The graph as it is shown:")
        name = measure.file_name(spec)
        dots = graph.resolution(svg)
        readable = dots >= graph.READABLE
        if not readable:
            st.caption("Too long for a PNG whose letters could be read: take the SVG or the PDF.")
        elif dots < graph.SHARP:
            st.caption(f"So long a picture has {dots} dots an inch as a PNG; the SVG and the PDF stay sharp.")
        for form, mime in MIME.items():
            if form == "png" and not readable:
                continue
            st.download_button(
                form.upper(),
                _drawn(picture, form),
                f"{name}.{form}",
                mime,
                on_click="ignore",
                key=f"save_{form}",
                width="stretch",
            )
        st.download_button(
            "DOT", picture.dot, f"{name}.dot", "text/vnd.graphviz", on_click="ignore", key="save_dot", width="stretch"
        )
    st.html('<span id="graph-start" tabindex="-1"></span>')
    shown = reveal(measure.groups(spec), picture.folding, view.layer) if view.layer else ""

    graph_view(
        picture,
        svg,
        key="graph",
        network=repr(spec) + view.direction,
        shown=shown,
        height=HEIGHT,
        on_pick=partial(pick, picture),
    )


def level(view: View) -> None:
    """How deep the graph is unfolded."""
    _choice("level", "Unfolded to", tuple(Level), view.level, st.segmented_control)


def pick(picture: Picture, node: str) -> None:
    """Select what was clicked; a group unfolds or folds too."""
    folds = picture.folding.toggle(node) if node in picture.groups else picture.folding
    state.put_view(layer=node.removesuffix("+"), level=folds.level, fold=folds.toggled)


def _drawn(picture: Picture, form: str) -> Callable[[], bytes]:
    """Laid out when it is asked for."""
    dot, caption = picture.dot, picture.caption
    return lambda: (
        graph.svg(dot, caption=caption).encode() if form == "svg" else graph.render(dot, form, caption=caption)
    )


def _choice(
    field: str, label: str, options: tuple[Any, ...], value: Any, widget: Callable[..., Any], **more: Any
) -> None:
    key = f"view_{field}"
    state.seed(key, value)
    if widget is st.segmented_control:
        more["required"] = True

    def changed() -> None:
        # another level starts afresh: what was folded by hand belongs to the level before
        state.put_view(**{field: st.session_state[key]} | ({"fold": frozenset()} if field == "level" else {}))

    widget(label, options, key=key, format_func=str, on_change=changed, **more)
