"""Charts of what flows through a network and its twin: one scale for both, the layer's path in every point."""

from collections.abc import Iterable, Sequence
from math import exp, inf, isfinite, log, log10
from statistics import median

import plotly.graph_objects as go

from models.measured import Band, Pair, Signals, last_of_blocks
from models.records import Kind
from models.settings import Weights
from models.spec import Init, NetworkSpec, Norm
from viz import format, theme
from viz.experiment import At, Of, Show

QUANTITY = {Of.WEIGHTS: "weight_gradient_norm", Of.ACTIVATIONS: "activation_gradient_norm"}
WORDS = {Of.WEIGHTS: "gradient norm of the weights", Of.ACTIVATIONS: "gradient norm of the outputs"}
NAMES = {True: "with skips", False: "without"}
_HOVER = "<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}<extra>%{fullData.name}</extra>"
_RIDGES = 13
_SHORT = 1.5  # decades of a logarithmic axis
_MEAN_FIELD = 1.2112  # sqrt(pi / (pi - 1)): batch norm and ReLU, arXiv 1902.08129
_NO_NORM = {Init.DEFAULT: 0.408, Init.XAVIER: 0.707, Init.ORTHOGONAL: 0.707, Init.KAIMING: 1.0}


def theory(spec: NetworkSpec, of: Of) -> float | None:
    """The factor per layer, toward the input, that theory has for the plain network; None where there is none.

    Without norms the outputs' gradients shrink as the signal did on its way, so that their product, the weights'
    gradient, stays level.
    """
    if spec.norm is Norm.BATCH:
        return _MEAN_FIELD
    if spec.norm is Norm.NONE:
        return 1.0 if of is Of.WEIGHTS else _NO_NORM[spec.init]
    return None


def sides(pair: Pair, show: Show) -> list[tuple[bool, Signals]]:
    """(whether it has skips, its signals) of what is shown."""
    shown = [(True, pair.skips), (False, pair.plain)]
    return [side for side in shown if show is Show.BOTH or side[0] == (show is Show.WITH)]


def gradients(
    pair: Pair, of: Of, *, show: Show = Show.BOTH, selected: str = "", dark: bool = False, height: int = 420
) -> go.Figure:
    """Gradient norm by layer of the main path, the first left; a band over the seeds; theory for the plain twin."""
    figure = go.Figure()
    quantity = QUANTITY[of]
    lines = []
    for skips, signals in sides(pair, show):
        main = {layer.path for layer in signals.convolutions}
        main |= {layer.path for layer in signals.trace.layers if layer.kind is Kind.LINEAR}
        lines.append((skips, signals.band(quantity, main)))
    floor, ceiling = _limits([band for _, bands in lines for band in bands])
    for skips, bands in lines:
        curve(figure, bands, skips=skips, dark=dark, floor=floor, ceiling=ceiling)
        if not skips and pair.plain.weights == Weights.RANDOM:  # theory is of networks as they start
            _theory(figure, bands, theory(pair.plain.spec, of))
    figure.update_layout(theme.layout("", height=height, hovermode="closest"), margin={"t": 34, "r": 24})
    most = max(len(bands) for _, bands in lines)
    title = "convolution of the main path, first to last; then the classifier"
    figure.update_xaxes(title_text=title, range=[0, most + 1])
    figure.update_yaxes(title_text=WORDS[of], **log_axis(floor, ceiling))
    places = {band.path: place for _, bands in lines for place, band in enumerate(bands, start=1)}
    return marked(figure, places.get(selected), selected, dark=dark)


