"""Sentences on the measured gradients, computed from the numbers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from math import inf, isfinite

from models.runtime.messages import Message
from models.runtime.settings import Weights
from models.signals.records import Pair, Signals, Zero
from models.signals.statistics import quotient
from models.signals.zeros import zeros
from models.specs.external import Network
from models.specs.spec import NetworkSpec
from viz.language import _, ngettext, sentences, worded
from viz.state.shown_layers import QUANTITY
from viz.state.signals import Of, Show
from viz.style import format

_ALIKE = 1.5  # ratios up to this count as similar
_LEVEL = 10.0  # a ratio between 1/10 and 10 is called level
_CLOSER = 3.0  # factor by which skips must reduce the spread of gradients to be said to help
_TINY = 1e-6  # fraction of the other network's gradients below which there is hardly any gradient


class Regime(StrEnum):
    EXPLODES = "explodes"
    VANISHES = "vanishes"
    LEVEL = "level"
    UNDERFLOWED = "underflowed"
    CONSTRUCTED = "constructed"
    ZERO = "zero"  # for another reason, or an unknown one
    BROKEN = "broken"  # NaN or infinite


_DIRECTED = frozenset({Regime.EXPLODES, Regime.VANISHES})


def regime(signals: Signals, of: Of) -> Regime:
    """Return what happens to the gradients of the main path's convolutions, from the last to the first."""
    values = _gradients(signals, of)
    if not all(map(isfinite, values)):
        return Regime.BROKEN
    if 0.0 in values:
        causes = _causes(signals, of)
        if Zero.UNDERFLOW in causes:
            return Regime.UNDERFLOWED
        return Regime.CONSTRUCTED if set(causes) == {Zero.CONSTRUCTION} else Regime.ZERO
    ratio = signals.ratio(QUANTITY[of])
    if ratio >= _LEVEL:
        return Regime.EXPLODES
    return Regime.VANISHES if ratio <= 1 / _LEVEL else Regime.LEVEL


def gradients(pair: Pair, of: Of, show: Show = Show.BOTH) -> str:
    """Describe the gradients, as in "Without skips the gradient grows 1.21× per layer ... With skips: 12 times."."""
    parts = _levels(pair, of) if show is Show.BOTH else []
    if show is not Show.WITH:
        parts.append(_sentence(pair.plain, of, skips=False))
    if show is Show.WITH:
        parts.append(_sentence(pair.skips, of, skips=True))
    elif show is Show.BOTH:
        same = regime(pair.skips, of) is regime(pair.plain, of) and regime(pair.skips, of) in _DIRECTED
        if same:
            parts.append(_("With skips: {ratio} times.", ratio=format.times(pair.skips.ratio(QUANTITY[of]))))
        else:
            parts.append(_sentence(pair.skips, of, skips=True))
    return sentences(parts)


def curves(named: Iterable[tuple[str, Network]], pairs: Mapping[Network, Pair | Message]) -> list[str]:
    """Return for each network, in Markdown, what the gradients of its weights do; "" if nothing was measured."""
    said = []
    for name, spec in named:
        pair = pairs.get(spec.essential)
        show = Show.WITHOUT if spec.plain else Show.BOTH
        if pair is None:
            said.append("")
        elif isinstance(pair, Pair):
            said.append(f"**{name}.** {gradients(pair, Of.WEIGHTS, show)}")
        else:
            said.append(_("**{name}.** Not measured. {reason}", name=name, reason=worded(pair)))
    return said


def regimes(pairs: Mapping[str, Pair], of: Of) -> list[str]:
    """Return a line in Markdown for each norm: what the gradients do with and without skips."""
    return [f"**{name.capitalize()}.** {gradients(pair, of)}" for name, pair in pairs.items()]


