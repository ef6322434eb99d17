"""Charts of trainings: curves of error and loss, gradients over time, the confusion matrix."""

from collections.abc import Sequence
from math import inf, isfinite, log

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from models.training.significance import blew_up
from viz.language import N_, _
from viz.state.subjects import Curve
from viz.state.training import Scale
from viz.style import format, theme
from viz.style.axes import log_axis
from viz.style.theme import SeriesStyle

_EXACT = {"loss": ".3f", "error": ".2%"}
_SPLITS = ("train", "test")
_TITLES = {
    ("train", Scale.ERROR): N_("training error"),
    ("train", Scale.LOSS): N_("training loss"),
    ("test", Scale.ERROR): N_("test error"),
    ("test", Scale.LOSS): N_("test loss"),
}
_IMAGES = {"train": N_("{network}, training images"), "test": N_("{network}, test images")}
_WORDS = {Scale.ERROR: N_("error, share of images"), Scale.LOSS: N_("loss")}
_HOVER = "<b>%{fullData.meta}</b><br>%{customdata}<extra></extra>"
_AXES = ("xaxis", "yaxis")
_LONGEST_NAME = 22  # letters of a name that fits beside the end of its line
_AXIS_HIGH, _LINE_HIGH = 290, 19  # pixels, of the axis and of a line of text


def curves(
    shown: Sequence[Curve],
    looks: Sequence[SeriesStyle],
    *,
    scale: Scale = Scale.ERROR,
    logarithmic: bool = False,
    dark: bool = False,
    height: int = 400,
) -> go.Figure:
    """Return error or loss by epoch, on training (left) and test images, on one axis (as arXiv 1512.03385, figure 1).

    The epochs' axis has its full length from the start.
    """
    figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.05,
        subplot_titles=[_(_TITLES[split, scale]) for split in _SPLITS],
    )
    whole = max((curve.run.all_epochs for curve in shown), default=1)
    for curve, look in zip(shown, looks, strict=True):
        colour = look.shade.on(dark=dark)
        for column, split in enumerate(_SPLITS, start=1):
            values = [getattr(epoch, f"{split}_{scale}") for epoch in curve.epochs]
            figure.add_scatter(
                x=[epoch.number for epoch in curve.epochs],
                y=[value if not logarithmic or value > 0 else None for value in values],
                name=curve.name,
                meta=_(_IMAGES[split], network=curve.name),
                legendgroup=curve.name,
                showlegend=column == 1,
                mode="lines+markers",
                line={"color": colour, "width": 3, "dash": look.dash},
                marker={"symbol": look.symbol, "size": 8, "color": colour},
                customdata=[
                    _(
                        "epoch {epoch}, {quantity}: {value}",
                        epoch=epoch.number,
                        quantity=_(_TITLES[split, scale]),
                        value=_told(value, _EXACT[scale]),
                    )
                    for epoch, value in zip(curve.epochs, values, strict=True)
                ],
                hovertemplate=_HOVER,
                row=1,
                col=column,
            )
    figure.update_layout(own(height=height, margin={"t": 82, "l": 8, "r": 24, "b": 8}, hovermode="closest"))
    figure.update_layout(legend={"y": 1.13, "yanchor": "bottom"})  # above the panels' names
    _named_at_ends(figure, shown, looks, scale=scale, logarithmic=logarithmic, dark=dark)
    figure.update_xaxes(title_text=_("epoch"), range=[0.5, whole + 0.5], dtick=_step(whole), **theme.axis())
    axis: dict[str, object] = {"rangemode": "tozero", "tickformat": ".0%" if scale is Scale.ERROR else None}
    values = _values(shown, scale)
    if scale is Scale.ERROR and not values:
        axis["range"] = [0, 1]  # before the first epoch; Plotly's own empty axis would go to 400%
    if scale is Scale.LOSS and not logarithmic:
        _beyond(figure, shown, looks, dark=dark)
        axis["range"] = [0, _ceiling(shown)]
    if logarithmic and values:
        axis = log_axis(max(min(values), 1e-6) / 1.3, max(values) * 1.3)
    figure.update_yaxes(**theme.axis() | axis)
    figure.update_yaxes(title_text=_(_WORDS[scale]), row=1, col=1)
    if scale is Scale.ERROR:
        _blown_up(figure, shown)
    return figure


