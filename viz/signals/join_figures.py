"""Charts of the joins: how much comes by the skip, and how much by the branch."""

from collections.abc import Sequence
from math import isfinite

import plotly.graph_objects as go

from models.signals.records import Pair
from models.specs.choices import Init, Norm
from models.specs.spec import NetworkSpec
from viz.language import _
from viz.signals.figures import HOVER, marked
from viz.style import format, theme


def stream(pair: Pair, *, selected: str = "", dark: bool = False, gradient: bool = False) -> go.Figure:
    """Return the shares of skip and branch in each join or, with `gradient`, in the gradient at each block's input."""
    joins = pair.skips.joins
    share = [join.branch_gradient_share if gradient else join.branch_share for join in joins]
    names = [join.block for join in joins]
    skip_colour, branch_colour = theme.SKIP.on(dark=dark), "#b8860b" if not dark else "#e6b84c"
    figure = go.Figure()
    places = list(range(1, len(joins) + 1))
    for name, colour, pattern, values in (
        (_("by the skip"), skip_colour, "", [1 - value for value in share]),
        (_("by the branch"), branch_colour, "/", share),
    ):
        figure.add_bar(
            x=places,
            y=[value if isfinite(value) else 0 for value in values],
            name=name,
            marker={"color": colour, "pattern": {"shape": pattern, "size": 6}, "line": {"width": 0}},
            customdata=[
                (f"{block}.join", _known_share(value), _sizes(join, gradient=gradient))
                for block, value, join in zip(names, values, joins, strict=True)
            ],
            hovertemplate=HOVER,
        )
    spec = pair.skips.spec
    if (
        not gradient
        and isinstance(spec, NetworkSpec)
        and spec.preact
        and spec.norm is Norm.BATCH
        and spec.init is Init.KAIMING
    ):
        figure.add_scatter(
            x=places,
            y=[1 - 1 / (place + 1) for place in _within_stages([join.block for join in joins])],
            name=_("theory: branch 1/(l + 1)"),
            mode="lines",
            line={"color": theme.REFERENCE, "width": 2, "dash": "dot"},
            hoverinfo="skip",
        )
    title = _("The gradient at each block's input") if gradient else _("Shares of skip and branch")
    figure.update_layout(theme.layout(title, barmode="stack", bargap=0.15, height=380))
    figure.update_xaxes(title_text=_("block, first to last"))
    figure.update_yaxes(title_text=_("share of the sum of squares"), tickformat=".0%", range=[0, 1])
    index = next((place for place, name in zip(places, names, strict=True) if selected.startswith(name + ".")), None)
    return marked(figure, index, "", dark=dark)


def _known_share(value: float) -> str:
    return f"{value:.1%}" if isfinite(value) else _("undefined: zero or not finite")


def _sizes(join: object, *, gradient: bool) -> str:
    names = ("skip_gradient_norm", "branch_gradient_norm") if gradient else ("skip_rms", "branch_rms")
    skip, branch = (format.number(getattr(join, name)) for name in names)
    if gradient:
        return _("norm: skip {skip}, branch {branch}", skip=skip, branch=branch)
    return _("rms: skip {skip}, branch {branch}", skip=skip, branch=branch)


def _within_stages(blocks: Sequence[str]) -> list[int]:
    """Number of each block in its stage, from 1."""
    counts: dict[str, int] = {}
    places = []
    for block in blocks:
        stage = block.rpartition(".")[0]
        counts[stage] = counts.get(stage, 0) + 1
        places.append(counts[stage])
    return places
