"""Heat maps of what a training records of each layer at each epoch."""

from collections.abc import Sequence
from math import ceil, floor, isfinite, log10

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from viz.language import _, pgettext
from viz.state.subjects import Curve
from viz.state.training import OfLayers
from viz.style import format, theme
from viz.training.figures import own


def layers(shown: Sequence[Curve], of: OfLayers, *, dark: bool = False) -> go.Figure:
    """Return a value of every layer over time, a heat map per network, on one logarithmic scale."""
    going = [curve for curve in shown if curve.epochs and all(getattr(epoch, of) for epoch in curve.epochs)]
    columns = min(len(going), 2)
    rows = -(-len(going) // columns)
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=[curve.name for curve in going], horizontal_spacing=0.12,
        vertical_spacing=0.16,
    )  # fmt: skip
    values = [_rows(curve, of) for curve in going]
    logs = [np.array([[_log(value) for value in row] for row in table]) for table in values]
    known = np.concatenate([table[np.isfinite(table)] for table in logs])
    low, high = (float(known.min()), float(known.max())) if known.size else (-1.0, 0.0)
    for place, (curve, table, drawn) in enumerate(zip(going, values, logs, strict=True)):
        paths = [path for path, __ in getattr(curve.epochs[0], of)]
        figure.add_heatmap(
            z=drawn,
            x=[epoch.number for epoch in curve.epochs],
            y=list(range(1, len(paths) + 1)),
            coloraxis="coloraxis",
            customdata=[
                [(path, format.number(value)) for value in row] for path, row in zip(paths, table, strict=True)
            ],
            hovertemplate="<b>%{customdata[0]}</b><br>"
            + _("epoch {epoch}", epoch="%{x}")
            + ": %{customdata[1]}<extra></extra>",
            row=place // columns + 1,
            col=place % columns + 1,
        )
    powers = list(range(floor(low), ceil(high) + 1))
    title = pgettext("of a gradient", "norm") if of is OfLayers.GRADIENTS else pgettext("of an update", "share")
    figure.update_layout(
        own(height=300 * rows + 80, margin={"t": 44, "l": 8, "r": 8, "b": 8}),
        coloraxis={
            "colorscale": [[step / (len(theme.SCALE) - 1), colour] for step, colour in enumerate(theme.SCALE)],
            "cmin": low,
            "cmax": max(high, low + 0.1),
            "colorbar": {
                "title": {"text": title}, "tickvals": powers, "ticktext": [format.power(10.0**p) for p in powers],
            },
        },
    )  # fmt: skip
    figure.update_xaxes(title_text=_("epoch"), **theme.axis())
    figure.update_yaxes(**theme.axis(), autorange="reversed")
    figure.update_yaxes(title_text=_("layer, first to last"), col=1)
    return figure


def _rows(curve: Curve, of: OfLayers) -> list[list[float]]:
    """Values by layer, then by epoch."""
    return [list(row) for row in zip(*[[value for __, value in getattr(one, of)] for one in curve.epochs], strict=True)]


def _log(value: float) -> float:
    return log10(value) if value > 0 and isfinite(value) else float("nan")
