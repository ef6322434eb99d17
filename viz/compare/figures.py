"""Charts that compare several networks; a network has the same colour, dash and marker in all of them."""

from collections.abc import Sequence

import plotly.graph_objects as go

from models.signals.records import last_of_blocks
from models.specs.published import published
from models.tracing.kinds import Kind
from models.tracing.layers import Layer
from viz.language import _, worded
from viz.state.subjects import Subject
from viz.style import format, theme
from viz.style.theme import SeriesStyle

BELOW = {"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0, "xanchor": "left"}
FOOT = 66  # px below a chart without an axis title, for its downloads
HOVER = "<b>%{fullData.name}</b><br>%{customdata}<extra></extra>"


def accuracy(
    subjects: Sequence[Subject], looks: Sequence[SeriesStyle], *, by: str = "gmacs", dark: bool = False
) -> go.Figure:
    """Return published ImageNet top-1 against "gmacs" or "params", with all of torchvision's networks in grey."""
    words = _("MACs for one image, in 10⁹") if by == "gmacs" else _("parameters, in 10⁶")
    divisor = {"gmacs": 1.0, "params": 1e6}[by]
    figure = go.Figure()
    context = published()
    figure.add_scatter(
        x=[getattr(row, by) / divisor for row in context],
        y=[row.top1 for row in context],
        mode="markers",
        name=_("other networks of torchvision"),
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
            customdata=[
                _(
                    "{weights}: {top1:.3f}% top-1, {top5:.3f}% top-5",
                    weights=row.weights,
                    top1=row.top1,
                    top5=row.top5,
                )
                for row in rows
            ],
            hovertemplate=HOVER,
        )
    figure.update_layout(theme.layout("", height=430, hovermode="closest"), margin={"t": 60})
    figure.update_layout(legend={"y": 1.02, "x": 0, "xanchor": "left"})
    figure.update_xaxes(title_text=words, type="log", tickvals=[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500])
    figure.update_yaxes(title_text=_("published ImageNet top-1 accuracy, %"), range=[54, 88])
    return figure


def counts(subjects: Sequence[Subject], looks: Sequence[SeriesStyle], batch: int, *, dark: bool = False) -> go.Figure:
    """Return parameters, MACs and activation memory as grouped bars, each as a share of the largest."""
    quantities = [
        (_("parameters"), [one.trace.params for one in subjects], format.short, format.whole),
        (_("MACs"), [one.trace.macs for one in subjects], format.short, format.whole),
        (_("activations, one image"), [one.trace.activation_bytes for one in subjects], format.size, format.size),
        (
            _("activations, training, batch {batch}", batch=batch),
            [one.kept * batch for one in subjects],
            format.size,
            format.size,
        ),
    ]
    figure = go.Figure()
    for place, (one, look) in enumerate(zip(subjects, looks, strict=True)):
        own = [(name, values[place], max(values), brief, exact) for name, values, brief, exact in quantities]
        figure.add_bar(
            x=[name for name, *_rest in own],
            y=[value / most if most else 0 for _name, value, most, *_rest in own],
            text=[brief(value) for _name, value, _most, brief, _exact in own],
            textposition="outside",
            textangle=-90 if len(subjects) > 3 else 0,
            textfont={"size": 13},
            constraintext="none",  # else Plotly would shrink each number to fit its bar
            cliponaxis=False,
            **bar(one.name, look, dark=dark),
            customdata=[
                _(
                    "{name}: {value}, {share} of the largest",
                    name=name,
                    value=exact(value),
                    share=format.percent(value, most),
                )
                for name, value, most, _brief, exact in own
            ],
            hovertemplate=HOVER,
        )
    figure.update_layout(theme.layout("", barmode="group", height=400), margin={"t": 50, "b": FOOT})
    figure.update_yaxes(
        title_text=_("share of the largest"), tickformat=".0%", range=[0, 1.3 if len(subjects) > 3 else 1.12]
    )
    return figure


def by_stage(subjects: Sequence[Subject], looks: Sequence[SeriesStyle], *, dark: bool = False) -> go.Figure:
    """Return the parameters of every stage as grouped bars, with matching stages at the same place."""
    from models.tracing.diff import aligned  # noqa: PLC0415

    rows = aligned(tuple(one.trace for one in subjects))
    names = [worded(name) for name, __ in rows]
    figure = go.Figure()
    for place, (one, look) in enumerate(zip(subjects, looks, strict=True)):
        totals = {total.path: total.params for total in one.trace.stages}
        own = [totals.get(paths[place] or "", 0) for __, paths in rows]
        figure.add_bar(
            x=names,
            y=own,
            **bar(one.name, look, dark=dark),
            customdata=[
                _(
                    "{params:,} parameters, {share} of all",
                    params=value,
                    share=format.percent(value, one.trace.params),
                )
                for value in own
            ],
            hovertemplate=HOVER,
        )
    figure.update_layout(theme.layout(_("Parameters by stage"), barmode="group", height=360), margin={"b": FOOT})
    figure.update_yaxes(title_text=_("parameters"))
    return figure


def channels(subjects: Sequence[Subject], looks: Sequence[SeriesStyle], *, dark: bool = False) -> go.Figure:
    """Return the number of channels between blocks along the relative depth."""
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
            x=[place / end if end else 0 for place, __ in stream],
            y=[layer.output_shape[0] for __, layer in stream],
            said=[f"{layer.path}: {format.shape(layer.output_shape)}" for __, layer in stream],
        )  # fmt: skip
    figure.update_layout(theme.layout(_("Channels between blocks"), height=460), legend=BELOW, margin={"b": 140})
    figure.update_xaxes(title_text=_("depth: 0 is the first layer, 1 the last before pooling"), range=[0, 1])
    figure.update_yaxes(title_text=_("channels"), rangemode="tozero")
    return figure


