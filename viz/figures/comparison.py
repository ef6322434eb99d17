"""Charts of several networks: each keeps its colour, dash and marker in all of them."""

from collections.abc import Mapping, Sequence
from math import inf

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from models.measured import Pair, Signals, Timing, Variant, last_of_blocks
from models.published import published
from models.records import Kind, Layer
from models.spec import NetworkSpec, Shortcut
from viz import format, theme
from viz.figures.signals import log_axis
from viz.quantities import Subject
from viz.theme import Look

_BELOW = {"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0, "xanchor": "left"}
_FOOT = 66  # px below a chart without an axis title: its downloads
_HOVER = "<b>%{fullData.name}</b><br>%{customdata}<extra></extra>"


def accuracy(subjects: Sequence[Subject], looks: Sequence[Look], *, by: str = "gmacs", dark: bool = False) -> go.Figure:
    """Published ImageNet top-1 against "gmacs" or "params", all of torchvision's networks in grey behind ours."""
    words = {"gmacs": "MACs for one image, in 10⁹", "params": "parameters, in 10⁶"}[by]
    divisor = {"gmacs": 1.0, "params": 1e6}[by]
    figure = go.Figure()
    context = published()
    figure.add_scatter(
        x=[getattr(row, by) / divisor for row in context],
        y=[row.top1 for row in context],
        mode="markers",
        name="torchvision's others",
        marker={"color": theme.REFERENCE, "size": 6, "opacity": 0.55},
        customdata=[f"{row.network}, {row.weights}: {row.top1:.3f} %" for row in context],
        hovertemplate="%{customdata}<extra></extra>",
    )
    for one, look in zip(subjects, looks, strict=True):
        rows, colour = one.published, look.shade.on(dark=dark)
        if not rows:
            continue
        figure.add_scatter(
            x=[getattr(row, by) / divisor for row in rows],
            y=[row.top1 for row in rows],
            mode="lines+markers",
            name=one.name,
            line={"color": colour, "width": 1.5, "dash": "dot"},
            marker={
                "color": colour,
                "size": 14,
                "symbol": [look.symbol + ("-open" if row.newer else "") for row in rows],
                "line": {"width": 2, "color": colour},
            },
            customdata=[f"{row.weights}: {row.top1:.3f} % top-1, {row.top5:.3f} % top-5" for row in rows],
            hovertemplate=_HOVER,
        )
    figure.update_layout(theme.layout("", height=430, hovermode="closest"), margin={"t": 60})
    figure.update_layout(legend={"y": 1.02, "x": 0, "xanchor": "left"})
    figure.update_xaxes(title_text=words, type="log", tickvals=[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500])
    figure.update_yaxes(title_text="published ImageNet top-1, %", range=[54, 88])
    return figure


def counts(subjects: Sequence[Subject], looks: Sequence[Look], batch: int, *, dark: bool = False) -> go.Figure:
    """Parameters, MACs and memory as grouped bars, each quantity as a share of the largest."""
    quantities = [
        ("parameters", [one.trace.params for one in subjects], format.whole),
        ("MACs", [one.trace.macs for one in subjects], format.whole),
        ("activations, one image", [one.trace.activation_bytes for one in subjects], format.size),
        (f"activations, training at {batch}", [one.kept * batch for one in subjects], format.size),
    ]
    figure = go.Figure()
    for place, (one, look) in enumerate(zip(subjects, looks, strict=True)):
        own = [(name, values[place], max(values), shown) for name, values, shown in quantities]
        figure.add_bar(
            x=[name for name, *_ in own],
            y=[value / most if most else 0 for _, value, most, _ in own],
            text=[_brief(value, memory="activations" in name) for name, value, *_ in own],
            textposition="outside",
            textangle=-90 if len(subjects) > 3 else 0,
            textfont={"size": 13},
            constraintext="none",  # or each number would be as large as its own bar lets it be
            cliponaxis=False,
            **_bar(one.name, look, dark=dark),
            customdata=[f"{shown(value)} {name}, {value / most:.0%} of the most" for name, value, most, shown in own],
            hovertemplate=_HOVER,
        )
    figure.update_layout(theme.layout("", barmode="group", height=400), margin={"t": 50, "b": _FOOT})
    figure.update_yaxes(
        title_text="share of the largest", tickformat=".0%", range=[0, 1.3 if len(subjects) > 3 else 1.12]
    )
    return figure


def by_stage(subjects: Sequence[Subject], looks: Sequence[Look], *, dark: bool = False) -> go.Figure:
    """Parameters of every stage, in matching places."""
    from models.differences import aligned  # noqa: PLC0415

    rows = aligned(tuple(one.trace for one in subjects))
    names = ["transition " + name[-1] if name.startswith("after") else name for name, _ in rows]
    figure = go.Figure()
    for place, (one, look) in enumerate(zip(subjects, looks, strict=True)):
        totals = {total.path: total.params for total in one.trace.stages}
        own = [totals.get(paths[place] or "", 0) for _, paths in rows]
        figure.add_bar(
            x=names,
            y=own,
            **_bar(one.name, look, dark=dark),
            customdata=[f"{value:,} parameters, {format.percent(value, one.trace.params)} of all" for value in own],
            hovertemplate=_HOVER,
        )
    figure.update_layout(theme.layout("Parameters by stage", barmode="group", height=360), margin={"b": _FOOT})
    figure.update_yaxes(title_text="parameters")
    return figure


def channels(subjects: Sequence[Subject], looks: Sequence[Look], *, dark: bool = False) -> go.Figure:
    """Channels of what flows from block to block: ResNet steps up, DenseNet saws."""
    figure = go.Figure()
    for one, look in zip(subjects, looks, strict=True):
        last = last_of_blocks(one.trace)
        end = one.trace.layers.index(one.trace.features)
        stream = [
            (place, layer)
            for place, layer in enumerate(one.trace.layers[: end + 1])
            if not layer.block or last[layer.block] == layer.path or layer.block == layer.stage
        ]
        _line(
            figure, one.name, look, dark=dark, shape="hv",
            x=[place / end if end else 0 for place, _ in stream],
            y=[layer.output_shape[0] for _, layer in stream],
            said=[f"{layer.path}: {format.shape(layer.output_shape)}" for _, layer in stream],
        )  # fmt: skip
    figure.update_layout(theme.layout("Channels from block to block", height=460), legend=_BELOW, margin={"b": 140})
    figure.update_xaxes(title_text="depth: 0 is the first layer, 1 the last before pooling", range=[0, 1])
    figure.update_yaxes(title_text="channels", rangemode="tozero")
    return figure


def alive(subjects: Sequence[Subject], looks: Sequence[Look], *, dark: bool = False) -> go.Figure:
    """Activation memory that must exist at once along one forward pass of an image, nothing kept for later."""
    figure = go.Figure()
    for one, look in zip(subjects, looks, strict=True):
        end = max(len(one.trace.layers) - 1, 1)
        _line(
            figure, one.name, look, dark=dark, shape="hv",
            x=[place / end for place in range(len(one.trace.layers))],
            y=[value / 1e6 for value in one.trace.alive],
            said=[
                f"{layer.path}: {format.size(value)} alive"
                for layer, value in zip(one.trace.layers, one.trace.alive, strict=True)
            ],
        )  # fmt: skip
    figure.update_layout(
        theme.layout("Activations alive, one image, forward", height=460), legend=_BELOW, margin={"b": 140}
    )
    figure.update_xaxes(title_text="depth: 0 is the first layer, 1 the last", range=[0, 1])
    figure.update_yaxes(title_text="MB in float32", rangemode="tozero")
    return figure


def signals(
    subjects: Sequence[Subject],
    looks: Sequence[Look],
    pairs: Mapping[NetworkSpec, Pair | str],
    quantity: str,
    *,
    dark: bool = False,
) -> go.Figure:
    """`weight_gradient_norm` or `activation_rms` of every network with its skips (solid) and without (dashed)."""
    title = {
        "weight_gradient_norm": "gradient norm of the weights",
        "activation_rms": "rms of the blocks' outputs",
    }[quantity]
    figure, known = go.Figure(), []
    for one, look in zip(subjects, looks, strict=True):
        pair = pairs.get(one.entry.spec.essential)
        if not isinstance(pair, Pair):
            continue
        plain = one.entry.spec.shortcut is Shortcut.NONE  # then what it would be with skips is not shown
        for skips, side in ((False, pair.plain),) if plain else ((True, pair.skips), (False, pair.plain)):
            places, values, paths = _measured(side, quantity)
            shown = [(x, y, path) for x, y, path in zip(places, values, paths, strict=True) if 0 < y < inf]
            known += [y for _, y, _ in shown]
            colour = look.shade.on(dark=dark)
            figure.add_scatter(
                x=[x for x, *_ in shown],
                y=[y for _, y, _ in shown],
                name=one.name if skips or plain else f"{one.name}, without skips",
                showlegend=skips or plain,
                mode="lines+markers",
                line={"color": colour, "width": 2.5 if skips else 2, "dash": "solid" if skips else "dash"},
                marker={"symbol": look.symbol + ("" if skips else "-open"), "size": 7, "color": colour},
                customdata=[f"{path}: {format.number(y)}" for _, y, path in shown],
                hovertemplate=_HOVER,
            )
    floor, ceiling = (min(known) / 1.6, max(known) * 1.6) if known else (1e-3, 1.0)
    figure.update_layout(theme.layout(title.capitalize(), height=470), margin={"t": 50})
    figure.update_layout(legend=_BELOW, margin={"b": 140})
    figure.update_xaxes(title_text="depth: 0 is the first, 1 the last", range=[-0.02, 1.02])
    figure.update_yaxes(title_text=title, **log_axis(floor, ceiling))
    return figure


def timings(subjects: Sequence[Subject], looks: Sequence[Look], *, dark: bool = False) -> go.Figure:
    """Latency and images a second, the bars' whiskers the middle half of the runs."""
    shown = [
        (one, look, one.timing) for one, look in zip(subjects, looks, strict=True) if isinstance(one.timing, Timing)
    ]
    titles = ("latency of one image, ms", "images a second, forward", "images a second, training")
    figure = make_subplots(rows=1, cols=3, subplot_titles=titles, horizontal_spacing=0.07)
    for one, look, timing in shown:
        per = timing.batch
        for column, (low, middle, high) in enumerate(
            (
                (timing.latency.low * 1e3, timing.latency.middle * 1e3, timing.latency.high * 1e3),
                (per / timing.forward.high, per / timing.forward.middle, per / timing.forward.low),
                (per / timing.training.high, per / timing.training.middle, per / timing.training.low),
            ),
            start=1,
        ):
            figure.add_bar(
                x=[f"{one.name}<br><b>{format.number(middle)}</b>"],
                y=[middle],
                error_y={"type": "data", "array": [high - middle], "arrayminus": [middle - low], "thickness": 2},
                **_bar(one.name, look, dark=dark),
                customdata=[f"{format.number(middle)} (the middle half {format.number(low)} to {format.number(high)})"],
                hovertemplate=_HOVER,
                row=1,
                col=column,
            )
    own = {key: value for key, value in theme.layout("", height=340).items() if key not in ("xaxis", "yaxis")}
    figure.update_layout(own, showlegend=False, margin={"t": 40, "b": _FOOT})
    figure.update_annotations(font={"size": 15})
    figure.update_yaxes(rangemode="tozero")
    return figure


def shortcut_costs(variants: Sequence[Variant], kept: Sequence[int], *, dark: bool = False) -> go.Figure:
    """What each kind of shortcut adds to the network without any: parameters, MACs and memory, in percent."""
    base, held = variants[0].trace, kept[0]
    names = [one.name for one in variants[1:]]
    figure = go.Figure()
    for label, pattern, colour, values in (
        ("parameters", "", theme.CHANNELS, [_more(one.trace.params, base.params) for one in variants[1:]]),
        ("MACs", "/", theme.RESOLUTION, [_more(one.trace.macs, base.macs) for one in variants[1:]]),
        ("activations kept to train", "x", theme.REFERENCE, [_more(value, held) for value in kept[1:]]),
    ):
        figure.add_bar(
            x=names,
            y=values,
            name=label,
            text=[f"{value:+.1%}" for value in values],
            textposition="outside",
            cliponaxis=False,
            marker={"color": colour, "pattern": _pattern(pattern)},
            customdata=[f"{name}: {value:+.2%}" for name, value in zip(names, values, strict=True)],
            hovertemplate=_HOVER,
        )
    figure.update_layout(theme.layout("", barmode="group", height=340), margin={"t": 50, "b": _FOOT})
    figure.update_yaxes(title_text="more than without any", tickformat="+.0%")
    return figure


def waterfall(
    terms: Sequence[tuple[str, int]], start: tuple[str, int], end: tuple[str, int], noun: str, *, dark: bool = False
) -> go.Figure:
    """From one network's count to the other's, part by part."""
    figure = go.Figure(
        go.Waterfall(
            x=[start[0], *(name for name, _ in terms), end[0]],
            y=[start[1], *(change for _, change in terms), 0],
            measure=["absolute", *("relative" for _ in terms), "total"],
            text=[f"{start[1]:,}", *(f"{change:+,}".replace("-", "−") for _, change in terms), f"{end[1]:,}"],
            textposition="outside",
            cliponaxis=False,
            connector={"line": {"color": theme.REFERENCE, "width": 1}},
            increasing={"marker": {"color": theme.RESOLUTION}},
            decreasing={"marker": {"color": theme.CHANNELS}},
            totals={"marker": {"color": theme.REFERENCE}},
            hovertemplate="%{x}: %{text}<extra></extra>",
        )
    )
    figure.update_layout(theme.layout("", height=360), showlegend=False, margin={"t": 40, "b": _FOOT})
    levels = [start[1]]
    for _, change in terms:
        levels.append(levels[-1] + change)
    low, high = min(levels), max(levels)
    room = max(high - low, 1) * 0.35
    cut = max(low - room, 0) if low > 2 * room else 0
    title = f"{noun}, cut off below {format.short(cut).strip()}" if cut else noun
    figure.update_yaxes(title_text=title, range=[cut, high + room])
    return figure


def _measured(side: Signals, quantity: str) -> tuple[list[float], list[float], list[str]]:
    """(place from 0 to 1, value, path) along the main path."""
    if quantity == "activation_rms":
        paths = list(last_of_blocks(side.trace).values())
    else:
        paths = [layer.path for layer in side.trace.layers if _weighted(layer)]
    bands = side.band(quantity, paths)
    end = max(len(bands) - 1, 1)
    return [place / end for place in range(len(bands))], [band.middle for band in bands], [band.path for band in bands]


def _weighted(layer: Layer) -> bool:
    return layer.kind in (Kind.CONV, Kind.LINEAR) and not layer.projection


def _line(
    figure: go.Figure, name: str, look: Look, *, dark: bool, shape: str,
    x: Sequence[float], y: Sequence[float], said: Sequence[str],
) -> None:  # fmt: skip
    colour, few = look.shade.on(dark=dark), max(len(x) // 14, 1)
    figure.add_scatter(
        x=list(x),
        y=list(y),
        name=name,
        legendgroup=name,
        mode="lines",
        line={"color": colour, "width": 2.5, "dash": look.dash, "shape": shape},
        customdata=list(said),
        hovertemplate=_HOVER,
        showlegend=False,
    )
    figure.add_scatter(
        x=list(x)[::few],
        y=list(y)[::few],
        name=name,
        legendgroup=name,
        mode="markers+lines",
        line={"color": colour, "width": 0, "dash": look.dash},
        marker={"symbol": look.symbol, "size": 8, "color": colour},
        hoverinfo="skip",
    )


def _bar(name: str, look: Look, *, dark: bool) -> dict[str, object]:
    colour = look.shade.on(dark=dark)
    return {"name": name, "marker": {"color": colour, "pattern": _pattern(look.pattern), "line": {"width": 0}}}


def _pattern(shape: str) -> dict[str, object]:
    return {"shape": shape, "size": 8, "fillmode": "overlay", "fgcolor": "#ffffff", "fgopacity": 0.75}


def _brief(value: int, *, memory: bool) -> str:
    return format.size(value) if memory else format.short(value)


def _more(value: int, base: int) -> float:
    return value / base - 1 if base else 0.0
