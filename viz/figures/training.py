"""Charts of trainings: curves as they fill in, gradients over time, confusion, lesions, responses, feature reuse."""

from collections.abc import Sequence
from math import inf, isfinite, log, log10

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from models.learned import Lesions, Predictions, Response, Reuse
from models.significance import blew_up
from viz import format, theme
from viz.figures.signals import log_axis
from viz.lessons import Curve
from viz.race import Scale
from viz.theme import Look

_WIDE = 20.0  # between the largest and the smallest response: beyond that an axis is logarithmic
_EXACT = {"loss": ".3f", "error": ".2%"}
_SPLITS = (("train", "training"), ("test", "test"))
_WORDS = {Scale.ERROR: "share of images wrong", Scale.LOSS: "loss"}
_HOVER = "<b>%{fullData.meta}</b>, epoch %{x}<br>%{customdata}<extra></extra>"
_AXES = ("xaxis", "yaxis")


def curves(
    shown: Sequence[Curve],
    looks: Sequence[Look],
    *,
    scale: Scale = Scale.ERROR,
    logarithmic: bool = False,
    dark: bool = False,
    height: int = 400,
) -> go.Figure:
    """Error or loss by epoch, on the training images (left) and on the test images, on one axis (as arXiv 1512.03385,
    figure 1). The room for all epochs is there from the start.
    """
    figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.05,
        subplot_titles=[f"{name} {scale}" for _, name in _SPLITS],
    )
    whole = max((curve.run.all_epochs for curve in shown), default=1)
    for curve, look in zip(shown, looks, strict=True):
        colour = look.shade.on(dark=dark)
        for column, (split, name) in enumerate(_SPLITS, start=1):
            values = [getattr(epoch, f"{split}_{scale}") for epoch in curve.epochs]
            figure.add_scatter(
                x=[epoch.number for epoch in curve.epochs],
                y=[value if not logarithmic or value > 0 else None for value in values],
                name=curve.name,
                meta=f"{curve.name}, {name} images",
                legendgroup=curve.name,
                showlegend=column == 1,
                mode="lines+markers",
                line={"color": colour, "width": 3, "dash": look.dash},
                marker={"symbol": look.symbol, "size": 8, "color": colour},
                customdata=[f"{name} {scale}: {_told(value, _EXACT[scale])}" for value in values],
                hovertemplate=_HOVER,
                row=1,
                col=column,
            )
    figure.update_layout(_own(height=height, margin={"t": 82, "l": 8, "r": 24, "b": 8}, hovermode="closest"))
    figure.update_layout(legend={"y": 1.13, "yanchor": "bottom"})  # above the panels' names
    figure.update_xaxes(title_text="epoch", range=[0.5, whole + 0.5], dtick=_step(whole), **theme.axis())
    axis: dict[str, object] = {"rangemode": "tozero", "tickformat": ".0%" if scale is Scale.ERROR else None}
    values = _values(shown, scale)
    if scale is Scale.LOSS and not logarithmic:
        _beyond(figure, shown, looks, dark=dark)
        axis["range"] = [0, _ceiling(shown)]
    if logarithmic and values:
        axis = log_axis(max(min(values), 1e-6) / 1.3, max(values) * 1.3)
    figure.update_yaxes(**theme.axis() | axis)
    figure.update_yaxes(title_text=_WORDS[scale], row=1, col=1)
    if scale is Scale.ERROR:
        _blown_up(figure, shown)
    return figure


def _blown_up(figure: go.Figure, shown: Sequence[Curve]) -> None:
    """Say the loss of a network whose loss blew up, which its error does not tell, at its last epoch."""
    for curve in shown:
        if curve.epochs and blew_up(curve.epochs[-1].train_loss, curve.run.network.classes):
            last = curve.epochs[-1]
            figure.add_annotation(
                x=last.number,
                y=last.train_error,
                text=f"loss {format.number(last.train_loss)}",
                showarrow=True,
                ax=-30,
                ay=30,
                row=1,
                col=1,
            )


def _ceiling(shown: Sequence[Curve]) -> float:
    """The height of the losses' axis: a test loss in the first epochs can be a million times all others."""
    guess = max((log(curve.run.network.classes) for curve in shown), default=2.3)
    return 1.05 * min(max(_values(shown, Scale.LOSS), default=guess), 1.5 * guess)


def beyond(shown: Sequence[Curve]) -> bool:
    """Whether a loss lies above the axis."""
    return any(_over(curve, _ceiling(shown), split) for curve in shown for split, _ in _SPLITS)


def _over(curve: Curve, top: float, split: str) -> list[tuple[int, float]]:
    """(epoch, loss) of what lies above the axis."""
    losses = [(epoch.number, getattr(epoch, f"{split}_loss")) for epoch in curve.epochs]
    return [(number, loss) for number, loss in losses if not loss <= top]


