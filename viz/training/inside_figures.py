"""Charts of experiments with trained networks: lesions, responses, feature reuse."""

from collections.abc import Sequence
from math import inf

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from models.tracing.layers import INPUT
from models.training.records import Lesions, Response, Reuse
from viz.language import _
from viz.style import format, theme
from viz.style.axes import log_axis
from viz.style.theme import SeriesStyle
from viz.training.figures import own

_WIDE = 20.0  # ratio of the largest to the smallest response above which an axis is logarithmic


def lesions(named: Sequence[tuple[str, Lesions]], looks: Sequence[SeriesStyle], *, dark: bool = False) -> go.Figure:
    """Return the test error without each block in turn, beside that of the whole network."""
    figure = go.Figure()
    for (name, found), look in zip(named, looks, strict=True):
        colour = look.shade.on(dark=dark)
        own = [(place, lesion) for place, lesion in enumerate(found.blocks, start=1) if lesion.error is not None]
        figure.add_scatter(
            x=[place / len(found.blocks) for place, __ in own],
            y=[lesion.error for __, lesion in own],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 3},
            marker={
                "symbol": [look.symbol + ("-open" if lesion.changes_shape else "") for __, lesion in own],
                "size": 9,
                "color": colour,
            },
            customdata=[(lesion.block, f"{lesion.error:.1%}", name) for __, lesion in own],
            hovertemplate=_(
                "<b>{network}</b> without {block}<br>{error} wrong",
                network="%{customdata[2]}",
                block="%{customdata[0]}",
                error="%{customdata[1]}",
            )
            + "<extra></extra>",
        )
        figure.add_hline(y=found.whole, line={"color": colour, "width": 1.5, "dash": "dot"})
    figure.update_layout(theme.layout("", height=420), margin={"t": 40})
    figure.update_xaxes(
        title_text=_("removed block, first to last (open marker: the block changes the shape)"), showticklabels=False
    )
    figure.update_yaxes(title_text=_("test error"), tickformat=".0%", rangemode="tozero")
    return figure


def responses(
    named: Sequence[tuple[str, Sequence[Response]]], looks: Sequence[SeriesStyle], *, dark: bool = False
) -> go.Figure:
    """Return the standard deviation of each convolution's output, after its norm."""
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
    figure.update_xaxes(title_text=_("convolution of the main path, first to last"))
    values = [response.std for __, found in named for response in found if 0 < response.std < inf]
    wide = bool(values) and max(values) > _WIDE * min(values)  # then a linear axis would not show small values
    axis = log_axis(min(values) / 1.3, max(values) * 1.3) if wide else {"rangemode": "tozero"}
    figure.update_yaxes(title_text=_("standard deviation of the output"), **axis)
    return figure


def reuse(found: Sequence[Reuse], *, dark: bool = False) -> go.Figure:
    """Return how strongly each layer (column) weights each earlier output (row), relative to its largest weight."""
    figure = make_subplots(
        rows=1,
        cols=len(found),
        subplot_titles=[format.stage(one.block) for one in found],
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
                    (_reused(target), _reused(source), "" if np.isnan(value) else format.number(float(value)))
                    for target, value in zip(one.targets, row, strict=True)
                ]
                for source, row in zip(one.sources, one.weights, strict=True)
            ],
            hoverongaps=False,
            hovertemplate=_(
                "{layer} from {source}<br>mean weight {weight}",
                layer="%{customdata[0]}",
                source="%{customdata[1]}",
                weight="%{customdata[2]}",
            )
            + "<extra></extra>",
            row=1,
            col=place,
        )
    figure.update_layout(
        own(height=460, margin={"t": 44, "l": 8, "r": 8, "b": 8}),
        coloraxis={
            "colorscale": [[step / (len(theme.SCALE) - 1), colour] for step, colour in enumerate(theme.SCALE)],
            "cmin": 0,
            "cmax": 1,
            "colorbar": {"title": {"text": _("share of<br>largest")}, "tickformat": ".0%"},
        },
    )
    figure.update_xaxes(title_text=_("layer (last: what follows the block)"), **theme.axis())
    figure.update_yaxes(title_text=_("source (0: the block's input)"), **theme.axis(), autorange="reversed")
    return figure


def _reused(name: str) -> str:
    """The name of a layer or of the block's input."""
    return _("the block's input") if name == INPUT else name
