"""Charts of a trace: where parameters and arithmetic are, how shapes and receptive fields change along depth."""

from typing import Any

import plotly.graph_objects as go

from models.records import Kind, Layer, Trace
from viz import format, theme

_HOVER = "<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>"


def by_layer(trace: Trace, quantity: str, *, selected: str = "") -> go.Figure:
    """Bars of "params" or "macs" for every layer that has any, coloured by kind."""
    name = {"params": "parameters", "macs": "MACs"}[quantity]
    layers = [(index, layer) for index, layer in enumerate(trace.layers) if getattr(layer, quantity)]
    figure = go.Figure()
    for kind in Kind:
        own = [(index, layer) for index, layer in layers if layer.kind is kind]
        if own:
            figure.add_bar(
                x=[index for index, _ in own],
                y=[getattr(layer, quantity) for _, layer in own],
                name=theme.KIND_NAME[kind],
                marker={"color": theme.BAR[kind], "line": {"width": 0}},
                customdata=[(layer.path, f"{getattr(layer, quantity):,} {name}") for _, layer in own],
                hovertemplate=_HOVER,
            )
    most = max(getattr(layer, quantity) for _, layer in layers)
    top = [layer.path for _, layer in layers if getattr(layer, quantity) == most]
    share = format.percent(most, getattr(trace, quantity))
    who = f"{top[0]}, {share} of all" if len(top) == 1 else f"{len(top):,} layers, {share} each"
    figure.update_layout(theme.layout(f"Most {name}: {who}", bargap=0.05))
    figure.update_xaxes(title_text="layer, first to last")
    figure.update_yaxes(title_text=name)
    return _marked(figure, trace, selected)


def by_stage(trace: Trace) -> go.Figure:
    """Each stage's share of the parameters and of the MACs, side by side."""
    figure = go.Figure()
    names = [total.path.removeprefix("features.") for total in trace.stages]
    for quantity, name, pattern in (("params", "parameters", ""), ("macs", "MACs", "/")):
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
    holder, worker = (total.path.removeprefix("features.") for total in (heaviest, busiest))
    title = (
        f"{holder} holds {format.percent(heaviest.params, trace.params)} of the parameters, "
        f"{worker} does {format.percent(busiest.macs, trace.macs)} of the MACs"
    )
    figure.update_layout(theme.layout(title, barmode="group"))
    figure.update_yaxes(title_text="share of the network", tickformat=".0%")
    return figure


def shapes(trace: Trace, *, selected: str = "") -> go.Figure:
    """Channels and resolution of what flows from block to block, on a logarithmic axis."""
    last = {layer.block: layer.path for layer in trace.layers}
    layers = [
        (index, layer) for index, layer in _positions(trace) if not layer.block or last[layer.block] == layer.path
    ]
    figure = go.Figure()
    series: tuple[tuple[str, int, str, str, dict[str, Any]], ...] = (
        ("channels", 0, theme.CHANNELS, "circle", {}),
        ("height, px", 1, theme.RESOLUTION, "square", {"dash": "dash"}),
    )
    for name, axis, colour, symbol, line in series:
        figure.add_scatter(
            x=[index for index, _ in layers],
            y=[layer.output_shape[axis] for _, layer in layers],
            name=name,
            mode="lines+markers" if len(layers) <= 60 else "lines",
            line={"color": colour, "width": 2.5, "shape": "hv"} | line,
            marker={"symbol": symbol, "size": 7},
            customdata=[(layer.path, format.shape(layer.output_shape)) for _, layer in layers],
            hovertemplate=_HOVER,
        )
    start, end = layers[0][1].output_shape, trace.features.output_shape
    title = f"From {format.shape(start)} to {format.shape(end)}"
    if end[0] > start[0] and end[1] < start[1]:
        title += ": channels up, resolution down"
    figure.update_layout(theme.layout(title))
    figure.update_xaxes(title_text="layer, first to last")
    doublings = [2**power for power in range(17)]
    figure.update_yaxes(
        title_text="channels; pixels", type="log", tickvals=doublings, ticktext=[f"{n:,}" for n in doublings]
    )
    return _marked(figure, trace, selected)


def receptive_field(trace: Trace, *, selected: str = "") -> go.Figure:
    """What one position of each layer's output sees of the image, and the image's own size."""
    layers = _positions(trace)
    side = max(trace.input_shape[1:])
    figure = go.Figure()
    figure.add_scatter(
        x=[index for index, _ in layers],
        y=[layer.receptive_field for _, layer in layers],
        name="receptive field",
        mode="lines",
        line={"color": theme.CHANNELS, "width": 2.5, "shape": "hv"},
        customdata=[(layer.path, layer.receptive_field_formula + " px") for _, layer in layers],
        hovertemplate=_HOVER,
    )
    figure.add_scatter(
        x=[layers[0][0], layers[-1][0]],
        y=[side, side],
        name=f"the image, {side} px",
        mode="lines",
        line={"color": theme.REFERENCE, "width": 2, "dash": "dot"},
        hoverinfo="skip",
    )
    reaches = next((layer for _, layer in layers if layer.receptive_field >= side), None)
    title = f"Sees {trace.receptive_field} of {side} px"
    if reaches:
        title = f"Sees the whole image from {reaches.path.removeprefix('features.')} on"
    figure.update_layout(theme.layout(title))
    figure.update_xaxes(title_text="layer, first to last")
    figure.update_yaxes(title_text="pixels of the image")
    return _marked(figure, trace, selected)


def _positions(trace: Trace) -> list[tuple[int, Layer]]:
    """The layers of the main path before the global pooling, with their places in the forward pass."""
    end = trace.layers.index(trace.features)
    aside = {edge.target for edge in trace.edges if edge.kind in ("projection", "identity")}
    return [
        (index, layer)
        for index, layer in enumerate(trace.layers[: end + 1])
        if layer.path not in aside or layer.kind is Kind.ADD
    ]


def _marked(figure: go.Figure, trace: Trace, selected: str) -> go.Figure:
    """With a rule at the selected layer."""
    index = next((index for index, layer in enumerate(trace.layers) if layer.path == selected), None)
    if index is not None:
        figure.add_vline(x=index, line={"color": theme.SKIP.dark, "width": 2})
    return figure
