"""The tabs below the graph: table, charts, depth, other tools' counts, torchinfo, code. Only the open one is drawn."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import streamlit as st

from models.specs.choices import Init
from models.specs.depth import other_depth
from models.specs.external import ExternalSpec, Network
from models.specs.naming import depth_note, describe
from models.tracing.kinds import KINDS, Kind
from models.tracing.layers import DepthRule, Layer
from models.tracing.records import Trace
from viz.architecture import figures, tab_paths, tables
from viz.backend import cached
from viz.language import N_, _, ngettext, worded
from viz.state import session
from viz.state.architecture import Tab, View
from viz.state.hidden import QUANTITIES, hides
from viz.style import format
from viz.text.labels import label
from viz.ui import chart, origin, table_export, widgets
from viz.ui.widgets import Form

if TYPE_CHECKING:
    import plotly.graph_objects as go

_DRAWN = {
    Init.DEFAULT: N_("PyTorch's default initialisation"),
    Init.KAIMING: N_("Kaiming initialisation (normal, fan out)"),
    Init.XAVIER: N_("Xavier initialisation (uniform)"),
    Init.ORTHOGONAL: N_("orthogonal initialisation"),
}
_TELLS = {
    Tab.OTHERS: QUANTITIES,
    Tab.TORCHINFO: QUANTITIES,
    Tab.PATHS: ("depth",),
    Tab.CODE: ("params", "name"),
}  # tabs that tell these
_MOST_NAMES = 48  # names of counted layers listed per stage


def show(spec: Network, trace: Trace, view: View) -> None:
    bodies = {
        Tab.LAYERS: _table,
        Tab.CHARTS: _charts,
        Tab.DEPTH: _depth,
        Tab.OTHERS: _others,
        Tab.TORCHINFO: _torchinfo,
        Tab.PATHS: tab_paths.show,
        Tab.CODE: _code,
    }
    widgets.tabs(
        bodies,
        view.tab,
        "view_tab",
        lambda tab: session.put_view(tab=tab),
        lambda tab: bodies[tab](spec, trace, view),
        _TELLS,
    )


def _table(spec: Network, trace: Trace, view: View) -> None:

    rows, files = st.columns([4, 3], vertical_alignment="bottom")
    with rows:
        form = Form(view, session.put_view, "view")
        form.choice("rows", _("Each row is"), widget=st.segmented_control)
    table = tables.layer_table(spec, view.rows)
    with files.container(horizontal=True, horizontal_alignment="right"):
        table_export.buttons(table.frame, f"{cached.file_name(spec)}-{view.rows}", "save", shares=table.shares)

    def selected() -> None:
        selection = st.session_state["table"].selection
        rows = [row for row, __ in selection.cells] or selection.rows
        session.put_view(layer=table.paths[rows[0]] if rows else "")

    place = [table.paths.index(view.layer)] if view.layer in table.paths else []
    st.session_state["table"] = {"selection": {"rows": place, "columns": [], "cells": []}}
    st.dataframe(
        table.frame,
        key="table",
        hide_index=True,
        height=min(420, 38 + 35 * len(table.paths)),
        on_select=selected,
        selection_mode=("single-row", "single-cell"),
        column_config=_columns(table),
        alt=_(
            "Table of {network}: shapes, parameters, MACs and receptive fields. Each row is {row}.",
            network=worded(describe(spec).title),
            row=label(view.rows),
        ),
    )


def _columns(table: tables.Table) -> dict[str, Any]:
    """Column configuration: numbers with thousands separators, shares as bars."""
    frame = table.frame
    numbers = {
        _("Parameters"): 130,
        _("MACs"): 130,
        _("Activations, bytes"): 140,
        _("Saved for backward, bytes"): 180,
        _("Receptive field, px"): None,
        _("Layers"): None,
    }
    return {
        name: st.column_config.NumberColumn(format="localized", width=width)
        for name, width in numbers.items()
        if name in frame
    } | {
        name: st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=max(*frame[name], 1e-9))
        for name in table.shares
    }


def _charts(spec: Network, trace: Trace, view: View) -> None:
    left, right = st.columns(2)
    with left:
        if not hides("params"):
            _chart(figures.by_layer(trace, "params", selected=view.layer), "params", spec)
        if figures.has_shapes(trace):
            _chart(figures.shapes(trace, selected=view.layer), "shapes", spec)
    with right:
        if not hides("macs"):
            _chart(figures.by_layer(trace, "macs", selected=view.layer), "macs", spec)
        if trace.receptive_field and not hides("receptive_field"):
            _chart(figures.receptive_field(trace, selected=view.layer), "field", spec)
    if not hides("params", "macs"):
        _chart(figures.by_stage(trace), "stages", spec)


def _chart(figure: "go.Figure", key: str, spec: Network) -> None:
    """Show a chart below its title, which a narrow chart would cut; it is the alternative text too."""
    said = figure.layout.title.text
    figure.update_layout(title=None, margin_t=40)
    st.markdown(f"**{said}**")
    chart.show(lambda **__: figure, key, alt=said, name=cached.file_name(spec), height=336)


def _depth(spec: Network, trace: Trace, view: View) -> None:
    """List the counted layers by stage, and the kinds of layer that are not counted."""
    terms = [str(total.depth) for total in trace.stages if total.depth]
    heading = _("Why {depth:,} layers?", depth=trace.depth)
    rule = _("Counted: {rule}.", rule=label(trace.depth_rule))
    st.markdown(f"## {heading} {' + '.join(terms)} = {trace.depth:,}\n{rule}")
    for total in trace.stages:
        own = [layer for layer in trace.layers if layer.stage == total.path]
        counted = [layer.path.removeprefix(total.path).lstrip(".") for layer in own if layer.counted]
        stage = format.stage(total.path)
        if total.blocks:
            stage = ngettext("{stage}, {n} block", "{stage}, {n} blocks", total.blocks, stage=stage)
        heading = _("{stage}: {n:,} counted", stage=stage, n=len(counted))
        left_out = _("not counted: {layers}", layers=_uncounted(own))
        st.markdown(f"**{heading}**; :gray[{left_out}]")
        names = [f"`{name}`" for name in counted]
        if len(names) > _MOST_NAMES:
            half = _MOST_NAMES // 2
            names = [*names[:half], _("and {n:,} more", n=len(names) - _MOST_NAMES), *names[-half:]]
        st.markdown(" ".join(names))
    if note := depth_note(spec):
        st.markdown(worded(note))
    if other_depth(spec) is None and trace.depth_rule is not DepthRule.LONGEST:
        rules = (DepthRule.CLASSIFIER, DepthRule.PROJECTIONS)
        other = next(rule for rule in rules if rule is not trace.depth_rule)
        st.caption(
            _("Other papers count {rule}; this gives {depth:,}.", rule=label(other), depth=trace.depth_by(other))
        )


def _uncounted(layers: list[Layer]) -> str:
    """Numbers of uncounted layers by kind, as in "projections: 1, norms: 12, activations: 8"."""
    kinds = Counter(
        _("projections") if layer.projection and layer.kind is Kind.CONV else _(KINDS[layer.kind].outputs)
        for layer in layers
        if not layer.counted
    )
    return _(", ").join(f"{kind}: {number}" for kind, number in kinds.items()) or _("nothing")


def _others(spec: Network, trace: Trace, view: View) -> None:
    frame = tables.others(trace)
    words, files = st.columns([4, 3], vertical_alignment="bottom")
    words.caption(
        _(
            "The same network as other tools count it, for one image. Their rules explain why a number elsewhere "
            "may differ from the one above. 1 MAC (a multiplication and an addition) is 2 FLOPs; many tools call "
            "MACs FLOPs."
        )
    )
    with files.container(horizontal=True, horizontal_alignment="right"):
        table_export.buttons(frame, f"{cached.file_name(spec)}-as-others-count", "others")
    st.dataframe(
        frame,
        key="others",
        hide_index=True,
        height=38 + 35 * len(frame),
        column_config={
            _("Total"): st.column_config.NumberColumn(format="localized", width=150),
            _("What is counted"): st.column_config.TextColumn(width="large"),
        },
        alt=_("Totals of {network} as other tools count them.", network=worded(describe(spec).title)),
    )


def _torchinfo(spec: Network, trace: Trace, view: View) -> None:
    st.caption(
        _(
            "What torchinfo prints for the same network. Its mult-adds include biases and norms, so its totals differ "
            "a little from the table's."
        )
    )
    _scrolled(cached.torchinfo_summary(spec), None)


def _code(spec: Network, trace: Trace, view: View) -> None:
    text = f"# {origin.comment()}\n{cached.source(spec)}"
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.write(_about_code(spec, trace))
    with right:
        widgets.download(
            _("Save"), text, f"{cached.file_name(spec)}.py", "text/x-python", key="save_py", width="stretch"
        )
    _scrolled(text, "python")


def _about_code(spec: Network, trace: Trace) -> str:
    if isinstance(spec, ExternalSpec):
        return _("This file builds the network with {library}.", library=spec.library.name)
    values = {"params": trace.params, "init": _(_DRAWN[spec.init])}
    if spec.essential.zero_init_residual:
        return _(
            "This file builds the network with torch alone: {params:,} parameters, {init}, the last weight of each "
            "branch zero.",
            **values,
        )
    return _("This file builds the network with torch alone: {params:,} parameters, {init}.", **values)


def _scrolled(text: str, language: str | None) -> None:
    """Show long text in a frame; the copy button inside is focusable, so that the keyboard can scroll it."""
    with st.container(height=520, border=False):
        st.code(text, language=language, wrap_lines=True)