def _named_at_ends(
    figure: go.Figure,
    shown: Sequence[Curve],
    looks: Sequence[SeriesStyle],
    *,
    scale: Scale,
    logarithmic: bool,
    dark: bool,
) -> None:
    """Write short names at the right ends of the lines, instead of a legend."""
    begun = [(curve, look) for curve, look in zip(shown, looks, strict=True) if curve.epochs]
    if len(begun) < len(shown) or max(len(curve.name) for curve in shown) > _LONGEST_NAME or logarithmic:
        return
    top = _ceiling(shown) if scale is Scale.LOSS else max(_values(shown, scale), default=1.0)
    ends = [(min(getattr(curve.epochs[-1], f"test_{scale}"), top), curve, look) for curve, look in begun]
    below = -inf
    for value, curve, look in sorted(ends, key=lambda end: end[0]):
        height = max(value / (top or 1.0) * _AXIS_HIGH, below + _LINE_HIGH)  # in pixels; names don't overlap
        below = height
        figure.add_annotation(
            x=curve.epochs[-1].number,
            y=value,
            yshift=height - value / (top or 1.0) * _AXIS_HIGH,
            text=f"{look.glyph} {curve.name}",
            font={"color": look.shade.on(dark=dark), "size": theme.CHART_TEXT},
            showarrow=False,
            xanchor="left",
            xshift=10,
            row=1,
            col=2,
        )
    wide = 9 * max(len(curve.name) for curve in shown) + 30
    figure.update_layout(showlegend=False, margin={"r": wide, "t": 40})


def _blown_up(figure: go.Figure, shown: Sequence[Curve]) -> None:
    """Label the last epoch of a network whose loss blew up with that loss, which its error does not show."""
    for curve in shown:
        if curve.epochs and blew_up(curve.epochs[-1].train_loss, curve.run.network.classes):
            last = curve.epochs[-1]
            figure.add_annotation(
                x=last.number,
                y=last.train_error,
                text=_("loss {value}", value=format.number(last.train_loss)),
                showarrow=True,
                ax=-30,
                ay=30,
                row=1,
                col=1,
            )


def _ceiling(shown: Sequence[Curve]) -> float:
    """Upper end of the loss axis: a test loss in the first epochs can be a million times all others."""
    guess = max((log(curve.run.network.classes) for curve in shown), default=2.3)
    return 1.05 * min(max(_values(shown, Scale.LOSS), default=guess), 1.5 * guess)


def beyond(shown: Sequence[Curve]) -> bool:
    """Return whether a loss lies above the axis."""
    return any(_over(curve, _ceiling(shown), split) for curve in shown for split in _SPLITS)


def _over(curve: Curve, top: float, split: str) -> list[tuple[int, float]]:
    """(epoch, loss) of the losses above the axis."""
    losses = [(epoch.number, getattr(epoch, f"{split}_loss")) for epoch in curve.epochs]
    return [(number, loss) for number, loss in losses if not loss <= top]


def _beyond(figure: go.Figure, shown: Sequence[Curve], looks: Sequence[SeriesStyle], *, dark: bool) -> None:
    """Mark losses above the axis at its upper end, with their values in the tooltip."""
    top = _ceiling(shown)
    for curve, look in zip(shown, looks, strict=True):
        for column, split in enumerate(_SPLITS, start=1):
            over = _over(curve, top, split)
            if over:
                figure.add_scatter(
                    x=[number for number, __ in over],
                    y=[top] * len(over),
                    meta=_("{network}, above the axis", network=curve.name),
                    mode="markers",
                    marker={"symbol": "arrow-bar-up", "size": 15, "color": look.shade.on(dark=dark)},
                    cliponaxis=False,
                    showlegend=False,
                    customdata=[
                        _(
                            "epoch {epoch}, {quantity}: {value}",
                            epoch=number,
                            quantity=_(_TITLES[split, Scale.LOSS]),
                            value=format.number(value),
                        )
                        for number, value in over
                    ],
                    hovertemplate=_HOVER,
                    row=1,
                    col=column,
                )


def _told(value: float, form: str) -> str:
    return f"{value:{form}}" if isfinite(value) else format.number(value)


def _values(shown: Sequence[Curve], scale: Scale) -> list[float]:
    found = [getattr(epoch, f"{split}_{scale}") for curve in shown for epoch in curve.epochs for split in _SPLITS]
    return [value for value in found if value > 0 and isfinite(value)]


def own(**more: object) -> dict[str, object]:
    return {key: value for key, value in theme.layout("", **more).items() if key not in _AXES}


def _step(whole: int) -> int:
    """Number of epochs between two labelled ones."""
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 200) if whole / step <= 10)
