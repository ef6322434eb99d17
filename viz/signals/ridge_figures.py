"""Histograms of outputs along a network and its twin, on one axis."""

from collections.abc import Sequence

import plotly.graph_objects as go

from models.signals.records import Pair
from viz.language import _
from viz.signals.figures import HOVER, NAMES, sides
from viz.state.shown_layers import chosen
from viz.state.signals import At, Show
from viz.style import format, theme

_RIDGES = 13


def ridges(pair: Pair, at: At, *, show: Show = Show.BOTH, dark: bool = False) -> go.Figure:
    """Return histograms of outputs, one ridge per layer, the first on top, scaled to the second-fullest bin."""
    figure = go.Figure()
    shown = sides(pair, show)
    for column, (skips, signals) in enumerate(shown, start=1):
        paths = thinned(chosen(signals, at), _RIDGES)
        colour = (theme.SKIP if skips else theme.PLAIN).on(dark=dark)
        axes = {"xaxis": f"x{column}", "yaxis": f"y{column}"}
        for place, path in enumerate(paths):
            histogram = signals.by_path[path].histogram
            base = len(paths) - place
            if histogram is None:
                figure.add_scatter(x=[0], y=[base], mode="text", text=[_("not finite")], showlegend=False, **axes)
                continue
            width = (histogram.high - histogram.low) / len(histogram.counts)
            middles = [histogram.low + (bin_ + 0.5) * width for bin_ in range(len(histogram.counts))]
            # the bin with a ReLU's exact zeros would flatten the others, so it is cut off
            most = sorted(histogram.counts)[-2] or max(histogram.counts)
            heights = [base + min(count / most, 1.3) * 0.95 for count in histogram.counts]
            figure.add_scatter(
                x=[middles[0], *middles, middles[-1]],
                y=[base, *heights, base],
                fill="toself",
                fillcolor=theme.faded(colour, 0.4),
                line={"color": colour, "width": 1.5},
                mode="lines",
                name=_(NAMES[skips]),
                showlegend=False,
                customdata=[(path, f"{format.number(x)}", "") for x in (middles[0], *middles, middles[-1])],
                hovertemplate=HOVER,
                **axes,
            )
        figure.update_layout(
            {
                f"yaxis{column}": {
                    "tickvals": [len(paths) - place for place in range(len(paths))],
                    "ticktext": [format.stage(path) for path in paths],
                    "automargin": True,
                    "tickfont": {"size": 12},
                    "anchor": f"x{column}",
                },
                f"xaxis{column}": {
                    "title": {"text": _("value of the output, {network}", network=_(NAMES[skips]))},
                    "domain": [0.0, 0.44] if column == 1 and len(shown) > 1 else [0.56, 1.0] if column == 2 else [0, 1],
                    "anchor": f"y{column}",
                    "matches": "x" if column > 1 else None,  # one scale for both
                    "zeroline": True,
                },
            }
        )
    own = {key: value for key, value in theme.layout("", height=520).items() if key not in ("xaxis", "yaxis")}
    figure.update_layout(own, margin={"t": 20})
    return figure


def thinned(items: Sequence[str], most: int) -> list[str]:
    """Return at most `most` evenly spaced items, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]
