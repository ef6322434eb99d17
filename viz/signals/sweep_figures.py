"""Charts of many measurements: a sweep over depth, and four networks with and without norms and skips."""

from collections.abc import Sequence
from math import inf
from statistics import median

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from models.signals.records import Pair, SweepPoint, Zero
from models.signals.zeros import together
from viz.language import _
from viz.signals.figures import NAMES, curve
from viz.state.shown_layers import QUANTITY
from viz.state.signals import Of
from viz.style import format, theme
from viz.style.axes import log_axis
from viz.text.measured import odd_ratio
from viz.text.quantities import name as quantity_name

_HOVER = "<b>%{x}, %{fullData.name}</b><br>%{customdata[0]}<br>%{customdata[1]}<extra></extra>"


def sweep(points: Sequence[SweepPoint], depths: Sequence[int], *, dark: bool = False) -> go.Figure:
    """Return the ratio of first to last convolution's gradient against depth: a dot per seed, a line for the median."""
    figure = go.Figure()
    known = [point.ratio for point in points if 0 < point.ratio < inf]
    floor, ceiling = (min(known) / 2, max(known) * 2) if known else (0.1, 10.0)
    for skips in (True, False):
        own = [point for point in points if point.skips is skips]
        colour = (theme.SKIP if skips else theme.PLAIN).on(dark=dark)
        symbol = "circle" if skips else "square"
        reached = sorted({point.depth for point in own})
        middles = {depth: _middle([point.ratio for point in own if point.depth == depth]) for depth in reached}
        solid = [depth for depth in reached if 0 < middles[depth] < inf]
        figure.add_scatter(
            x=solid,
            y=[middles[depth] for depth in solid],
            name=_(NAMES[skips]),
            mode="lines+markers",
            line={"color": colour, "width": 3, "dash": "solid" if skips else "dash"},
            marker={"symbol": symbol, "size": 9, "color": colour},
            customdata=[
                (_("first / last: {ratio}", ratio=format.times(middles[depth])), _growths(own, depth))
                for depth in solid
            ],
            hovertemplate=_HOVER,
        )
        each = [point for point in own if 0 < point.ratio < inf]
        if len({point.seed for point in own}) > 1:
            figure.add_scatter(
                x=[point.depth for point in each],
                y=[point.ratio for point in each],
                name=_("{network}, each seed", network=_(NAMES[skips])),
                mode="markers",
                marker={"symbol": f"{symbol}-open", "size": 6, "color": colour},
                showlegend=False,
                hoverinfo="skip",
            )
        lost = [depth for depth in reached if depth not in solid]
        if lost:
            figure.add_scatter(
                x=lost,
                y=[floor if middles[depth] == 0 else ceiling for depth in lost],
                name=_("{network}: ratio 0, infinite or undefined", network=_(NAMES[skips])),
                mode="markers",
                marker={"symbol": "x", "size": 11, "color": colour},
                customdata=[(odd_ratio(middles[depth], _cause(own, depth)), "") for depth in lost],
                hovertemplate=_HOVER,
            )
    figure.add_hline(y=1, line={"color": theme.REFERENCE, "width": 1.5, "dash": "dot"})
    figure.update_layout(theme.layout("", height=420), margin={"t": 34})
    figure.update_xaxes(title_text=_("depth, layers"), range=[0, max(depths) * 1.03])
    figure.update_yaxes(title_text=_("first convolution's gradient / last convolution's"), **log_axis(floor, ceiling))
    return figure


def regimes(pairs: dict[str, Pair], of: Of, *, dark: bool = False) -> go.Figure:
    """Return gradients by layer in four charts, {with, without skips} x {norms}; those of a norm share their scale."""
    names = list(pairs)
    titles = [
        _(
            "{norm}, {network}: first / last {ratio}",
            norm=name,
            network=_(NAMES[skips]),
            ratio=format.times(side.ratio(QUANTITY[of])),
        )
        for name in names
        for skips, side in ((True, pairs[name].skips), (False, pairs[name].plain))
    ]
    figure = make_subplots(
        rows=len(names),
        cols=2,
        shared_yaxes="rows",
        subplot_titles=titles,
        horizontal_spacing=0.03,
        vertical_spacing=0.2,
    )
    for row, name in enumerate(names, start=1):
        lines = {
            skips: side.band(QUANTITY[of], [layer.path for layer in side.convolutions])
            for skips, side in ((True, pairs[name].skips), (False, pairs[name].plain))
        }
        known = [band.middle for bands in lines.values() for band in bands if 0 < band.middle < inf]
        low, high = (min(known) / 4, max(known) * 4) if known else (1e-3, 1.0)
        for column, (skips, bands) in enumerate(lines.items(), start=1):
            curve(figure, bands, skips=skips, dark=dark, floor=low, ceiling=high, row=row, col=column)
        figure.update_yaxes(**log_axis(low, high), row=row)
        figure.update_yaxes(title_text=quantity_name(QUANTITY[of]) if row == 1 else "", row=row, col=1)
    figure.update_layout(
        {key: value for key, value in theme.layout("", height=560).items() if key not in ("xaxis", "yaxis")},
        showlegend=False,
        margin={"t": 40},
    )
    figure.update_annotations(font={"size": 15})
    figure.update_xaxes(title_text=_("convolution, first to last"), row=len(names))
    return figure


def _middle(values: Sequence[float]) -> float:
    return median(values) if all(value == value for value in values) else float("nan")  # noqa: PLR0124  # NaN


def _growths(points: Sequence[SweepPoint], depth: int) -> str:
    factors = [point.growth for point in points if point.depth == depth and point.growth is not None]
    return _("× {factor:.3g} per layer", factor=median(factors)) if factors else ""


def _cause(points: Sequence[SweepPoint], depth: int) -> Zero:
    return together(point.zero for point in points if point.depth == depth and point.zero is not None)