def curve(
    figure: go.Figure,
    bands: Sequence[Band],
    *,
    skips: bool,
    dark: bool,
    floor: float,
    ceiling: float,
    places: Sequence[int] = (),
    **at: int,
) -> None:
    """One network's line with its band; exact zeros on the floor and what is not finite on the ceiling, marked."""
    colour = (theme.SKIP if skips else theme.PLAIN).on(dark=dark)
    name = NAMES[skips]
    placed = list(zip(places or range(1, len(bands) + 1), bands, strict=True))
    known = [(place, band) for place, band in placed if 0 < band.middle < inf]
    order = sorted((band for _, band in known), key=lambda band: -band.middle)
    ranks = {band.path: rank for rank, band in enumerate(order, start=1)}
    if any(band.low < band.high for _, band in known):
        figure.add_scatter(
            x=[place for place, _ in known] + [place for place, _ in reversed(known)],
            y=[band.high for _, band in known] + [max(band.low, floor) for _, band in reversed(known)],
            fill="toself",
            fillcolor=colour + "33",
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            name=f"{name}, band",
            mode="lines",
            **at,
        )  # fmt: skip
    figure.add_scatter(
        x=[place for place, _ in known],
        y=[band.middle for _, band in known],
        name=name,
        legendgroup=name,
        mode="lines+markers",
        line={"color": colour, "width": 3, "dash": "solid" if skips else "dash"},
        marker={"symbol": "circle" if skips else "square", "size": 7, "color": colour},
        customdata=[
            (band.path, format.number(band.middle) + _between(band), f"rank {ranks[band.path]} of {len(known)}")
            for _, band in known
        ],
        hovertemplate=_HOVER,
        **at,
    )
    lost = [(place, band) for place, band in placed if not 0 < band.middle < inf]
    for zero, symbol, height, words in ((True, "triangle-down", floor, "exactly 0"), (False, "x", ceiling, "NaN or ∞")):
        own = [(place, band) for place, band in lost if (band.middle == 0) is zero]
        if own:
            figure.add_scatter(
                x=[place for place, _ in own],
                y=[height] * len(own),
                name=f"{name}: {words}",
                mode="markers",
                marker={"symbol": symbol, "size": 10, "color": colour, "line": {"width": 0}},
                customdata=[(band.path, f"{format.number(band.middle)} in float32", "") for _, band in own],
                hovertemplate=_HOVER,
                **at,
            )


def outputs(
    pair: Pair, quantity: str, at: At, *, show: Show = Show.BOTH, selected: str = "", dark: bool = False
) -> go.Figure:
    """`activation_rms`, `activation_std` or `zero_fraction` along the network."""
    words = {
        "activation_rms": "rms of the output",
        "activation_std": "standard deviation of the output",
        "zero_fraction": "share of zeros",
    }[quantity]
    figure = go.Figure()
    lines = [(skips, at_layers(signals, at, quantity)) for skips, signals in sides(pair, show)]
    values = [band for _, bands in lines for band in bands]
    floor, ceiling = _limits(values)
    wide = quantity != "zero_fraction" and ceiling / floor > 100
    order = {layer.path: place for place, layer in enumerate(pair.skips.trace.layers, start=1)}
    found: dict[str, int] = {}
    for skips, bands in lines:  # all layers: a layer of both stands at one place
        steps = [order[band.path] if at is At.ALL else place for place, band in enumerate(bands, start=1)]
        found |= {band.path: place for place, band in zip(steps, bands, strict=True)}
        if wide:
            curve(figure, bands, skips=skips, dark=dark, floor=floor, ceiling=ceiling, places=steps)
        else:
            _linear(figure, bands, steps, skips=skips, dark=dark, share=quantity == "zero_fraction")
    figure.update_layout(theme.layout(words.capitalize(), height=320), margin={"t": 64})
    figure.update_xaxes(title_text={At.BLOCKS: "block"}.get(at, "layer") + ", first to last")
    if wide:
        figure.update_yaxes(**log_axis(floor, ceiling))
    else:
        figure.update_yaxes(rangemode="tozero", tickformat=".0%" if quantity == "zero_fraction" else None)
    return marked(figure, found.get(selected), "", dark=dark)


def at_layers(signals: Signals, at: At, quantity: str) -> tuple[Band, ...]:
    """A quantity at the layers that are looked at, in the order of the forward pass."""
    return signals.band(quantity, chosen(signals, at))


