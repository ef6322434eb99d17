"""Charts of the signals in a network and its twin, on one scale; each point has the path of its layer."""

from collections.abc import Iterable, Sequence
from math import exp, inf, isfinite, log
from statistics import median

import plotly.graph_objects as go

from models.runtime.settings import Weights
from models.signals.records import Pair, Signals
from models.signals.statistics import Band
from models.specs.spec import NetworkSpec
from models.tracing.kinds import Kind
from models.tracing.layers import Layer
from viz.language import N_, _
from viz.signals.theory import theory
from viz.state.shown_layers import QUANTITY, at_layers
from viz.state.signals import At, Of, Show
from viz.style import format, theme
from viz.style.axes import log_axis
from viz.text.quantities import name as quantity_name

NAMES = {True: N_("with skips"), False: N_("without skips")}  # by whether a network has skips
HOVER = "<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}<extra>%{fullData.name}</extra>"


def sides(pair: Pair, show: Show) -> list[tuple[bool, Signals]]:
    """Return (whether it has skips, its signals) of each network to show."""
    shown = [(True, pair.skips), (False, pair.plain)]
    return [side for side in shown if show is Show.BOTH or side[0] == (show is Show.WITH)]


def gradients(
    pair: Pair, of: Of, *, show: Show = Show.BOTH, selected: str = "", dark: bool = False, height: int = 350
) -> go.Figure:
    """Return gradient norms by layer of the main path, with bands over the seeds, and theory for the plain twin."""
    figure = go.Figure()
    quantity = QUANTITY[of]
    lines = []
    for skips, signals in sides(pair, show):
        main = {layer.path for layer in signals.convolutions}
        ends = {Kind.LINEAR} if isinstance(signals.spec, NetworkSpec) else set()
        main |= {layer.path for layer in signals.trace.layers if layer.kind in ends or _heads(layer)}
        lines.append((skips, signals.band(quantity, main)))
    floor, ceiling = _limits([band for __, bands in lines for band in bands])
    places: dict[str, int] = {}
    most = max(len(signals.convolutions) for __, signals in sides(pair, show))
    for (skips, bands), (__, signals) in zip(lines, sides(pair, show), strict=True):
        main = {layer.path for layer in signals.convolutions}
        body, head = ([band for band in bands if (band.path in main) is inside] for inside in (True, False))
        at = {band.path: place for place, band in enumerate(body, start=1)}
        at |= {band.path: place for place, band in enumerate(head, start=most + 2)}  # apart: it is no convolution
        for part in (body, head):
            steps = [at[band.path] for band in part]
            curve(
                figure, part, skips=skips, dark=dark, floor=floor, ceiling=ceiling, places=steps, legend=part is body,
                among=bands,
            )  # fmt: skip
        places |= at
        if not skips and pair.plain.weights == Weights.RANDOM:  # the theory holds at initialisation
            _theory(figure, body, theory(pair.plain.spec, of))
    figure.update_layout(theme.layout("", height=height, hovermode="closest"), margin={"t": 34, "r": 24})
    ours = isinstance(pair.skips.spec, NetworkSpec)
    title = _("layer with weights of the main path, first to last; apart: the classifier")
    if ours:
        title = _("convolution of the main path, first to last; apart: the classifier")
    figure.update_xaxes(title_text=title, range=[0, max([*places.values(), most]) + 1])
    figure.update_yaxes(title_text=quantity_name(quantity), **log_axis(floor, ceiling))
    return marked(figure, places.get(selected), selected, dark=dark)


def _heads(layer: Layer) -> bool:
    """Whether it is part of the classifier."""
    return layer.kind is Kind.LINEAR and not layer.block


def curve(
    figure: go.Figure,
    bands: Sequence[Band],
    *,
    skips: bool,
    dark: bool,
    floor: float,
    ceiling: float,
    places: Sequence[int] = (),
    legend: bool = True,
    among: Sequence[Band] = (),
    **at: int,
) -> None:
    """Add one network's line and band; exact zeros are marked on the floor, NaN and infinity on the ceiling.

    Ranks in the tooltips are those `among` these layers.
    """
    colour = (theme.SKIP if skips else theme.PLAIN).on(dark=dark)
    name = _(NAMES[skips])
    placed = list(zip(places or range(1, len(bands) + 1), bands, strict=True))
    known = [(place, band) for place, band in placed if 0 < band.middle < inf]
    order = sorted((band for band in among or bands if 0 < band.middle < inf), key=lambda band: -band.middle)
    ranks = {band.path: rank for rank, band in enumerate(order, start=1)}
    if any(band.low < band.high for __, band in known):
        figure.add_scatter(
            x=[place for place, __ in known] + [place for place, __ in reversed(known)],
            y=[band.high for __, band in known] + [max(band.low, floor) for __, band in reversed(known)],
            fill="toself",
            fillcolor=theme.faded(colour, 0.2),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            name=_("{network}, range over the seeds", network=name),
            mode="lines",
            **at,
        )  # fmt: skip
    figure.add_scatter(
        x=[place for place, __ in known],
        y=[band.middle for __, band in known],
        name=name,
        legendgroup=name,
        showlegend=legend,
        mode="lines+markers",
        line={"color": colour, "width": 3, "dash": "solid" if skips else "dash"},
        marker={"symbol": "circle" if skips else "square", "size": 7, "color": colour},
        customdata=[
            (band.path, _value(band), _("rank {rank} of {all}", rank=ranks[band.path], all=len(order)))
            for __, band in known
        ],
        hovertemplate=HOVER,
        **at,
    )
    lost = [(place, band) for place, band in placed if not 0 < band.middle < inf]
    for zero, symbol, height, words in (
        (True, "triangle-down", floor, _("exactly 0")),
        (False, "x", ceiling, _("NaN or ∞")),
    ):
        own = [(place, band) for place, band in lost if (band.middle == 0) is zero]
        if own:
            figure.add_scatter(
                x=[place for place, __ in own],
                y=[height] * len(own),
                name=f"{name}: {words}",
                mode="markers",
                marker={"symbol": symbol, "size": 10, "color": colour, "line": {"width": 0}},
                customdata=[(band.path, format.number(band.middle), "") for __, band in own],
                hovertemplate=HOVER,
                **at,
            )


