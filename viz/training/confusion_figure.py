"""The confusion matrix of a trained network as a chart."""

import numpy as np
import plotly.graph_objects as go

from models.training.records import Predictions
from viz.language import _
from viz.style import theme


def confusion(found: Predictions, *, dark: bool = False) -> go.Figure:
    """Return how many images of each class were taken for which; only mistakes are coloured, the more the stronger."""
    table = found.confusion
    count = len(found.classes)
    off = np.where(np.eye(count, dtype=bool), np.nan, table.astype(float))  # right answers have no colour
    colour = theme.PLAIN.on(dark=dark)
    names = list(found.classes)
    figure = go.Figure()
    text = [[str(value) if value else "" for value in row] for row in table] if count <= 20 else None
    figure.add_heatmap(
        z=off,
        x=names,
        y=names,
        text=text,
        texttemplate="%{text}" if text else None,
        textfont={"size": theme.CHART_TEXT, "color": theme.TEXT.on(dark=dark)},
        colorscale=[[0.0, theme.faded(colour, 0.0)], [1.0, theme.faded(colour, 0.75)]],
        zmin=0,
        xgap=1,
        ygap=1,
        customdata=table,
        hovertemplate=_("{truth} taken for {taken}", truth="%{y}", taken="%{x}") + ": %{customdata}<extra></extra>",
        colorbar={"title": {"text": _("mistakes")}},
        showscale=text is None,
    )
    figure.update_layout(theme.layout("", height=560), margin={"t": 20})
    figure.update_xaxes(title_text=_("taken for"), type="category", constrain="domain", showgrid=False)
    figure.update_yaxes(
        title_text=_("true class"), type="category", autorange="reversed", scaleanchor="x", showgrid=False
    )
    return figure
