"""A chart for each axis of a sweep: every network as a dot above its value, with and without skips."""

from collections.abc import Sequence
from math import inf
from textwrap import wrap

import plotly.graph_objects as go

from models.signals.grid import Axis
from viz.language import N_, _
from viz.state.sweeps import Quantity
from viz.style import format, theme
from viz.style.axes import log_axis
from viz.text import labels
from viz.text.sweeps import Row, described, medians, value

NAMES = {True: N_("with skips"), False: N_("without skips")}
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "hexagon")  # of the values with lines of their own
MOST_LINES = len(_SYMBOLS)
_APART = 0.12  # how far the two kinds of dots stand to the left and right of their value
_WIDE = 14  # characters of a line under the axis
_HOVER = "%{customdata[0]}<br>%{customdata[1]}<extra>%{fullData.name}</extra>"


def by_axis(
    rows: Sequence[Row],
    axes: Sequence[Axis],
    place: int,
    quantity: Quantity,
    *,
    by: int | None = None,
    dark: bool = False,
) -> go.Figure:
    """Return the values of all networks above those of an axis, and lines through their medians.

    `by`: the place of an axis whose values have lines of their own.
    """
    axis, figure = axes[place], go.Figure()
    floor, ceiling = limits(rows, quantity)
    for skips in (True, False):
        for number, (name, own) in enumerate(_groups(rows, axes, None if by == place else by)):
            symbol = (_SYMBOLS[number] if name else "circle") if skips or name else "square"
            _dots(figure, own, axes, place, quantity, skips=skips, symbol=symbol, ends=(floor, ceiling), dark=dark)
            label = _("{network}, {value}", network=_(NAMES[skips]), value=name) if name else _(NAMES[skips])
            middles = medians(own, place, axis, quantity, skips=skips)
            colour = (theme.SKIP if skips else theme.PLAIN).on(dark=dark)
            figure.add_scatter(
                x=[index + _aside(skips=skips) for index in middles],
                y=list(middles.values()),
                name=label,
                mode="lines+markers",
                line={"color": colour, "width": 3, "dash": "solid" if skips else "dash"},
                marker={"symbol": symbol, "size": 9, "color": colour},
                customdata=[
                    (labels.value(axis.field, axis.values[index]), _("median {value}", value=format.number(one)))
                    for index, one in middles.items()
                ],
                hovertemplate=_HOVER,
            )
    if quantity is not Quantity.LOSS:
        figure.add_hline(y=1, line={"color": theme.REFERENCE, "width": 1.5, "dash": "dot"})
    ticks = ["<br>".join(wrap(labels.value(axis.field, own), _WIDE)) for own in axis.values]
    figure.update_layout(theme.layout("", height=380), margin={"t": 34})
    figure.update_xaxes(
        title_text=labels.field(axis.field), tickvals=list(range(len(ticks))), ticktext=ticks,
        range=[-0.5, len(ticks) - 0.5], tickangle=0,
    )  # fmt: skip
    figure.update_yaxes(title_text=labels.label(quantity), **log_axis(floor, ceiling))
    return figure


def _groups(rows: Sequence[Row], axes: Sequence[Axis], by: int | None) -> list[tuple[str, Sequence[Row]]]:
    """(value in words, its rows) of an axis; all rows under "" if there is none."""
    if by is None:
        return [("", rows)]
    values = axes[by].values[: len(_SYMBOLS)]
    found = [
        (labels.value(axes[by].field, own), [row for row in rows if row.point.values[by] == own]) for own in values
    ]
    return [group for group in found if group[1]]


def _dots(
    figure: go.Figure,
    rows: Sequence[Row],
    axes: Sequence[Axis],
    place: int,
    quantity: Quantity,
    *,
    skips: bool,
    symbol: str,
    ends: tuple[float, float],
    dark: bool,
) -> None:
    """Draw a marker for each network; values that a logarithmic axis can't show stand as crosses at its ends."""
    index = {own: number for number, own in enumerate(axes[place].values)}
    colour, aside = (theme.SKIP if skips else theme.PLAIN).on(dark=dark), _aside(skips=skips)
    found = [(row, value(row.result.skips if skips else row.result.plain, quantity)) for row in rows]
    for usual in (True, False):
        shown = [(row, one) for row, one in found if (0 < one < inf) is usual]
        if not shown:
            continue
        figure.add_scatter(
            x=[index[row.point.values[place]] + aside for row, _one in shown],
            y=[one if usual else ends[0] if one == 0 else ends[1] for _row, one in shown],
            name=_("each network") if usual else _("zero, infinite or not defined"),
            mode="markers",
            marker={"symbol": f"{symbol}-open", "size": 7, "color": colour}
            if usual
            else {"symbol": "x", "size": 9, "color": colour},
            customdata=[(described(row.point, axes), format.number(one)) for row, one in shown],
            hovertemplate=_HOVER,
            showlegend=False,
        )


def _aside(*, skips: bool) -> float:
    return -_APART if skips else _APART


def limits(rows: Sequence[Row], quantity: Quantity) -> tuple[float, float]:
    """Return the ends of the axis of a quantity, which all charts of a sweep share."""
    both = [value(side, quantity) for row in rows for side in (row.result.skips, row.result.plain)]
    known = [one for one in both if 0 < one < inf]
    if quantity is not Quantity.LOSS:
        known.append(1.0)
    return (min(known) / 1.3, max(known) * 1.3) if known else (0.1, 10.0)
