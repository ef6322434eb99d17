"""Charts over the strength of the skips, and of how alike positions and images become along a network."""

from collections.abc import Sequence
from math import inf, isfinite

import plotly.graph_objects as go

from models.signals.skip_records import AlikePair, StrengthPoint
from viz.language import _
from viz.signals.figures import HOVER, NAMES, marked
from viz.style import format, theme
from viz.style.axes import log_axis
from viz.text.strength import medians


def strength(points: Sequence[StrengthPoint], *, dark: bool = False) -> go.Figure:
    """Return the ratio of first to last gradient against the strength: a dot per seed, a line for the median."""
    figure = go.Figure()
    known = [point.ratio for point in points if 0 < point.ratio < inf]
    floor, ceiling = (min([*known, 0.1]) / 2, max([*known, 10.0]) * 2) if known else (0.05, 20.0)
    ratios, colour = medians(points), theme.SKIP.on(dark=dark)
    solid = [scale for scale, ratio in ratios.items() if 0 < ratio < inf]
    figure.add_hrect(0.1, 10.0, fillcolor=theme.faded(theme.REFERENCE, 0.12), line_width=0)
    figure.add_scatter(
        x=solid,
        y=[ratios[scale] for scale in solid],
        mode="lines+markers",
        name=_("median"),
        line={"color": colour, "width": 3},
        marker={"size": 9, "color": colour},
        customdata=[(_("strength {scale}", scale=f"{scale:g}"), format.times(ratios[scale]), "") for scale in solid],
        hovertemplate=HOVER,
    )
    if len({point.seed for point in points}) > 1:
        each = [point for point in points if 0 < point.ratio < inf]
        figure.add_scatter(
            x=[point.scale for point in each],
            y=[point.ratio for point in each],
            mode="markers",
            name=_("each seed"),
            marker={"symbol": "circle-open", "size": 6, "color": colour},
            hoverinfo="skip",
        )
    lost = [scale for scale in ratios if scale not in solid]
    if lost:
        figure.add_scatter(
            x=lost,
            y=[floor if ratios[scale] == 0 else ceiling for scale in lost],
            mode="markers",
            name=_("ratio 0, infinite or undefined"),
            marker={"symbol": "x", "size": 11, "color": colour},
            hoverinfo="skip",
        )
    figure.update_layout(theme.layout("", height=420), margin={"t": 34})
    figure.update_xaxes(title_text=_("strength of the skips: 0 without, 1 the network itself"), range=[-0.03, 1.03])
    figure.update_yaxes(title_text=_("first layer's gradient / last layer's"), **log_axis(floor, ceiling))
    return figure


def alike(pair: AlikePair, *, positions: bool, selected: str = "", dark: bool = False) -> go.Figure:
    """Return the mean cosine of positions, or of images, after each block."""
    figure, places = go.Figure(), {one.path: place for place, one in enumerate(pair.skips, start=1)}
    for skips, found in ((True, pair.skips), (False, pair.plain)):
        colour = (theme.SKIP if skips else theme.PLAIN).on(dark=dark)
        values = [one.positions if positions else one.images for one in found]
        figure.add_scatter(
            x=list(range(1, len(values) + 1)),
            y=[value if isfinite(value) else None for value in values],
            name=_(NAMES[skips]),
            mode="lines+markers",
            line={"color": colour, "width": 3, "dash": "solid" if skips else "dash"},
            marker={"symbol": "circle" if skips else "square", "size": 7, "color": colour},
            customdata=[(one.path, f"{value:.3f}", "") for one, value in zip(found, values, strict=True)],
            hovertemplate=HOVER,
        )
    title = _("Positions of one image") if positions else _("Images of the batch")
    figure.update_layout(theme.layout(title, height=340), margin={"t": 64})
    figure.update_xaxes(title_text=_("block, first to last"))
    figure.update_yaxes(title_text=_("mean cosine: 1 is alike"))
    return marked(figure, places.get(selected), "", dark=dark)
