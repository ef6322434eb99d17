"""Charts of a traced network: parameters and MACs by layer and stage, shapes and receptive fields along the depth."""

from typing import Any

import plotly.graph_objects as go

from models.tracing.kinds import KINDS, Kind
from models.tracing.layers import Layer
from models.tracing.paths import Paths
from models.tracing.records import Trace
from viz.language import _, ngettext
from viz.style import format, theme

_HOVER = "<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>"


def by_layer(trace: Trace, quantity: str, *, selected: str = "") -> go.Figure:
    """Return a bar chart of "params" or "macs" over all layers that have any, coloured by kind."""
    name = _("parameters") if quantity == "params" else _("MACs")
    layers = [(index, layer) for index, layer in enumerate(trace.layers) if getattr(layer, quantity)]
    figure = go.Figure()
    for kind in KINDS:
        own = [(index, layer) for index, layer in layers if layer.kind is kind]
        if own:
            figure.add_bar(
                x=[index for index, __ in own],
                y=[getattr(layer, quantity) for __, layer in own],
                name=_(KINDS[kind].label),
                marker={"color": KINDS[kind].bar, "line": {"width": 0}},
                customdata=[(layer.path, f"{getattr(layer, quantity):,} {name}") for __, layer in own],
                hovertemplate=_HOVER,
            )
    most = max(getattr(layer, quantity) for __, layer in layers)
    top = [layer.path for __, layer in layers if getattr(layer, quantity) == most]
    share = format.percent(most, getattr(trace, quantity))
    if quantity == "params":
        title = ngettext(
            "Most parameters: {layer}, {share} of all", "Most parameters: {n:,} layers, {share} each", len(top),
            layer=top[0], share=share,
        )  # fmt: skip
    else:
        title = ngettext(
            "Most MACs: {layer}, {share} of all", "Most MACs: {n:,} layers, {share} each", len(top),
            layer=top[0], share=share,
        )  # fmt: skip
    figure.update_layout(theme.layout(title, bargap=0.05))
    figure.update_xaxes(title_text=_("layer, first to last"))
    figure.update_yaxes(title_text=name)
    return _marked(figure, trace, selected)


def paths(found: Paths, *, lit: int | None = None, dark: bool = False) -> go.Figure:
    """Return the share of all paths by their length, as bars; that of the path which is lit up has its own colour."""
    lengths = [length for length, count in enumerate(found.counts) if count]
    shares = [found.share(length, length) for length in lengths]
    figure = go.Figure(
        go.Bar(
            x=lengths,
            y=shares,
            marker={"color": [theme.SELECTED.on(dark=dark) if length == lit else theme.CHANNELS for length in lengths]},
            customdata=[
                (ngettext("{n} branch", "{n} branches", length), _("{share} of all paths", share=f"{share:.2%}"))
                for length, share in zip(lengths, shares, strict=True)
            ],
            hovertemplate=_HOVER,
        )
    )
    figure.update_layout(theme.layout("", bargap=0.15, showlegend=False))
    figure.update_xaxes(title_text=_("branches on the path"))
    figure.update_yaxes(title_text=_("share of all paths"), tickformat=".0%", rangemode="tozero")
    return figure


def by_stage(trace: Trace) -> go.Figure:
    """Return each stage's share of the parameters and of the MACs as grouped bars."""
    figure = go.Figure()
    names = [format.stage(total.path) for total in trace.stages]
    for quantity, name, pattern in (("params", _("parameters"), ""), ("macs", _("MACs"), "/")):
        whole = getattr(trace, quantity)
        values = [getattr(total, quantity) for total in trace.stages]
        figure.add_bar(
            x=names,
            y=[value / whole if whole else 0 for value in values],
            name=name,
            marker={
                "color": theme.CHANNELS if quantity == "params" else theme.RESOLUTION,
                "pattern": {"shape": pattern},
            },
            customdata=[(path, f"{value:,} {name}") for path, value in zip(names, values, strict=True)],
            hovertemplate=_HOVER,
        )
    heaviest = max(trace.stages, key=lambda total: total.params)
    busiest = max(trace.stages, key=lambda total: total.macs)
    holder, worker = (format.stage(total.path) for total in (heaviest, busiest))
    title = _(
        "{holder} holds {params} of the parameters, {worker} does {macs} of the MACs",
        holder=holder,
        params=format.percent(heaviest.params, trace.params),
        worker=worker,
        macs=format.percent(busiest.macs, trace.macs),
    )
    figure.update_layout(theme.layout(title, barmode="group"))
    figure.update_yaxes(title_text=_("share of the network"), tickformat=".0%")
    return figure