def alive(subjects: Sequence[Subject], looks: Sequence[SeriesStyle], *, dark: bool = False) -> go.Figure:
    """Return the activation memory along a forward pass of one image, if nothing is saved for the backward pass."""
    figure = go.Figure()
    for one, look in zip(subjects, looks, strict=True):
        end = max(len(one.trace.layers) - 1, 1)
        _line(
            figure, one.name, look, dark=dark, shape="hv",
            x=[place / end for place in range(len(one.trace.layers))],
            y=[value / 1e6 for value in one.trace.live_bytes],
            said=[
                _("{layer}: {memory} in memory", layer=layer.path, memory=format.size(value))
                for layer, value in zip(one.trace.layers, one.trace.live_bytes, strict=True)
            ],
        )  # fmt: skip
    figure.update_layout(
        theme.layout(_("Activations in memory, one image, forward pass"), height=460), legend=BELOW, margin={"b": 140}
    )
    figure.update_xaxes(title_text=_("depth: 0 is the first layer, 1 the last"), range=[0, 1])
    figure.update_yaxes(title_text=_("MB in float32"), rangemode="tozero")
    return figure


def weighted(layer: Layer) -> bool:
    return layer.kind in (Kind.CONV, Kind.LINEAR) and not layer.projection


def _line(
    figure: go.Figure, name: str, look: SeriesStyle, *, dark: bool, shape: str,
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
        hovertemplate=HOVER,
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


def bar(name: str, look: SeriesStyle, *, dark: bool) -> dict[str, object]:
    colour = look.shade.on(dark=dark)
    return {"name": name, "marker": {"color": colour, "pattern": pattern(look.pattern), "line": {"width": 0}}}


def pattern(shape: str) -> dict[str, object]:
    return {"shape": shape, "size": 8, "fillmode": "overlay", "fgcolor": "#ffffff", "fgopacity": 0.75}


def more(value: int, base: int) -> float:
    return value / base - 1 if base else 0.0