def _levels(pair: Pair, of: Of) -> list[str]:
    """A sentence, if all gradients without skips are far smaller or larger than the largest with skips."""
    largest = [max(filter(isfinite, _gradients(side, of)), default=0.0) for side in (pair.plain, pair.skips)]
    share = quotient(*largest)
    if 0 < share < _TINY:
        return [
            _(
                "Without skips there is hardly any gradient: the largest of all layers is {share} of the largest with "
                "skips.",
                share=format.power(share),
            )
        ]
    if 1 / _TINY < share < inf:
        return [
            _(
                "Without skips all gradients are huge: the largest of all layers is {times} times the largest with "
                "skips.",
                times=format.times(share),
            )
        ]
    return []


def twin(pair: Pair, unshared: int) -> str:
    """Return what else changes without the skips. `unshared`: number of weight tensors that the two do not share."""
    if pair.skips.weights != Weights.RANDOM:
        if pair.plain.borrowed:
            return _(
                "Without skips the network keeps the weights that were learnt with them: it was not trained this way."
            )
        if pair.skips.borrowed:
            return _(
                "With skips the network has the weights that were learnt without them: it was not trained this way."
            )
        if pair.skips.weights == Weights.FILE:
            return _("Both networks have the weights in the file, wherever their shapes are the same.")
        return _("Each network has the weights that it learnt itself, with the same training settings.")
    skips, plain = pair.skips.trace.params, pair.plain.trace.params
    if not unshared:
        return _("Both have {params:,} parameters and start from the same weights, bit for bit.", params=skips)
    if skips == plain:
        return ngettext(
            "Both have {params:,} parameters. {n} weight tensor starts at zero with skips, but can't in the twin.",
            "Both have {params:,} parameters. {n} weight tensors start at zero with skips, but can't in the twin.",
            unshared,
            params=skips,
        )
    return ngettext(
        "The twin has {plain:,} parameters instead of {skips:,} ({short} instead of {full}): {n} weight tensor is "
        "missing or has another shape. All others start equal, bit for bit.",
        "The twin has {plain:,} parameters instead of {skips:,} ({short} instead of {full}): {n} weight tensors are "
        "missing or have another shape. All others start equal, bit for bit.",
        unshared,
        plain=plain,
        skips=skips,
        short=format.short(plain).strip(),
        full=format.short(skips).strip(),
    )


def meaning(pair: Pair, of: Of) -> str:
    """Return what it means for learning that skips reduce the spread of the layers' gradients; "" if they do not."""
    if pair.skips.weights != Weights.RANDOM or of is not Of.WEIGHTS or regime(pair.plain, of) not in _DIRECTED:
        return ""
    apart, less = (_apart(side, of) for side in (pair.plain, pair.skips))
    if not less * _CLOSER < apart < inf:
        return ""
    if less > _ALIKE:
        return _(
            "Why it matters: all layers share one learning rate. Without skips, the largest gradient of a layer "
            "is {apart} times the smallest, so the rate is far too large for some layers or far too small for "
            "others; with skips, it is only {less} times the smallest.",
            apart=format.times(apart),
            less=format.times(less),
        )
    return _(
        "Why it matters: all layers share one learning rate. Without skips, the largest gradient of a layer is {apart} "
        "times the smallest, so the rate is far too large for some layers or far too small for others; with skips, "
        "the gradients of all layers are of similar size.",
        apart=format.times(apart),
    )


def _apart(signals: Signals, of: Of) -> float:
    """The largest gradient of the main path's convolutions over the smallest."""
    values = _gradients(signals, of)
    return quotient(max(values), min(values)) if values else inf


def _sentence(signals: Signals, of: Of, *, skips: bool) -> str:
    """What the gradient does in one of the two networks, as a sentence."""
    what = _side(signals, of)
    return _("With skips {what}.", what=what) if skips else _("Without skips {what}.", what=what)


def _nouns(signals: Signals) -> dict[str, str]:
    """The words for the layers of the main path: in networks of others, not only convolutions have weights there."""
    if isinstance(signals.spec, NetworkSpec):
        return {"layer": _("convolution"), "layers": _("convolutions")}
    return {"layer": _("layer"), "layers": _("layers with weights")}


