"""Charts of measured signals and times of several networks, of the cost of a shortcut, and of a difference."""

from collections.abc import Mapping, Sequence
from math import inf

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from models.runtime.messages import Message
from models.signals.records import Pair, Signals, Timing, last_of_blocks
from models.specs.external import Network
from models.tracing.records import Variant
from viz.compare.figures import BELOW, FOOT, HOVER, bar, more, pattern, weighted
from viz.language import _, worded
from viz.state.subjects import Subject
from viz.style import format, theme
from viz.style.axes import log_axis
from viz.style.theme import SeriesStyle
from viz.text.compare import signed
from viz.text.quantities import name as quantity_name


def signals(
    subjects: Sequence[Subject],
    looks: Sequence[SeriesStyle],
    pairs: Mapping[Network, Pair | Message],
    quantity: str,
    *,
    dark: bool = False,
) -> go.Figure:
    """Return `weight_gradient_norm` or `activation_rms` of every network with skips (solid) and without (dashed)."""
    title = quantity_name(quantity)
    figure, known = go.Figure(), []
    for one, look in zip(subjects, looks, strict=True):
        pair = pairs.get(one.entry.spec.essential)
        if not isinstance(pair, Pair):
            continue
        plain = one.entry.spec.plain  # then its counterpart with skips is not shown
        for skips, side in ((False, pair.plain),) if plain else ((True, pair.skips), (False, pair.plain)):
            places, values, paths = _measured(side, quantity)
            shown = [(x, y, path) for x, y, path in zip(places, values, paths, strict=True) if 0 < y < inf]
            known += [y for _x, y, _path in shown]
            colour = look.shade.on(dark=dark)
            figure.add_scatter(
                x=[x for x, *_rest in shown],
                y=[y for _x, y, _path in shown],
                name=one.name if skips or plain else _("{name}, without skips", name=one.name),
                showlegend=skips or plain,
                mode="lines+markers",
                line={"color": colour, "width": 2.5 if skips else 2, "dash": "solid" if skips else "dash"},
                marker={"symbol": look.symbol + ("" if skips else "-open"), "size": 7, "color": colour},
                customdata=[f"{path}: {format.number(y)}" for __, y, path in shown],
                hovertemplate=HOVER,
            )
    floor, ceiling = (min(known) / 1.6, max(known) * 1.6) if known else (1e-3, 1.0)
    figure.update_layout(theme.layout(title, height=470), margin={"t": 50})
    figure.update_layout(legend=BELOW, margin={"b": 140})
    figure.update_xaxes(title_text=_("depth: 0 is the first layer, 1 the last"), range=[-0.02, 1.02])
    figure.update_yaxes(**log_axis(floor, ceiling))
    return figure


def timings(subjects: Sequence[Subject], looks: Sequence[SeriesStyle], *, dark: bool = False) -> go.Figure:
    """Return latency and images per second as bars; whiskers span the middle half of the runs."""
    shown = [
        (one, look, one.timing) for one, look in zip(subjects, looks, strict=True) if isinstance(one.timing, Timing)
    ]
    titles = (_("latency of one image, ms"), _("images per second, forward"), _("images per second, training"))
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
                **bar(one.name, look, dark=dark),
                customdata=[
                    _(
                        "{middle} (interquartile range: {low} to {high})",
                        middle=format.number(middle),
                        low=format.number(low),
                        high=format.number(high),
                    )
                ],
                hovertemplate=HOVER,
                row=1,
                col=column,
            )
    own = {key: value for key, value in theme.layout("", height=340).items() if key not in ("xaxis", "yaxis")}
    figure.update_layout(own, showlegend=False, margin={"t": 40, "b": FOOT})
    figure.update_annotations(font={"size": 15})
    figure.update_yaxes(rangemode="tozero")
    return figure


def shortcut_costs(variants: Sequence[Variant], kept: Sequence[int], *, dark: bool = False) -> go.Figure:
    """Return what each kind of shortcut adds to the plain network: parameters, MACs and memory, in percent."""
    base, held = variants[0].trace, kept[0]
    names = [worded(one.name) for one in variants[1:]]
    figure = go.Figure()
    for label, shape, colour, values in (
        (_("parameters"), "", theme.CHANNELS, [more(one.trace.params, base.params) for one in variants[1:]]),
        (_("MACs"), "/", theme.RESOLUTION, [more(one.trace.macs, base.macs) for one in variants[1:]]),
        (_("activations saved for backward"), "x", theme.REFERENCE, [more(value, held) for value in kept[1:]]),
    ):
        figure.add_bar(
            x=names,
            y=values,
            name=label,
            text=[f"{value:+.1%}" for value in values],
            textposition="outside",
            cliponaxis=False,
            marker={"color": colour, "pattern": pattern(shape)},
            customdata=[f"{name}: {value:+.2%}" for name, value in zip(names, values, strict=True)],
            hovertemplate=HOVER,
        )
    figure.update_layout(theme.layout("", barmode="group", height=340), margin={"t": 50, "b": FOOT})
    figure.update_yaxes(title_text=_("increase over no shortcuts"), tickformat="+.0%")
    return figure


def waterfall(
    terms: Sequence[tuple[str, int]], start: tuple[str, int], end: tuple[str, int], noun: str, *, dark: bool = False
) -> go.Figure:
    """Return a waterfall chart from one network's count to the other's, part by part."""
    figure = go.Figure(
        go.Waterfall(
            x=[start[0], *(name for name, __ in terms), end[0]],
            y=[start[1], *(change for __, change in terms), 0],
            measure=["absolute", *("relative" for __ in terms), "total"],
            text=[f"{start[1]:,}", *(signed(change) for __, change in terms), f"{end[1]:,}"],
            textposition="outside",
            cliponaxis=False,
            connector={"line": {"color": theme.REFERENCE, "width": 1}},
            increasing={"marker": {"color": theme.RESOLUTION}},
            decreasing={"marker": {"color": theme.CHANNELS}},
            totals={"marker": {"color": theme.REFERENCE}},
            hovertemplate="%{x}: %{text}<extra></extra>",
        )
    )
    figure.update_layout(theme.layout("", height=360), showlegend=False, margin={"t": 40, "b": FOOT})
    levels = [start[1]]
    for __, change in terms:
        levels.append(levels[-1] + change)
    low, high = min(levels), max(levels)
    room = max(high - low, 1) * 0.35
    cut = max(low - room, 0) if low > 2 * room else 0
    title = _("{quantity}, axis starts at {least}", quantity=noun, least=format.short(cut).strip()) if cut else noun
    figure.update_yaxes(title_text=title, range=[cut, high + room])
    return figure


def _measured(side: Signals, quantity: str) -> tuple[list[float], list[float], list[str]]:
    """Relative depths (0 to 1), medians over the seeds and paths, along the main path."""
    if quantity == "activation_rms":
        paths = list(last_of_blocks(side.trace).values())
    else:
        paths = [layer.path for layer in side.trace.layers if weighted(layer)]
    bands = side.band(quantity, paths)
    end = max(len(bands) - 1, 1)
    return [place / end for place in range(len(bands))], [band.middle for band in bands], [band.path for band in bands]
