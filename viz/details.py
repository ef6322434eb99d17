"""Below the picture: the table, the charts, the depth, torchinfo's view, the code. Only the open tab is made."""

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from models.depths import other_depth
from models.names import depth_note, describe
from models.records import DepthRule, Kind, Layer, Trace
from models.spec import Init, NetworkSpec
from viz import chart, format, measure, state, theme
from viz.view import Rows, Tab, View

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_DRAWN = {
    Init.DEFAULT: "as PyTorch does",
    Init.KAIMING: "by Kaiming's rule (normal, fan out)",
    Init.XAVIER: "by Xavier's rule (uniform)",
    Init.ORTHOGONAL: "orthogonal",
}
_MOST_NAMES = 48  # of counted layers that are listed in a stage


def show(spec: NetworkSpec, trace: Trace, view: View) -> None:
    state.seed("view_tab", str(view.tab))
    tabs = st.tabs([str(tab) for tab in Tab], key="view_tab", on_change=_changed_tab)
    bodies = {
        Tab.LAYERS: _table,
        Tab.CHARTS: _charts,
        Tab.DEPTH: _depth,
        Tab.OTHERS: _others,
        Tab.TORCHINFO: _torchinfo,
        Tab.CODE: _code,
    }
    for tab, container in zip(Tab, tabs, strict=True):
        if container.open:
            with container:
                bodies[tab](spec, trace, view)


def _changed_tab() -> None:
    state.put_view(tab=Tab(st.session_state["view_tab"]))


def _table(spec: NetworkSpec, trace: Trace, view: View) -> None:

    rows, files = st.columns([4, 3], vertical_alignment="bottom")
    with rows:
        state.seed("view_rows", view.rows)
        st.segmented_control("A row is", tuple(Rows), key="view_rows", required=True, on_change=_changed_rows)
    table = measure.layer_table(spec, view.rows)
    with files.container(horizontal=True, horizontal_alignment="right"):
        _downloads(table.frame, f"{measure.file_name(spec)}-{view.rows}", "save")

    def selected() -> None:
        selection = st.session_state["table"].selection
        rows = [row for row, _ in selection.cells] or selection.rows
        state.put_view(layer=table.paths[rows[0]] if rows else "")

    place = [table.paths.index(view.layer)] if view.layer in table.paths else []
    st.session_state["table"] = {"selection": {"rows": place, "columns": [], "cells": []}}
    st.dataframe(
        table.frame,
        key="table",
        hide_index=True,
        height=min(420, 38 + 35 * len(table.paths)),
        on_select=selected,
        selection_mode=("single-row", "single-cell"),
        column_config=_columns(table.frame),
        alt=f"Table of the {view.rows} of {describe(spec).title} with shapes, parameters, MACs and receptive fields.",
    )


def _columns(frame: "pd.DataFrame") -> dict[str, Any]:
    """Numbers in threes; shares as bars, the longest for the largest."""
    numbers = {"Parameters": 130, "MACs": 130, "Activations, bytes": 140, "Receptive field, px": None, "Layers": None}
    shares = ("Parameters, share", "MACs, share")
    return {
        name: st.column_config.NumberColumn(format="localized", width=width)
        for name, width in numbers.items()
        if name in frame
    } | {
        name: st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=max(*frame[name], 1e-9))
        for name in shares
    }


def _changed_rows() -> None:
    state.put_view(rows=st.session_state["view_rows"])


def _charts(spec: NetworkSpec, trace: Trace, view: View) -> None:
    from viz.figures import architecture  # noqa: PLC0415

    left, right = st.columns(2)
    with left:
        _chart(architecture.by_layer(trace, "params", selected=view.layer), "params", spec)
        _chart(architecture.shapes(trace, selected=view.layer), "shapes", spec)
    with right:
        _chart(architecture.by_layer(trace, "macs", selected=view.layer), "macs", spec)
        _chart(architecture.receptive_field(trace, selected=view.layer), "field", spec)
    _chart(architecture.by_stage(trace), "stages", spec)


def _chart(figure: "go.Figure", key: str, spec: NetworkSpec) -> None:
    """The finding is the title, and the text for those who can't see the chart."""
    chart.show(lambda **_: figure, key, alt=figure.layout.title.text, name=measure.file_name(spec), height=360)


