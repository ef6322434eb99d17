"""Chart of finished runs of any races: test error against a property of the network or of its training."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import plotly.graph_objects as go

from viz.language import _
from viz.style import theme
from viz.style.axes import log_axis
from viz.training.figures import own

MOST_GROUPS = 6  # that have a style of their own


@dataclass(frozen=True, slots=True)
class Point:
    """A finished run in the chart."""

    name: str
    group: str
    x: float
    error: float  # on the test images
    kind: str = ""  # of the group's networks, if it is one kind: it has the colour of that kind on every page


def runs(points: Sequence[Point], quantity: str, *, logarithmic: bool = False, dark: bool = False) -> go.Figure:
    """Return a marker for each run, in the colour of its group, and lines through each group's mean at each place.

    Groups beyond the sixth share one style. `quantity` is the title of the horizontal axis.
    """
    figure, groups = go.Figure(), list(dict.fromkeys(one.group for one in points))
    kinds = {one.group: one.kind or one.group for one in reversed(points)}
    styles = dict(zip(groups, theme.series_styles([kinds[group] for group in groups[:MOST_GROUPS]]), strict=False))
    for group in groups:
        inside = [one for one in points if one.group == group]
        look = styles.get(group)
        colour = look.shade.on(dark=dark) if look else theme.REFERENCE
        places = sorted({one.x for one in inside})
        if len(places) > 1:
            figure.add_scatter(
                x=places, y=[fmean(one.error for one in inside if one.x == place) for place in places], mode="lines",
                line={"color": colour, "width": 2, "dash": look.dash if look else "dot"}, legendgroup=group,
                showlegend=False, hoverinfo="skip",
            )  # fmt: skip
        figure.add_scatter(
            x=[one.x for one in inside], y=[one.error for one in inside], mode="markers", name=group, legendgroup=group,
            marker={"symbol": look.symbol if look else "circle", "size": 11, "color": colour},
            customdata=[[one.name, f"{one.error:.2%}"] for one in inside],
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(own(height=420, margin={"t": 50, "l": 8, "r": 24, "b": 40}))
    figure.update_layout(legend={"orientation": "h", "y": 1.04, "yanchor": "bottom"}, showlegend=True)
    values = [one.x for one in points]
    axis = log_axis(min(values) / 1.2, max(values) * 1.2) if logarithmic and min(values) > 0 else {}
    figure.update_xaxes(title_text=quantity, **theme.axis() | axis)
    figure.update_yaxes(title_text=_("test error"), tickformat=".0%", rangemode="tozero", **theme.axis())
    return figure