def _beyond(figure: go.Figure, shown: Sequence[Curve], looks: Sequence[Look], *, dark: bool) -> None:
    """Losses above the axis, marked at its upper end, with their values in the hover."""
    top = _ceiling(shown)
    for curve, look in zip(shown, looks, strict=True):
        for column, (split, name) in enumerate(_SPLITS, start=1):
            over = _over(curve, top, split)
            if over:
                figure.add_scatter(
                    x=[number for number, _ in over],
                    y=[top] * len(over),
                    meta=f"{curve.name}, beyond the axis",
                    mode="markers",
                    marker={"symbol": "arrow-bar-up", "size": 15, "color": look.shade.on(dark=dark)},
                    cliponaxis=False,
                    showlegend=False,
                    customdata=[f"{name} loss: {format.number(value)}" for _, value in over],
                    hovertemplate=_HOVER,
                    row=1,
                    col=column,
                )


def _told(value: float, form: str) -> str:
    return f"{value:{form}}" if isfinite(value) else format.number(value)


def _values(shown: Sequence[Curve], scale: Scale) -> list[float]:
    found = [getattr(epoch, f"{split}_{scale}") for curve in shown for epoch in curve.epochs for split, _ in _SPLITS]
    return [value for value in found if value > 0 and isfinite(value)]


def gradients(shown: Sequence[Curve], *, dark: bool = False) -> go.Figure:
    """Norm of every layer's weight gradient over time, one map a network, all on one logarithmic scale."""
    going = [curve for curve in shown if curve.epochs]
    columns = min(len(going), 2)
    rows = -(-len(going) // columns)
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=[curve.name for curve in going], horizontal_spacing=0.12,
        vertical_spacing=0.16,
    )  # fmt: skip
    logs = [np.array([[_log(norm) for _, norm in epoch.gradients] for epoch in curve.epochs]).T for curve in going]
    known = np.concatenate([table[np.isfinite(table)] for table in logs] or [np.zeros(1)])
    low, high = (float(known.min()), float(known.max())) if known.size else (-1.0, 0.0)
    for place, (curve, table) in enumerate(zip(going, logs, strict=True)):
        paths = [path for path, _ in curve.epochs[0].gradients]
        figure.add_heatmap(
            z=table,
            x=[epoch.number for epoch in curve.epochs],
            y=list(range(1, len(paths) + 1)),
            coloraxis="coloraxis",
            customdata=[
                [(path, format.number(norm)) for norm in row] for path, row in zip(paths, _rows(curve), strict=True)
            ],
            hovertemplate="<b>%{customdata[0]}</b><br>epoch %{x}: %{customdata[1]}<extra></extra>",
            row=place // columns + 1,
            col=place % columns + 1,
        )
    powers = list(range(int(np.floor(low)), int(np.ceil(high)) + 1))
    figure.update_layout(
        _own(height=300 * rows + 80, margin={"t": 44, "l": 8, "r": 8, "b": 8}),
        coloraxis={
            "colorscale": [[step / (len(theme.SCALE) - 1), colour] for step, colour in enumerate(theme.SCALE)],
            "cmin": low,
            "cmax": max(high, low + 0.1),
            "colorbar": {
                "title": {"text": "norm"},
                "tickvals": powers,
                "ticktext": [format.power(10.0**p) for p in powers],
            },
        },
    )
    figure.update_xaxes(title_text="epoch", **theme.axis())
    figure.update_yaxes(title_text="layer, first to last", **theme.axis(), autorange="reversed")
    return figure


def _rows(curve: Curve) -> list[list[float]]:
    """By layer, then by epoch."""
    return [list(row) for row in zip(*[[norm for _, norm in epoch.gradients] for epoch in curve.epochs], strict=True)]


def confusion(found: Predictions, *, dark: bool = False) -> go.Figure:
    """How many images of each class were taken for which; fills tell mistakes."""
    table = found.confusion
    count = len(found.classes)
    off = table * (1 - np.eye(count, dtype=int))
    names = list(found.classes)
    figure = go.Figure()
    text = [[str(value) if value else "" for value in row] for row in table] if count <= 20 else None
    figure.add_heatmap(
        z=off,
        x=names,
        y=names,
        text=text,
        texttemplate="%{text}" if text else None,
        textfont={"size": theme.CHART_TEXT},
        colorscale=[[step / (len(theme.SCALE) - 1), colour] for step, colour in enumerate(theme.SCALE)],
        customdata=table,
        hovertemplate="%{y} taken for %{x}: %{customdata}<extra></extra>",
        colorbar={"title": {"text": "mistakes"}},
        showscale=text is None,
    )
    figure.update_layout(theme.layout("", height=560), margin={"t": 20})
    figure.update_xaxes(title_text="taken for", type="category", constrain="domain")
    figure.update_yaxes(title_text="what it is", type="category", autorange="reversed", scaleanchor="x")
    return figure


