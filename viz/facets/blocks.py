"""One block of each network as a graph: additions beside concatenations, groups side by side."""

from functools import partial

import streamlit as st

from viz import block_graph, format, graph, graph_panel, measure, state
from viz.comparison import Which
from viz.facets import Scene
from viz.graph_view import graph_view
from viz.quantities import Subject

_ACROSS = 3  # blocks in a row


def show(scene: Scene) -> None:
    state.seed("compare_which", scene.comparison.which)
    st.segmented_control(
        "A block that", tuple(Which), key="compare_which", required=True, format_func=str, on_change=_changed,
        help="At the start of a stage the shape changes: a residual block projects or pads its shortcut, a DenseNet "
        "has a transition.",
    )  # fmt: skip
    changes = scene.comparison.which is Which.CHANGES
    shown = list(zip(scene.subjects, scene.looks, strict=True))
    for start in range(0, len(shown), _ACROSS):
        row = shown[start : start + _ACROSS]
        for column, (one, look) in zip(st.columns(len(row)), row, strict=True):
            with column:
                block = block_graph.typical(one.trace, changes=changes)
                _block(one, look.glyph, block)
                if block_graph.changes_shape(one.trace, block) is not changes:
                    st.caption(f"All blocks of {one.name} {'keep' if changes else 'change'} their shape: the first.")


def _changed() -> None:
    state.put_comparison(which=st.session_state["compare_which"])


def _block(one: Subject, glyph: str, block: str) -> None:
    layers = [layer for layer in one.trace.layers if layer.block == block]
    params, macs = sum(layer.params for layer in layers), sum(layer.macs for layer in layers)
    counts = f"{params:,} parameters, {format.short(macs)} MACs"
    st.markdown(f"**{glyph} {one.name}**, `{block.removeprefix('features.')}`  \n{counts}")
    drawn, svg = measure.block_picture(one.entry.spec, block)
    graph_view(
        drawn, svg, key=f"block_{one.name}", network=repr(one.entry.spec) + block, shown="",
        height=graph_panel.HEIGHT, on_pick=lambda _: None,
    )  # fmt: skip
    with st.container(horizontal=True):
        for form in ("svg", "pdf", "png"):
            st.download_button(
                form.upper(),
                partial(_drawn, drawn.dot, form, drawn.caption),
                f"{measure.file_name(one.entry.spec)}-{block}.{form}",
                graph_panel.MIME[form],
                on_click="ignore",
                key=f"block_{form}_{one.name}",
            )


def _drawn(dot: str, form: str, caption: str) -> bytes:
    return graph.svg(dot, caption=caption).encode() if form == "svg" else graph.render(dot, form, caption=caption)
