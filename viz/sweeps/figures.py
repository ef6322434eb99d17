"""A chart for each axis of a sweep: every network as a dot above its value, with and without skips."""

from collections.abc import Sequence
from math import inf

import plotly.graph_objects as go

from models.signals.grid import Axis
from viz.language import N_, _
from viz.state.sweeps import Quantity
from viz.style import format, theme
from viz.style.axes import log_axis
from viz.text import labels
from viz.text.sweeps import Row, described, medians, value

NAMES = {True: N_("with skips"), False: N_("without skips")}
_APART = 0.12  # how far the two kinds of dots stand to the left and right of their value
_LONG = 12  # characters of a label from which on labels are slanted
_HOVER = "%{customdata[0]}<br>%{customdata[1]}<extra>%{fullData.name}</extra>"


def by_axis(
    rows: Sequence[Row], axes: Sequence[Axis], place: int, quantity: Quantity, *, dark: bool = False
) -> go.Figure:
    """Return the values of all networks above those of an axis, and lines through their medians."""
    axis, figure = axes[place], go.Figure()
    floor, ceiling = limits(rows, quantity)
    index = {own: number for number, own in enumerate(axis.values)}
    for skips in (True, False):
        colour, symbol = (theme.SKIP if skips else theme.PLAIN).on(dark=dark), "circle" if skips else "square"
        aside = -_APART if skips else _APART
        found = [(row, value(row.result.skips if skips else row.result.plain, quantity)) for row in rows]
        solid = [(row, one) for row, one in found if 0 < one < inf]
        figure.add_scatter(
            x=[index[row.point.values[place]] + aside for row, _one in solid],
            y=[one for _row, one in solid],
            name=_("each network"),
            mode="markers",
            marker={"symbol": f"{symbol}-open", "size": 7, "color": colour},
            customdata=[(described(row.point, axes), format.number(one)) for row, one in solid],
            hovertemplate=_HOVER,
            showlegend=False,
        )
        lost = [(row, one) for row, one in found if not 0 < one < inf]
        if lost:
            figure.add_scatter(
                x=[index[row.point.values[place]] + aside for row, _one in lost],
                y=[floor if one == 0 else ceiling for _row, one in lost],
                name=_("zero, infinite or not defined"),
                mode="markers",
                marker={"symbol": "x", "size": 9, "color": colour},
                customdata=[(described(row.point, axes), format.number(one)) for row, one in lost],
                hovertemplate=_HOVER,
                showlegend=False,
            )
        middles = medians(rows, place, axis, quantity, skips=skips)
        figure.add_scatter(
            x=[number + aside for number in middles],
            y=list(middles.values()),
            name=_(NAMES[skips]),
            mode="lines+markers",
            line={"color": colour, "width": 3, "dash": "solid" if skips else "dash"},
            marker={"symbol": symbol, "size": 9, "color": colour},
            customdata=[
                (labels.value(axis.field, axis.values[number]), _("median {value}", value=format.number(one)))
                for number, one in middles.items()
            ],
            hovertemplate=_HOVER,
        )
    if quantity is not Quantity.LOSS:
        figure.add_hline(y=1, line={"color": theme.REFERENCE, "width": 1.5, "dash": "dot"})
    ticks = [labels.value(axis.field, own) for own in axis.values]
    figure.update_layout(theme.layout("", height=380), margin={"t": 34})
    figure.update_xaxes(
        title_text=labels.field(axis.field), tickvals=list(range(len(ticks))), ticktext=ticks,
        range=[-0.5, len(ticks) - 0.5], tickangle=-30 if max(map(len, ticks)) > _LONG else 0,
    )  # fmt: skip
    figure.update_yaxes(title_text=labels.label(quantity), **log_axis(floor, ceiling))
    return figure


def limits(rows: Sequence[Row], quantity: Quantity) -> tuple[float, float]:
    """Return the ends of the axis of a quantity, which all charts of a sweep share."""
    both = [value(side, quantity) for row in rows for side in (row.result.skips, row.result.plain)]
    known = [one for one in both if 0 < one < inf]
    if quantity is not Quantity.LOSS:
        known.append(1.0)
    return (min(known) / 1.3, max(known) * 1.3) if known else (0.1, 10.0)
