"""Charts of gradients along paths, and of the curvature of the loss."""

from collections.abc import Sequence
from math import isfinite

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from models.landscape.records import Curvatures
from models.signals.path_records import PathGradients
from viz.language import _
from viz.style import format, theme
from viz.style.axes import log_axis
from viz.style.theme import SeriesStyle
from viz.training.figures import own

_ROW = 190  # pixels


def paths(named: Sequence[tuple[str, PathGradients, SeriesStyle]], *, dark: bool = False) -> go.Figure:
    """Return, above one another by length: share of the paths, gradient along one, and the share of both multiplied."""
    titles = (_("share of all paths"), _("gradient along one path"), _("number × gradient, share of the sum"))
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, subplot_titles=titles, vertical_spacing=0.09)
    for name, found, look in named:
        lengths = list(range(found.skips + 1))
        shares = [found.paths.share(length, length) for length in lengths]
        colour = look.shade.on(dark=dark)
        line = {"color": colour, "width": 3, "dash": look.dash}
        marker = {"symbol": look.symbol, "size": 7, "color": colour}
        rows: tuple[tuple[Sequence[int], Sequence[float | None], list[str]], ...] = (
            (lengths, shares, [f"{share:.2%}" for share in shares]),
            (found.lengths, [mean or None for mean in found.means], [format.number(mean) for mean in found.means]),
            (lengths, found.products, [f"{share:.1%}" for share in found.products]),
        )
        for row, (x, y, told) in enumerate(rows, start=1):
            figure.add_scatter(
                x=list(x), y=list(y), name=name, legendgroup=name, showlegend=row == 1, mode="lines+markers",
                line=line, marker=marker, cliponaxis=False,
                customdata=[
                    _("<b>{network}</b><br>{length} branches: {value}", network=name, length=length, value=value)
                    for length, value in zip(x, told, strict=True)
                ],
                hovertemplate="%{customdata}<extra></extra>", row=row, col=1,
            )  # fmt: skip
        samples = [(length, norm) for length, each in zip(found.lengths, found.norms, strict=True) for norm in each]
        figure.add_scatter(
            x=[length for length, norm in samples if norm > 0], y=[norm for __, norm in samples if norm > 0],
            mode="markers", showlegend=False, legendgroup=name, hoverinfo="skip", opacity=0.35,
            marker={"size": 5, "color": colour}, row=2, col=1,
        )  # fmt: skip
    figure.update_layout(own(height=120 + 3 * _ROW, margin={"t": 60, "l": 8, "r": 8, "b": 8}))
    figure.update_layout(legend={"orientation": "h", "y": 1.08, "yanchor": "bottom"})
    longest = max(found.skips for __, found, ___ in named)
    figure.update_xaxes(**theme.axis(), range=[-0.02 * longest, 1.02 * longest])
    figure.update_xaxes(title_text=_("branches that a path passes"), row=3, col=1)
    figure.update_yaxes(**theme.axis(), tickformat=".0%", rangemode="tozero")
    norms = [norm for __, found, ___ in named for each in found.norms for norm in each if norm > 0]
    if norms:
        figure.update_yaxes(**theme.axis(), **log_axis(min(norms), max(norms)), tickformat="", row=2, col=1)
    return figure


def curvature(
    named: Sequence[tuple[str, Curvatures]], looks: Sequence[SeriesStyle], *, dark: bool = False
) -> go.Figure:
    """Return the largest eigenvalue before and after training, a line for each network, on a logarithmic axis."""
    figure, values = go.Figure(), []
    starts, ends = zip(*((found.start, found.trained) for __, found in named), strict=True)
    for (name, found), look in zip(named, looks, strict=True):
        both = (found.start, found.trained)
        shown = [value if isfinite(value) and value > 0 else None for value in both]
        values += [value for value in shown if value is not None]
        colour = look.shade.on(dark=dark)
        figure.add_scatter(
            x=[_("before training"), _("after training")], y=shown, name=name, mode="lines+markers+text",
            text=[format.number(value) for value in both],
            textposition=[_beside(found.start, starts, "left"), _beside(found.trained, ends, "right")],
            line={"color": colour, "width": 3, "dash": look.dash},
            marker={"symbol": look.symbol, "size": 11, "color": colour},
            hovertemplate=f"<b>{name}</b><br>%{{x}}: %{{text}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(theme.layout("", height=420), margin={"t": 40})
    figure.update_xaxes(range=[-0.5, 1.5])
    axis = log_axis(min(values) / 1.3, max(values) * 1.3) if values else {}
    figure.update_yaxes(title_text=_("largest eigenvalue"), **axis)
    return figure


def _beside(value: float, column: Sequence[float], side: str) -> str:
    """Where a number stands at its point: above it in the higher half, else below, so that close ones don't meet."""
    if len(column) == 1:
        return f"middle {side}"
    return f"top {side}" if value >= sum(column) / len(column) else f"bottom {side}"