def outputs(
    pair: Pair, quantity: str, at: At, *, show: Show = Show.BOTH, selected: str = "", dark: bool = False
) -> go.Figure:
    """Return `activation_rms`, `activation_std` or `zero_fraction` along the network."""
    figure = go.Figure()
    lines = [(skips, at_layers(signals, at, quantity)) for skips, signals in sides(pair, show)]
    values = [band for __, bands in lines for band in bands]
    floor, ceiling = _limits(values)
    wide = quantity != "zero_fraction" and ceiling / floor > 100
    order = {layer.path: place for place, layer in enumerate(pair.skips.trace.layers, start=1)}
    found: dict[str, int] = {}
    for skips, bands in lines:  # if all layers are shown, a layer that both networks have gets one place
        steps = [order[band.path] if at is At.ALL else place for place, band in enumerate(bands, start=1)]
        found |= {band.path: place for place, band in zip(steps, bands, strict=True)}
        if wide:
            curve(figure, bands, skips=skips, dark=dark, floor=floor, ceiling=ceiling, places=steps)
        else:
            _linear(figure, bands, steps, skips=skips, dark=dark, share=quantity == "zero_fraction")
    figure.update_layout(theme.layout(quantity_name(quantity), height=320), margin={"t": 64})
    figure.update_xaxes(title_text=_("block, first to last") if at is At.BLOCKS else _("layer, first to last"))
    if wide:
        figure.update_yaxes(**log_axis(floor, ceiling))
    else:
        figure.update_yaxes(rangemode="tozero", tickformat=".0%" if quantity == "zero_fraction" else None)
    return marked(figure, found.get(selected), "", dark=dark)


def marked(figure: go.Figure, place: int | None, label: str, *, dark: bool) -> go.Figure:
    """Add a vertical line at the selected layer, if there is one; return the figure."""
    if place is not None:
        colour = theme.SELECTED.on(dark=dark)
        figure.add_vline(
            x=place,
            line={"color": colour, "width": 2.5},
            annotation={"text": label, "font": {"color": colour, "size": 14}, "yanchor": "bottom"} if label else None,
        )
    return figure


def _limits(bands: Iterable[Band]) -> tuple[float, float]:
    """Floor and ceiling of a logarithmic axis, on which exact zeros and values that are not finite are marked."""
    values = [value for band in bands for value in (band.low, band.middle, band.high) if 0 < value < inf]
    if not values:
        return 1e-3, 1.0
    low, high = min(values), max(values)
    lost = any(not 0 < band.middle < inf for band in bands)
    return low / (10 if lost else 1.6), high * (10 if lost else 1.6)


def _theory(figure: go.Figure, bands: Sequence[Band], factor: float | None) -> None:
    """Add a line with the theoretical slope, through the middle of the measured values."""
    known = [(place, log(band.middle)) for place, band in enumerate(bands, start=1) if 0 < band.middle < inf]
    if factor is None or len(known) < 3:
        return
    slope = -log(factor)
    level = median(value - slope * place for place, value in known)
    ends = known[0][0], known[-1][0]
    figure.add_scatter(
        x=ends,
        y=[exp(level + slope * place) for place in ends],
        name=_("theory: × {factor:.3g} per layer", factor=factor),
        mode="lines",
        line={"color": theme.REFERENCE, "width": 2, "dash": "dot"},
        hoverinfo="skip",
    )


def _linear(
    figure: go.Figure, bands: Sequence[Band], places: Sequence[int], *, skips: bool, dark: bool, share: bool
) -> None:
    colour = (theme.SKIP if skips else theme.PLAIN).on(dark=dark)
    figure.add_scatter(
        x=list(places),
        y=[band.middle if isfinite(band.middle) else None for band in bands],
        name=_(NAMES[skips]),
        mode="lines+markers",
        line={"color": colour, "width": 2.5, "dash": "solid" if skips else "dash"},
        marker={"symbol": "circle" if skips else "square", "size": 6, "color": colour},
        customdata=[
            (band.path, f"{band.middle:.1%}" if share else format.number(band.middle), _range(band)) for band in bands
        ],
        hovertemplate=HOVER,
    )


def _value(band: Band) -> str:
    """The median, and the range if the seeds differ."""
    return f"{format.number(band.middle)} {_range(band)}".rstrip()


def _range(band: Band) -> str:
    if not band.low < band.high:
        return ""
    return _("({low} to {high} over the seeds)", low=format.number(band.low), high=format.number(band.high))
