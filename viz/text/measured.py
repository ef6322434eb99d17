"""Sentences on how signals change along a network, at its joins and with depth, computed from the numbers."""

from collections.abc import Sequence
from math import inf, isfinite

from models.signals.records import Pair, SweepPoint, Zero
from models.signals.statistics import middle, quotient
from models.signals.zeros import together
from viz.language import _, sentences
from viz.state.shown_layers import at_layers
from viz.state.signals import At, Show
from viz.style import format

_ALIKE = 1.5  # up to this ratio the signal is said to keep its size


def outputs(pair: Pair, at: At, show: Show = Show.BOTH) -> str:
    """Return how the size of the signal changes along the network, and how much of it is zero."""
    parts = []
    for skips, side in ((False, pair.plain), (True, pair.skips)):
        if show is (Show.WITH if not skips else Show.WITHOUT):
            continue
        bands = at_layers(side, at, "activation_rms")
        if not bands:
            continue
        parts.append(_along(bands[0].middle, bands[-1].middle, skips=skips))
        zeros = at_layers(side, at, "zero_fraction")[-1].middle
        if isfinite(zeros):
            parts.append(_("At the end, {share} of the values are zero.", share=f"{zeros:.0%}"))
    return sentences(parts)


def _along(first: float, last: float, *, skips: bool) -> str:
    """How the root mean square changes from the first layer to the last."""
    if not (isfinite(first) and isfinite(last)):
        if skips:
            return _("With skips the signal is not finite (NaN or infinite).")
        return _("Without skips the signal is not finite (NaN or infinite).")
    ratio = quotient(last, first)
    values = {"first": format.number(first), "last": format.number(last)}
    if last == 0:
        if skips:
            return _("With skips the signal dies out: rms {first} at the start, {last} at the end.", **values)
        return _("Without skips the signal dies out: rms {first} at the start, {last} at the end.", **values)
    if ratio > _ALIKE:
        values["times"] = format.times(ratio)
        if skips:
            return _(
                "With skips the signal grows by a factor of {times}: rms {first} at the start, {last} at the end.",
                **values,
            )
        return _(
            "Without skips the signal grows by a factor of {times}: rms {first} at the start, {last} at the end.",
            **values,
        )
    if ratio < 1 / _ALIKE:
        values["times"] = format.times(1 / ratio)
        if skips:
            return _(
                "With skips the signal shrinks by a factor of {times}: rms {first} at the start, {last} at the end.",
                **values,
            )
        return _(
            "Without skips the signal shrinks by a factor of {times}: rms {first} at the start, {last} at the end.",
            **values,
        )
    if skips:
        return _("With skips the signal keeps its size: rms {first} at the start, {last} at the end.", **values)
    return _("Without skips the signal keeps its size: rms {first} at the start, {last} at the end.", **values)


def joins(pair: Pair) -> str:
    """Return how much of the signal and of the gradient takes the branch or skip, in the first and the last block."""
    found = pair.skips.joins
    if not found:
        return _("This network has no additions or concatenations.")
    adds = (found[0].branch_share, found[-1].branch_share)
    returns = (found[0].branch_gradient_share, found[-1].branch_gradient_share)
    said = []
    if all(map(isfinite, adds)):
        said.append(
            _(
                "In the first block, the branch contributes {first} of the sum of squares; in the last, {last}.",
                first=f"{adds[0]:.0%}",
                last=f"{adds[1]:.0%}",
            )
        )
    else:
        said.append(_("In the first or the last block, the signal is zero or not finite."))
    if all(map(isfinite, returns)):
        said.append(
            _(
                "Of the squared gradients that reach the first block's input, {first} come through the skip; in "
                "the last block, {last}.",
                first=f"{1 - returns[0]:.0%}",
                last=f"{1 - returns[1]:.0%}",
            )
        )
    else:
        said.append(_("The gradient there is zero or not finite."))
    return sentences(said)


def sweep(points: Sequence[SweepPoint]) -> str:
    """Return how the ratio of the first to the last gradient changes from the shallowest to the deepest network."""
    parts = []
    for skips in (False, True):
        own = [point for point in points if point.skips is skips]
        depths = sorted({point.depth for point in own})
        if len(depths) < 2:
            continue
        first, last = (middle([point.ratio for point in own if point.depth == end]) for end in (depths[0], depths[-1]))
        if not (0 < first < inf and 0 < last < inf):
            deepest = [point.zero for point in own if point.depth == depths[-1] and point.zero is not None]
            odd = odd_ratio(last, together(deepest))
            if skips:
                parts.append(_("With skips, at depth {depth}: {ratio}.", depth=depths[-1], ratio=odd))
            else:
                parts.append(_("Without skips, at depth {depth}: {ratio}.", depth=depths[-1], ratio=odd))
            continue
        per_layer = (last / first) ** (1 / (depths[-1] - depths[0]))
        values = {
            "first": format.times(first),
            "shallow": depths[0],
            "last": format.times(last),
            "deep": depths[-1],
            "factor": f"{per_layer:.3g}",
        }
        if skips:
            parts.append(
                _(
                    "With skips, the first convolution's gradient is {first} times the last one's at depth "
                    "{shallow} and {last} times at depth {deep}: a factor of {factor} for each additional layer.",
                    **values,
                )
            )
        else:
            parts.append(
                _(
                    "Without skips, the first convolution's gradient is {first} times the last one's at depth "
                    "{shallow} and {last} times at depth {deep}: a factor of {factor} for each additional layer.",
                    **values,
                )
            )
    return sentences(parts) or _("A trend needs two depths.")


def odd_ratio(ratio: float, cause: Zero) -> str:
    """Return why a ratio of two gradients is not a positive number: which one is zero, and the cause, if known."""
    if ratio == 0:
        return {
            Zero.CONSTRUCTION: _("the ratio is 0, since the first convolution's gradient is 0 by construction"),
            Zero.CLOSED: _(
                "the ratio is 0, since the first convolution's gradient is exactly 0 (every ReLU after it "
                "outputs only zeros)"
            ),
            Zero.UNDERFLOW: _("the ratio is 0, since the first convolution's gradient has underflowed"),
            Zero.UNKNOWN: _("the ratio is 0, since the first convolution's gradient is exactly 0"),
        }[cause]
    if ratio == inf:
        return {
            Zero.CONSTRUCTION: _("the ratio is infinite, since the last convolution's gradient is 0 by construction"),
            Zero.CLOSED: _(
                "the ratio is infinite, since the last convolution's gradient is exactly 0 (every ReLU after it "
                "outputs only zeros)"
            ),
            Zero.UNDERFLOW: _("the ratio is infinite, since the last convolution's gradient has underflowed"),
            Zero.UNKNOWN: _("the ratio is infinite, since the last convolution's gradient is exactly 0"),
        }[cause]
    return _("the ratio is undefined (both gradients are exactly 0, or one is not finite)")