def chosen(signals: Signals, at: At) -> list[str]:
    layers = signals.trace.layers
    if at is At.BLOCKS:
        return list(last_of_blocks(signals.trace).values())
    if at is At.CONVOLUTIONS:
        return [layer.path for layer in signals.convolutions]
    if at is At.ACTIVATIONS:
        return [layer.path for layer in layers if layer.kind is Kind.ACT]
    return [layer.path for layer in layers]


def ridges(pair: Pair, at: At, *, show: Show = Show.BOTH, dark: bool = False) -> go.Figure:
    """Histograms of outputs, one ridge a layer, the first on top; each as high as its fullest bin."""
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
                figure.add_scatter(x=[0], y=[base], mode="text", text=["not finite"], showlegend=False, **axes)
                continue
            width = (histogram.high - histogram.low) / len(histogram.counts)
            middles = [histogram.low + (bin_ + 0.5) * width for bin_ in range(len(histogram.counts))]
            # the pile of a ReLU's exact zeros would flatten the rest: it is cut at the top
            most = sorted(histogram.counts)[-2] or max(histogram.counts)
            heights = [base + min(count / most, 1.3) * 0.95 for count in histogram.counts]
            figure.add_scatter(
                x=[middles[0], *middles, middles[-1]],
                y=[base, *heights, base],
                fill="toself",
                fillcolor=colour + "66",
                line={"color": colour, "width": 1.5},
                mode="lines",
                name=NAMES[skips],
                showlegend=False,
                customdata=[(path, f"{format.number(x)}", "") for x in (middles[0], *middles, middles[-1])],
                hovertemplate=_HOVER,
                **axes,
            )
        figure.update_layout(
            {
                f"yaxis{column}": {
                    "tickvals": [len(paths) - place for place in range(len(paths))],
                    "ticktext": [path.removeprefix("features.") for path in paths],
                    "automargin": True,
                    "tickfont": {"size": 12},
                    "anchor": f"x{column}",
                },
                f"xaxis{column}": {
                    "title": {"text": f"value of the output, {NAMES[skips]}"},
                    "domain": [0.0, 0.44] if column == 1 and len(shown) > 1 else [0.56, 1.0] if column == 2 else [0, 1],
                    "anchor": f"y{column}",
                    "zeroline": True,
                },
            }
        )
    own = {key: value for key, value in theme.layout("", height=520).items() if key not in ("xaxis", "yaxis")}
    figure.update_layout(own, margin={"t": 20})
    return figure


def stream(pair: Pair, *, selected: str = "", dark: bool = False, gradient: bool = False) -> go.Figure:
    """How much of what is joined came by the skip and by the branch, or of the gradient went back by each, by block."""
    joins = pair.skips.joins
    share = [join.branch_gradient_share if gradient else join.branch_share for join in joins]
    names = [join.block for join in joins]
    skip_colour, branch_colour = theme.SKIP.on(dark=dark), "#b8860b" if not dark else "#e6b84c"
    figure = go.Figure()
    places = list(range(1, len(joins) + 1))
    for name, colour, pattern, values in (
        ("skip", skip_colour, "", [1 - value for value in share]),
        ("branch", branch_colour, "/", share),
    ):
        figure.add_bar(
            x=places,
            y=[value if isfinite(value) else 0 for value in values],
            name=f"by the {name}",
            marker={"color": colour, "pattern": {"shape": pattern, "size": 6}, "line": {"width": 0}},
            customdata=[
                (f"{block}.join", _known_share(value), _sizes(join, gradient=gradient))
                for block, value, join in zip(names, values, joins, strict=True)
            ],
            hovertemplate=_HOVER,
        )
    spec = pair.skips.spec
    if not gradient and spec.preact and spec.norm is Norm.BATCH and spec.init is Init.KAIMING:
        figure.add_scatter(
            x=places,
            y=[1 - 1 / (place + 1) for place in _within_stages([join.block for join in joins])],
            name="theory: branch 1/(l + 1)",
            mode="lines",
            line={"color": theme.REFERENCE, "width": 2, "dash": "dot"},
            hoverinfo="skip",
        )
    title = "The gradient that reaches each block" if gradient else "What each block adds to the stream"
    figure.update_layout(theme.layout(title, barmode="stack", bargap=0.15, height=380))
    figure.update_xaxes(title_text="block, first to last")
    figure.update_yaxes(title_text="share of the squares", tickformat=".0%", range=[0, 1])
    index = next((place for place, name in zip(places, names, strict=True) if selected.startswith(name + ".")), None)
    return marked(figure, index, "", dark=dark)