def _depth(spec: NetworkSpec, trace: Trace, view: View) -> None:
    """The counted layers by stage, and what was left out."""
    terms = [str(total.depth) for total in trace.stages if total.depth]
    st.markdown(
        f"## Why {trace.depth:,} layers? {' + '.join(terms)} = {trace.depth:,}\nCounted are {trace.depth_rule}."
    )
    for total in trace.stages:
        own = [layer for layer in trace.layers if layer.stage == total.path]
        counted = [layer.path.removeprefix(total.path).lstrip(".") for layer in own if layer.counted]
        blocks = f", {format.plural(total.blocks, 'block')}" if total.blocks else ""
        heading = f"**{total.path.removeprefix('features.')}{blocks}: {len(counted):,} counted**"
        st.markdown(f"{heading}; :gray[not counted: {_uncounted(own)}]")
        if len(counted) > _MOST_NAMES:
            half = _MOST_NAMES // 2
            counted = [*counted[:half], f"and {len(counted) - _MOST_NAMES:,} more", *counted[-half:]]
        st.markdown(" ".join(f"`{name}`" for name in counted))
    if words := depth_note(spec):
        st.markdown(words)
    if other_depth(spec) is None:
        other = next(rule for rule in DepthRule if rule is not trace.depth_rule)
        st.caption(f"Other papers count {other}: that would be {trace.depth_by(other):,}.")


def _uncounted(layers: list[Layer]) -> str:
    """As in "1 projection, 12 norms and 8 activations"."""
    nouns = Counter(
        "projection" if layer.projection and layer.kind is Kind.CONV else theme.NOUN[layer.kind]
        for layer in layers
        if not layer.counted
    )
    return format.listing(format.plural(number, noun) for noun, number in nouns.items()) or "nothing"


def _others(spec: NetworkSpec, trace: Trace, view: View) -> None:
    from viz import tables  # noqa: PLC0415

    frame = tables.others(trace)
    words, files = st.columns([4, 3], vertical_alignment="bottom")
    words.caption(
        "The same network by the rules of other tools, for one image: where a number elsewhere differs from the "
        "headline's, this says why. 1 MAC, a multiplication and an addition, is 2 FLOPs; many tools call MACs FLOPs."
    )
    with files.container(horizontal=True, horizontal_alignment="right"):
        _downloads(frame, f"{measure.file_name(spec)}-as-others-count", "others")
    st.dataframe(
        frame,
        key="others",
        hide_index=True,
        height=38 + 35 * len(frame),
        column_config={
            "Total": st.column_config.NumberColumn(format="localized", width=150),
            "What is counted": st.column_config.TextColumn(width="large"),
        },
        alt=f"Totals of {describe(spec).title} as other tools count them, with each tool's rule.",
    )


def _downloads(frame: "pd.DataFrame", name: str, key: str) -> None:
    from viz import tables  # noqa: PLC0415

    for label, write, end, mime in tables.FORMS:
        st.download_button(label, partial(write, frame), f"{name}.{end}", mime, on_click="ignore", key=f"{key}_{end}")


def _torchinfo(spec: NetworkSpec, trace: Trace, view: View) -> None:
    st.caption(
        "The same network through torchinfo, in its own words. Its mult-adds include biases and norms; so its totals "
        "differ a little from the table's."
    )
    _scrolled(measure.torchinfo_summary(spec), None)


def _code(spec: NetworkSpec, trace: Trace, view: View) -> None:
    text = measure.source(spec)
    left, right = st.columns([5, 1], vertical_alignment="center")
    start = f"weights drawn {_DRAWN[spec.init]}"
    if spec.essential.zero_init_residual:
        start += ", the last of each branch zero"
    left.write(f"This file builds this network with torch alone: {trace.params:,} parameters, {start}.")
    right.download_button(
        "Save",
        text,
        f"{measure.file_name(spec)}.py",
        "text/x-python",
        on_click="ignore",
        key="save_py",
        width="stretch",
    )
    _scrolled(text, "python")


def _scrolled(text: str, language: str | None) -> None:
    """Long text in a frame that the keyboard can scroll: the button that copies it is inside."""
    with st.container(height=520, border=False):
        st.code(text, language=language, wrap_lines=True)