def _side(signals: Signals, of: Of) -> str:
    """What the gradient does from the last layer of the main path to the first, as a main clause."""
    values, nouns = _gradients(signals, of), _nouns(signals)
    broken = sum(not isfinite(value) for value in values)
    if broken:
        return _(
            "the gradient is not finite (NaN or infinite) in {n} of {all} {layers}", n=broken, all=len(values), **nouns
        )
    causes = _causes(signals, of)
    if causes:
        return _(" and ").join(_zero(cause, causes[cause], len(values), nouns) for cause in Zero if cause in causes)
    quantity = QUANTITY[of]
    ratio, growth, kind = signals.ratio(quantity), signals.growth(quantity), regime(signals, of)
    times = format.times(ratio)
    if kind is Regime.LEVEL:
        return _("the gradient stays level: the first {layer}'s is {times} times the last one's", times=times, **nouns)
    grows = kind is Regime.EXPLODES
    if growth is None or (growth > 1) is not grows:  # the trend within the stages contradicts the ratio: leave it out
        if grows:
            return _(
                "the gradient grows toward the input: the first {layer}'s is {times} times the last one's",
                times=times,
                **nouns,
            )
        return _(
            "the gradient shrinks toward the input: the first {layer}'s is {times} times the last one's",
            times=times,
            **nouns,
        )
    if grows:
        return _(
            "the gradient grows {factor}× per layer toward the input: the first {layer}'s is {times} times the "
            "last one's",
            factor=f"{growth:.3g}",
            times=times,
            **nouns,
        )
    return _(
        "the gradient shrinks to {factor}× per layer toward the input: the first {layer}'s is {times} times the "
        "last one's",
        factor=f"{growth:.2g}",
        times=times,
        **nouns,
    )


def _zero(cause: Zero, count: int, most: int, nouns: dict[str, str]) -> str:
    if count == most:
        return {
            Zero.CONSTRUCTION: _(
                "the gradient is 0 by construction in every {layer}: weights after it are zero", **nouns
            ),
            Zero.CLOSED: _(
                "the gradient is exactly 0 in every {layer}: every ReLU after it outputs only zeros", **nouns
            ),
            Zero.UNDERFLOW: _("the gradient has underflowed: it is exactly 0 in every {layer}", **nouns),
            Zero.UNKNOWN: _("the gradient is exactly 0 in every {layer}", **nouns),
        }[cause]
    where = {"n": count, "all": most, **nouns}
    return {
        Zero.CONSTRUCTION: _(
            "the gradient is 0 by construction in {n} of {all} {layers}: weights after them are zero", **where
        ),
        Zero.CLOSED: _(
            "the gradient is exactly 0 in {n} of {all} {layers}: every ReLU after them outputs only zeros", **where
        ),
        Zero.UNDERFLOW: _("the gradient has underflowed: it is exactly 0 in {n} of {all} {layers}", **where),
        Zero.UNKNOWN: _("the gradient is exactly 0 in {n} of {all} {layers}", **where),
    }[cause]


def _causes(signals: Signals, of: Of) -> Counter[Zero]:
    """Numbers of main path convolutions whose gradient (the median over the seeds) is exactly zero, by cause."""
    paths = [layer.path for layer in signals.convolutions]
    nothing = {band.path for band in signals.band(QUANTITY[of], paths) if band.middle == 0}
    found: dict[str, Zero] = {}
    for run in signals.runs if nothing else ():
        own = zeros(signals.trace, run, QUANTITY[of])
        found |= {path: cause for path, cause in own.items() if path in nothing and path not in found}
    return Counter(found.values())


def _gradients(signals: Signals, of: Of) -> list[float]:
    paths = [layer.path for layer in signals.convolutions]
    return [band.middle for band in signals.band(QUANTITY[of], paths)]
