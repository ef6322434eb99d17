"""Charts of the loss around trained weights, as contours and in relief."""

from collections.abc import Sequence
from math import ceil, floor, isfinite, log10
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from models.landscape.records import Cut, Surface, TrainingPath
from viz.language import _
from viz.style import format, theme
from viz.style.theme import SeriesStyle
from viz.training.figures import own

Named = Sequence[tuple[str, Surface | TrainingPath]]
_COLUMNS = 3
_LINES = 14  # contour lines over the whole scale


def contours(named: Named, *, dark: bool = False) -> go.Figure:
    """Return the loss as colours and lines of equal loss, on one logarithmic scale.

    A cross marks the trained weights, a line the path that leads there, with a marker for each of its epochs.
    """
    figure, rows = _panels(named, "xy")
    low, high = _range(named)
    for place, (name, surface) in enumerate(named):
        where = {"row": place // _COLUMNS + 1, "col": place % _COLUMNS + 1}
        figure.add_contour(
            z=_height(surface),
            x=surface.across,
            y=surface.along,
            coloraxis="coloraxis",
            contours={"start": low, "end": high, "size": (high - low) / _LINES or 1.0},
            line={"width": 1, "color": "rgba(255, 255, 255, 0.55)"},
            customdata=_told(name, surface),
            hovertemplate="%{customdata}<extra></extra>",
            **where,
        )
        if isinstance(surface, TrainingPath):
            figure.add_scatter(
                x=[x for x, __ in surface.places], y=[y for __, y in surface.places], mode="lines+markers",
                showlegend=False, line={"width": 3, "color": theme.PAPER}, marker={"size": 6, "color": theme.PAPER},
                customdata=[_("epoch {epoch}", epoch=f"{epoch:.3g}") for epoch in surface.epochs],
                hovertemplate=f"<b>{name}</b><br>%{{customdata}}<extra></extra>", **where,
            )  # fmt: skip
        figure.add_scatter(
            x=[0], y=[0], mode="markers", showlegend=False, hoverinfo="skip",
            marker={"symbol": "cross", "size": 12, "color": theme.PAPER, "line": {"width": 2, "color": "#1c2430"}},
            **where,
        )  # fmt: skip
    figure.update_layout(own(height=120 + 400 * rows, margin={"t": 44, "l": 8, "r": 8, "b": 8}))
    figure.update_layout(coloraxis=_scale(low, high, rows))
    figure.update_xaxes(title_text=_("first direction"), **theme.axis(), constrain="domain")
    figure.update_yaxes(**theme.axis(), scaleratio=1, constrain="domain")
    for place in range(len(named)):
        axis = "x" if place == 0 else f"x{place + 1}"
        figure.update_yaxes(scaleanchor=axis, row=place // _COLUMNS + 1, col=place % _COLUMNS + 1)
    figure.update_yaxes(title_text=_("second direction"), col=1)
    return figure


def relief(named: Named, *, dark: bool = False) -> go.Figure:
    """Return the loss as the height of a surface, on one logarithmic scale."""
    figure, rows = _panels(named, "scene")
    low, high = _range(named)
    for place, (name, surface) in enumerate(named):
        figure.add_surface(
            z=_height(surface), x=surface.across, y=surface.along, coloraxis="coloraxis",
            customdata=_told(name, surface), hovertemplate="%{customdata}<extra></extra>",
            row=place // _COLUMNS + 1, col=place % _COLUMNS + 1,
        )  # fmt: skip
    line = {"color": theme.TEXT.on(dark=dark), "gridcolor": theme.REFERENCE, "showbackground": False}
    figure.update_scenes(
        xaxis={"title": {"text": _("first direction")}, **line},
        yaxis={"title": {"text": _("second direction")}, **line},
        zaxis={"title": {"text": _("loss")}, "range": [low, high], "showticklabels": False, **line},
        aspectmode="manual", aspectratio={"x": 1, "y": 1, "z": 0.8}, camera={"eye": {"x": 1.6, "y": -1.3, "z": 1.0}},
    )  # fmt: skip
    figure.update_layout(own(height=120 + 440 * rows, margin={"t": 44, "l": 8, "r": 8, "b": 8}))
    figure.update_layout(coloraxis=_scale(low, high, rows))
    return figure


def cuts(named: Sequence[tuple[str, Cut, SeriesStyle]], ends: tuple[str, str], *, dark: bool = False) -> go.Figure:
    """Return the loss on straight lines between two sets of weights, on training images (left) and on test images."""
    titles = (_("training loss"), _("test loss"))
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.12, subplot_titles=titles)
    for name, found, look in named:
        colour = look.shade.on(dark=dark)
        for column, losses in enumerate((found.train_loss, found.test_loss), start=1):
            figure.add_scatter(
                x=found.places, y=[loss if isfinite(loss) else None for loss in losses], name=name, legendgroup=name,
                showlegend=column == 1, mode="lines+markers", row=1, col=column,
                line={"color": colour, "width": 3, "dash": look.dash},
                marker={"symbol": look.symbol, "size": 6, "color": colour},
                customdata=[format.number(loss) for loss in losses],
                hovertemplate="<b>%{fullData.name}</b><br>%{x:.0%}: %{customdata}<extra></extra>",
            )  # fmt: skip
    figure.update_layout(own(height=400, margin={"t": 60, "l": 8, "r": 16, "b": 8}))
    figure.update_layout(legend={"orientation": "h", "y": 1.12, "yanchor": "bottom"}, showlegend=True)
    ticks = {"tickvals": [0, 0.5, 1], "ticktext": [ends[0], "50%", ends[1]]}
    figure.update_xaxes(title_text=_("share of the way"), **theme.axis() | ticks)
    figure.update_yaxes(title_text=_("loss"), rangemode="tozero", col=1)
    figure.update_yaxes(**theme.axis())
    return figure


def _panels(named: Named, kind: str) -> tuple[go.Figure, int]:
    """An empty figure with a panel for each network, and its number of rows."""
    columns = min(len(named), _COLUMNS)
    rows = -(-len(named) // columns)
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=[name for name, __ in named], specs=[[{"type": kind}] * columns] * rows,
        horizontal_spacing=0.06, vertical_spacing=0.16 / rows,
    )  # fmt: skip
    return figure, rows


def _height(surface: Surface | TrainingPath) -> Any:
    """The logarithm of the loss; NaN, which is left empty, where it is not finite."""
    loss = np.asarray(surface.loss, dtype=float)
    return np.log10(np.where(np.isfinite(loss) & (loss > 0), loss, np.nan))


def _range(named: Named) -> tuple[float, float]:
    """The lowest and the highest logarithm of a loss."""
    heights = np.concatenate([_height(surface).ravel() for __, surface in named])
    known = heights[np.isfinite(heights)]
    if not len(known):
        return -1.0, 1.0
    low, high = float(known.min()), float(known.max())
    return (low, high) if high > low else (low - 0.1, high + 0.1)


def _ticks(low: float, high: float) -> dict[str, Any]:
    digits = (1,) if high - low > 3 else (1, 2, 5) if high - low > 1 else (1, 1.5, 2, 3, 5, 7)
    values = [digit * 10.0**decade for decade in range(floor(low) - 1, ceil(high) + 1) for digit in digits]
    shown = [value for value in values if low <= log10(value) <= high]
    return {"tickvals": [log10(value) for value in shown], "ticktext": [format.number(value) for value in shown]}


def _scale(low: float, high: float, rows: int) -> dict[str, Any]:
    """The colours of the loss, with their bar below the panels, which on a phone need the whole width."""
    return {
        "colorscale": [[step / (len(theme.SCALE) - 1), colour] for step, colour in enumerate(theme.SCALE)],
        "cmin": low,
        "cmax": high,
        "colorbar": {
            "title": {"text": _("loss")},
            **_ticks(low, high),
            "orientation": "h",
            "thickness": 14,
            "len": 0.7,
            "y": -0.2 / rows,
            "yanchor": "top",
        },
    }


def _told(name: str, surface: Surface | TrainingPath) -> list[list[str]]:
    """What is told of each point."""
    return [
        [
            _(
                "<b>{network}</b><br>moved by {x} and {y}<br>loss {loss}, {error} wrong",
                network=name,
                x=format.number(x),
                y=format.number(y),
                loss=format.number(float(surface.loss[row, column])),
                error=f"{float(surface.error[row, column]):.1%}",
            )
            for column, x in enumerate(surface.across)
        ]
        for row, y in enumerate(surface.along)
    ]