def has_shapes(trace: Trace) -> bool:
    """Whether maps of channels, height and width pass through the network, not only tokens."""
    return len(_positions(trace)) > 1


def shapes(trace: Trace, *, selected: str = "") -> go.Figure:
    """Return channels and height of the tensors that pass from block to block, on a logarithmic axis."""
    last = {layer.block: layer.path for layer in trace.layers}
    layers = [
        (index, layer) for index, layer in _positions(trace) if not layer.block or last[layer.block] == layer.path
    ]
    figure = go.Figure()
    series: tuple[tuple[str, int, str, str, dict[str, Any]], ...] = (
        (_("channels"), 0, theme.CHANNELS, "circle", {}),
        (_("height, px"), 1, theme.RESOLUTION, "square", {"dash": "dash"}),
    )
    for name, axis, colour, symbol, line in series:
        figure.add_scatter(
            x=[index for index, __ in layers],
            y=[layer.output_shape[axis] for __, layer in layers],
            name=name,
            mode="lines+markers" if len(layers) <= 60 else "lines",
            line={"color": colour, "width": 2.5, "shape": "hv"} | line,
            marker={"symbol": symbol, "size": 7},
            customdata=[(layer.path, format.shape(layer.output_shape)) for __, layer in layers],
            hovertemplate=_HOVER,
        )
    start, end = layers[0][1].output_shape, trace.features.output_shape
    ends = {"start": format.shape(start), "end": format.shape(end)}
    title = _("From {start} to {end}", **ends)
    if end[0] > start[0] and end[1] < start[1]:
        title = _("From {start} to {end}: more channels, lower resolution", **ends)
    figure.update_layout(theme.layout(title))
    figure.update_xaxes(title_text=_("layer, first to last"))
    doublings = [2**power for power in range(17)]
    figure.update_yaxes(
        title_text=_("channels; pixels"), type="log", tickvals=doublings, ticktext=[f"{n:,}" for n in doublings]
    )
    return _marked(figure, trace, selected)


def receptive_field(trace: Trace, *, selected: str = "") -> go.Figure:
    """Return the receptive field of each layer of the main path, beside the longer side of the image."""
    layers = _positions(trace)
    side = max(trace.input_shape[1:])
    figure = go.Figure()
    figure.add_scatter(
        x=[index for index, __ in layers],
        y=[layer.receptive_field for __, layer in layers],
        name=_("receptive field"),
        mode="lines",
        line={"color": theme.CHANNELS, "width": 2.5, "shape": "hv"},
        customdata=[(layer.path, layer.receptive_field_formula + " px") for __, layer in layers],
        hovertemplate=_HOVER,
    )
    figure.add_scatter(
        x=[layers[0][0], layers[-1][0]],
        y=[side, side],
        name=_("the image, {side} px", side=side),
        mode="lines",
        line={"color": theme.REFERENCE, "width": 2, "dash": "dot"},
        hoverinfo="skip",
    )
    reaches = next((layer for __, layer in layers if layer.receptive_field >= side), None)
    title = _("Receptive field: {field:,} of {side} px", field=trace.receptive_field, side=side)
    if reaches:
        title = _("The receptive field covers the whole image from {layer} on", layer=format.stage(reaches.path))
    figure.update_layout(theme.layout(title))
    figure.update_xaxes(title_text=_("layer, first to last"))
    figure.update_yaxes(title_text=_("pixels of the image"))
    return _marked(figure, trace, selected)


def _positions(trace: Trace) -> list[tuple[int, Layer]]:
    """Layers of the main path before the global pooling, with their indices in the forward pass."""
    end = trace.layers.index(trace.features)
    aside = {edge.target for edge in trace.edges if edge.kind in ("projection", "identity")}
    return [
        (index, layer)
        for index, layer in enumerate(trace.layers[: end + 1])
        if (layer.path not in aside or layer.kind is Kind.ADD) and len(layer.output_shape) == 3
    ]


def _marked(figure: go.Figure, trace: Trace, selected: str) -> go.Figure:
    """Add a vertical line at the selected layer, if there is one."""
    index = next((index for index, layer in enumerate(trace.layers) if layer.path == selected), None)
    if index is not None:
        figure.add_vline(x=index, line={"color": theme.SKIP.dark, "width": 2})
    return figure
