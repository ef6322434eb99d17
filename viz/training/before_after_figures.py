"""Charts of what is measured before and after training, side by side on the same axes."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from models.signals.agreement_records import Agreements, LayerUse, UnitUse
from viz.language import _
from viz.style import theme
from viz.style.theme import SeriesStyle
from viz.training.figures import own

_ROW = 250  # pixels


def agreement(named: Sequence[tuple[str, Agreements, SeriesStyle]], *, dark: bool = False) -> go.Figure:
    """Return the cosines of gradients: above by the distance of two inputs, below of every two batches."""
    figure = _four()
    for place, (name, found, look) in enumerate(named):
        colour = look.shade.on(dark=dark)
        for column, one in enumerate((found.start, found.trained), start=1):
            apart = [step / (len(one.along) - 1) for step in range(len(one.along))]
            figure.add_scatter(
                x=apart, y=one.along, name=name, legendgroup=name, showlegend=column == 1, mode="lines",
                line={"color": colour, "width": 3, "dash": look.dash},
                hovertemplate=f"<b>{name}</b><br>%{{x:.0%}}: %{{y:.2f}}<extra></extra>", row=1, col=column,
            )  # fmt: skip
            spread = [place + 0.5 * (step / max(len(one.batches) - 1, 1) - 0.5) for step in range(len(one.batches))]
            figure.add_scatter(
                x=spread, y=one.batches, mode="markers", legendgroup=name, showlegend=False, opacity=0.45,
                marker={"size": 5, "color": colour, "symbol": look.symbol},
                hovertemplate=f"<b>{name}</b><br>%{{y:.2f}}<extra></extra>", row=2, col=column,
            )  # fmt: skip
            figure.add_scatter(
                x=[place - 0.3, place + 0.3], y=[one.mean, one.mean], mode="lines", legendgroup=name, showlegend=False,
                line={"color": colour, "width": 4},
                hovertemplate=f"<b>{name}</b><br>%{{y:.2f}}<extra></extra>", row=2, col=column,
            )  # fmt: skip
    _finish(figure)
    figure.update_xaxes(title_text=_("distance"), tickformat=".0%", nticks=3, row=1)
    figure.update_xaxes(title_text=_("pairs of batches"), showticklabels=False, showgrid=False, row=2)
    figure.update_yaxes(title_text=_("cosine"), col=1)
    figure.update_yaxes(zeroline=True)
    return figure


def units(named: Sequence[tuple[str, UnitUse, SeriesStyle]], *, dark: bool = False) -> go.Figure:
    """Return, by the place of the layer, its effective rank and its dead channels as shares of all channels."""
    figure = _four()
    for name, found, look in named:
        colour = look.shade.on(dark=dark)
        for column, layers in enumerate((found.start, found.trained), start=1):
            for row, shares in enumerate((_ranks(layers), _dead(layers)), start=1):
                figure.add_scatter(
                    x=[place / max(len(layers) - 1, 1) for place in range(len(layers))], y=shares, name=name,
                    legendgroup=name, showlegend=row == column == 1, mode="lines+markers",
                    line={"color": colour, "width": 2, "dash": look.dash},
                    marker={"symbol": look.symbol, "size": 7, "color": colour},
                    customdata=[[layer.path] for layer in layers],
                    hovertemplate=f"<b>{name}</b><br>%{{customdata[0]}}: %{{y:.1%}}<extra></extra>",
                    row=row, col=column,
                )  # fmt: skip
    _finish(figure)
    figure.update_xaxes(showticklabels=False, title_text=_("layers"), row=2)
    figure.update_xaxes(showticklabels=False, row=1)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_yaxes(title_text=_("effective rank"), row=1, col=1)
    figure.update_yaxes(title_text=_("dead channels"), row=2, col=1)
    return figure


def _ranks(layers: Sequence[LayerUse]) -> list[float]:
    return [layer.rank / layer.most for layer in layers]


def _dead(layers: Sequence[LayerUse]) -> list[float]:
    return [layer.dead / layer.channels for layer in layers]


def _four() -> go.Figure:
    """Two rows, before training at the left and after it at the right."""
    return make_subplots(
        rows=2, cols=2, shared_yaxes=True, vertical_spacing=0.18, horizontal_spacing=0.14,
        subplot_titles=(_("before training"), _("after training"), "", ""),
    )  # fmt: skip


def _finish(figure: go.Figure) -> None:
    figure.update_layout(own(height=120 + 2 * _ROW, margin={"t": 60, "l": 8, "r": 8, "b": 40}))
    figure.update_layout(legend={"orientation": "h", "y": 1.1, "yanchor": "bottom"})
    figure.update_xaxes(**theme.axis())
    figure.update_yaxes(**theme.axis())