def lesions(named: Sequence[tuple[str, Lesions]], looks: Sequence[Look], *, dark: bool = False) -> go.Figure:
    """The test error without each block in turn, beside the whole network's."""
    figure = go.Figure()
    for (name, found), look in zip(named, looks, strict=True):
        colour = look.shade.on(dark=dark)
        own = [(place, lesion) for place, lesion in enumerate(found.blocks, start=1) if lesion.error is not None]
        figure.add_scatter(
            x=[place / len(found.blocks) for place, _ in own],
            y=[lesion.error for _, lesion in own],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 3},
            marker={
                "symbol": [look.symbol + ("-open" if lesion.changes_shape else "") for _, lesion in own],
                "size": 9,
                "color": colour,
            },
            customdata=[(lesion.block, f"{lesion.error:.1%}", name) for _, lesion in own],
            hovertemplate="<b>%{customdata[2]}</b> without %{customdata[0]}<br>%{customdata[1]} wrong<extra></extra>",
        )
        figure.add_hline(y=found.whole, line={"color": colour, "width": 1.5, "dash": "dot"})
    figure.update_layout(theme.layout("", height=420), margin={"t": 40})
    figure.update_xaxes(
        title_text="the block that is left out: first to last (open: it changes the shape)", showticklabels=False
    )
    figure.update_yaxes(title_text="test images wrong", tickformat=".0%", rangemode="tozero")
    return figure


def responses(
    named: Sequence[tuple[str, Sequence[Response]]], looks: Sequence[Look], *, dark: bool = False
) -> go.Figure:
    """The standard deviation of each convolution's output, behind its norm."""
    figure = go.Figure()
    for (name, found), look in zip(named, looks, strict=True):
        colour = look.shade.on(dark=dark)
        figure.add_scatter(
            x=list(range(1, len(found) + 1)),
            y=[response.std for response in found],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 3, "dash": look.dash},
            marker={"symbol": look.symbol, "size": 7, "color": colour},
            customdata=[(response.path, format.number(response.std), name) for response in found],
            hovertemplate="<b>%{customdata[2]}</b>, %{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        )
    figure.update_layout(theme.layout("", height=420), margin={"t": 40})
    figure.update_xaxes(title_text="convolution of the main path, first to last")
    values = [response.std for _, found in named for response in found if 0 < response.std < inf]
    wide = bool(values) and max(values) > _WIDE * min(values)  # then the others would all lie on the floor
    axis = log_axis(min(values) / 1.3, max(values) * 1.3) if wide else {"rangemode": "tozero"}
    figure.update_yaxes(title_text="standard deviation of the output", **axis)
    return figure


def reuse(found: Sequence[Reuse], *, dark: bool = False) -> go.Figure:
    """Each column, a layer, by how strongly it weighs what each row has put out; of its own largest weight."""
    figure = make_subplots(
        rows=1,
        cols=len(found),
        subplot_titles=[one.block.removeprefix("features.") for one in found],
        horizontal_spacing=0.08,
    )
    for place, one in enumerate(found, start=1):
        share = one.weights / np.nanmax(one.weights, axis=0, keepdims=True)
        figure.add_heatmap(
            z=share,
            x=list(range(1, len(one.targets) + 1)),
            y=list(range(len(one.sources))),
            coloraxis="coloraxis",
            customdata=[
                [
                    (target, source, "" if np.isnan(value) else format.number(float(value)))
                    for target, value in zip(one.targets, row, strict=True)
                ]
                for source, row in zip(one.sources, one.weights, strict=True)
            ],
            hoverongaps=False,
            hovertemplate="%{customdata[0]} from %{customdata[1]}<br>mean weight %{customdata[2]}<extra></extra>",
            row=1,
            col=place,
        )
    figure.update_layout(
        _own(height=460, margin={"t": 44, "l": 8, "r": 8, "b": 8}),
        coloraxis={
            "colorscale": [[step / (len(theme.SCALE) - 1), colour] for step, colour in enumerate(theme.SCALE)],
            "cmin": 0,
            "cmax": 1,
            "colorbar": {"title": {"text": "of its<br>largest"}, "tickformat": ".0%"},
        },
    )
    figure.update_xaxes(title_text="layer; last: what follows", **theme.axis())
    figure.update_yaxes(title_text="source; 0: the block's input", **theme.axis(), autorange="reversed")
    return figure


def _own(**more: object) -> dict[str, object]:
    return {key: value for key, value in theme.layout("", **more).items() if key not in _AXES}


def _log(norm: float) -> float:
    return log10(norm) if norm > 0 and isfinite(norm) else float("nan")


def _step(whole: int) -> int:
    """Between two epochs that are labelled."""
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 200) if whole / step <= 10)