def thinned(items: Sequence[str], most: int) -> list[str]:
    """So many of them, evenly, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]


def log_axis(floor: float, ceiling: float) -> dict[str, object]:
    """A logarithmic axis: with powers of ten, or where it is short with the numbers between them written out."""
    low, high = log10(floor), log10(ceiling)
    axis: dict[str, object] = {"type": "log", "range": [low - 0.1, high + 0.1]}
    if high - low > _SHORT:
        return axis | {"exponentformat": "power", "dtick": max(1, round((high - low) / 6))}
    digits = (1, 2, 5) if high - low > _SHORT / 2 else (1, 1.5, 2, 3, 5, 7)
    decades = range(int(low // 1) - 1, int(high // 1) + 1)
    places = [digit * 10.0**decade for decade in decades for digit in digits]
    return axis | {"tickvals": places, "ticktext": [format.number(place) for place in places]}


def marked(figure: go.Figure, place: int | None, label: str, *, dark: bool) -> go.Figure:
    """With a rule at the selected layer."""
    if place is not None:
        colour = theme.SELECTED.on(dark=dark)
        figure.add_vline(
            x=place,
            line={"color": colour, "width": 2.5},
            annotation={"text": label, "font": {"color": colour, "size": 14}, "yanchor": "bottom"} if label else None,
        )
    return figure


def _limits(bands: Iterable[Band]) -> tuple[float, float]:
    """The floor and the ceiling of a logarithmic axis: where exact zeros and what is not finite are marked."""
    values = [value for band in bands for value in (band.low, band.middle, band.high) if 0 < value < inf]
    if not values:
        return 1e-3, 1.0
    low, high = min(values), max(values)
    lost = any(not 0 < band.middle < inf for band in bands)
    return low / (10 if lost else 1.6), high * (10 if lost else 1.6)


def _theory(figure: go.Figure, bands: Sequence[Band], factor: float | None) -> None:
    """The slope that theory has, laid through the middle of what was measured."""
    known = [(place, log(band.middle)) for place, band in enumerate(bands[:-1], start=1) if 0 < band.middle < inf]
    if factor is None or len(known) < 3:
        return
    slope = -log(factor)
    level = median(value - slope * place for place, value in known)
    ends = known[0][0], known[-1][0]
    figure.add_scatter(
        x=ends,
        y=[exp(level + slope * place) for place in ends],
        name=f"theory: × {factor:.3g} per layer",
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
        name=NAMES[skips],
        mode="lines+markers",
        line={"color": colour, "width": 2.5, "dash": "solid" if skips else "dash"},
        marker={"symbol": "circle" if skips else "square", "size": 6, "color": colour},
        customdata=[
            (band.path, f"{band.middle:.1%}" if share else format.number(band.middle), _between(band)) for band in bands
        ],
        hovertemplate=_HOVER,
    )


def _between(band: Band) -> str:
    if not band.low < band.high:
        return ""
    return f" ({format.number(band.low)} to {format.number(band.high)} over the seeds)"


def _known_share(value: float) -> str:
    return f"{value:.1%}" if isfinite(value) else "no share: nothing finite to divide"


def _sizes(join: object, *, gradient: bool) -> str:
    names = ("skip_gradient_norm", "branch_gradient_norm") if gradient else ("skip_rms", "branch_rms")
    skip, branch = (format.number(getattr(join, name)) for name in names)
    return f"{'norm' if gradient else 'rms'}: skip {skip}, branch {branch}"


def _within_stages(blocks: Sequence[str]) -> list[int]:
    """The place of each block in its stage, from 1."""
    counts: dict[str, int] = {}
    places = []
    for block in blocks:
        stage = block.rpartition(".")[0]
        counts[stage] = counts.get(stage, 0) + 1
        places.append(counts[stage])
    return places
