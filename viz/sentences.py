"""What was measured, in words: every sentence is computed from the numbers, and reads right whatever they are."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from math import inf, isfinite

from models.measured import Pair, Signals, SweepPoint, Zero, middle, quotient
from models.settings import Weights
from models.spec import NetworkSpec, Shortcut
from models.zeros import together, zeros
from viz import format
from viz.experiment import At, Of, Show
from viz.figures.signals import QUANTITY, at_layers

_ALIKE = 1.5  # a ratio up to that
_LEVEL = 10.0  # a ratio between 1/10 and 10 is called level
_CLOSER = 3.0  # times nearer together: what is called a difference that skips make
_TINY = 1e-6  # of the other network's gradients


class Regime(StrEnum):
    EXPLODES = "explodes"
    VANISHES = "vanishes"
    LEVEL = "level"
    UNDERFLOWED = "underflowed"
    CONSTRUCTED = "zero by construction"
    ZERO = "zero"  # for another reason, or for none that can be told
    BROKEN = "broken"  # NaN or infinite


_DIRECTED = frozenset({Regime.EXPLODES, Regime.VANISHES})


def regime(signals: Signals, of: Of) -> Regime:
    """What the gradients of the main path's convolutions do on their way to the first."""
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
    """As in "Without skips the gradient grows 1.21x per layer toward the input: ... With skips 12 times."."""
    parts = _levels(pair, of) if show is Show.BOTH else []
    if show is not Show.WITH:
        parts.append(f"Without skips {_side(pair.plain, of)}.")
    if show is Show.WITH:
        parts.append(f"With skips {_side(pair.skips, of)}.")
    elif show is Show.BOTH:
        same = regime(pair.skips, of) is regime(pair.plain, of) and regime(pair.skips, of) in _DIRECTED
        ratio = format.times(pair.skips.ratio(QUANTITY[of]))
        parts.append(f"With skips: {ratio} times." if same else f"With skips {_side(pair.skips, of)}.")
    return " ".join(parts)


def curves(named: Iterable[tuple[str, NetworkSpec]], pairs: Mapping[NetworkSpec, Pair | str]) -> list[str]:
    """Of each network, in Markdown, what the gradients of its weights do; empty where nothing was measured."""
    said = []
    for name, spec in named:
        pair = pairs.get(spec.essential)
        show = Show.WITHOUT if spec.shortcut is Shortcut.NONE else Show.BOTH
        words = gradients(pair, Of.WEIGHTS, show) if isinstance(pair, Pair) else pair and f"Not measured. {pair}"
        said.append(f"**{name}.** {words}" if words else "")
    return said


def outputs(pair: Pair, at: At, show: Show = Show.BOTH) -> str:
    """How the signal's size changes along the network, and how much of it is zero."""
    parts = []
    for skips, side in ((False, pair.plain), (True, pair.skips)):
        if show is (Show.WITH if not skips else Show.WITHOUT):
            continue
        name = "With skips" if skips else "Without skips"
        bands = at_layers(side, at, "activation_rms")
        if not bands:
            continue
        first, last = bands[0].middle, bands[-1].middle
        zeros = at_layers(side, at, "zero_fraction")[-1].middle
        parts.append(f"{name} the signal {_along(first, last)}{_zeros(zeros)}.")
    return " ".join(parts)


def joins(pair: Pair) -> str:
    """Which way the stream and the gradient take, at the first and at the last block."""
    found = pair.skips.joins
    if not found:
        return "This network has no join to look at."
    adds = (found[0].branch_share, found[-1].branch_share)
    returns = (found[0].branch_gradient_share, found[-1].branch_gradient_share)
    words = []
    if all(map(isfinite, adds)):
        words.append(f"The branch makes {adds[0]:.0%} of the stream in the first block and {adds[1]:.0%} in the last")
    else:
        words.append("The stream is not finite, or nothing, at the first or the last block")
    if all(map(isfinite, returns)):
        words.append(
            f"of the gradient, {1 - returns[0]:.0%} reaches the first block's input by the skip and "
            f"{1 - returns[1]:.0%} the last's"
        )
    else:
        words.append("the gradient there is not finite, or exactly zero")
    return "; ".join(words) + "."


def sweep(points: Sequence[SweepPoint]) -> str:
    """How the ratio changed from the shallowest to the deepest network."""
    parts = []
    for skips in (False, True):
        own = [point for point in points if point.skips is skips]
        depths = sorted({point.depth for point in own})
        if len(depths) < 2:
            continue
        name = "With skips" if skips else "Without skips"
        first, last = (middle([point.ratio for point in own if point.depth == end]) for end in (depths[0], depths[-1]))
        if not (0 < first < inf and 0 < last < inf):
            deepest = [point.zero for point in own if point.depth == depths[-1] and point.zero is not None]
            parts.append(f"{name} the ratio is {format.odd_ratio(last, together(deepest))} at depth {depths[-1]}.")
            continue
        per_layer = (last / first) ** (1 / (depths[-1] - depths[0]))
        parts.append(
            f"{name} the first convolution gets {format.times(first)} times the last one's gradient at depth "
            f"{depths[0]} and {format.times(last)} times at depth {depths[-1]}: × {per_layer:.3g} for every layer more."
        )
    return " ".join(parts) or "Two depths are needed before a trend can be told."


def regimes(pairs: dict[str, Pair], of: Of) -> list[str]:
    """A line for each norm: what the gradients do with skips and without."""
    return [f"**{name.capitalize()}.** {gradients(pair, of)}" for name, pair in pairs.items()]


def _levels(pair: Pair, of: Of) -> list[str]:
    """A sentence where one network's gradients are of quite another size than the other's, whatever their ratio."""
    largest = [max(filter(isfinite, _gradients(side, of)), default=0.0) for side in (pair.plain, pair.skips)]
    share = quotient(*largest)
    if 0 < share < _TINY:
        size = f"the largest of all layers is {format.power(share)} of the largest with them"
        return [f"Without skips hardly any gradient is left: {size}."]
    if 1 / _TINY < share < inf:
        size = f"the largest of all layers is {format.times(share)} times the largest with them"
        return [f"Without skips all gradients are huge: {size}."]
    return []


def twin(pair: Pair, unshared: int) -> str:
    """What else changed when the skips were taken away."""
    if pair.skips.weights != Weights.RANDOM:
        for side, words, other in ((pair.plain, "Without", "with"), (pair.skips, "With", "without")):
            if side.borrowed:
                return (
                    f"{words} skips it has the weights that were learnt {other} them put in: it was never trained so."
                )
        return "Each has the weights that it learnt itself, in the same training."
    skips, plain = pair.skips.trace.params, pair.plain.trace.params
    if not unshared:
        return f"Both have {skips:,} parameters and start with the same weights, bit for bit."
    if skips == plain:
        different = format.plural(unshared, "weight tensor")
        return f"Both have {skips:,} parameters; {different} that start at zero with skips can't in the twin."
    gone = format.plural(unshared, "weight tensor")
    return (
        f"The twin has {plain:,} parameters instead of {skips:,} "
        f"({format.short(plain)} against {format.short(skips)}): "
        f"{gone} of the network are not in it, or have another shape. All others start equal, bit for bit."
    )


def meaning(pair: Pair, of: Of) -> str:
    """What it means for learning where the layers' gradients are far apart without skips, and less so with them."""
    if pair.skips.weights != Weights.RANDOM or of is not Of.WEIGHTS or regime(pair.plain, of) not in _DIRECTED:
        return ""
    apart, less = (_apart(side, of) for side in (pair.plain, pair.skips))
    if not less * _CLOSER < apart < inf:
        return ""
    return (
        f"Why it matters: one learning rate serves all layers. Without skips their gradients differ "
        f"{format.times(apart)}-fold, so that it is far too large for some or far too small for others; with skips "
        + (f"{format.times(less)}-fold." if less > _ALIKE else "they are alike.")
    )


def _apart(signals: Signals, of: Of) -> float:
    """The largest gradient of the main path's convolutions over the smallest."""
    values = _gradients(signals, of)
    return quotient(max(values), min(values))


def _side(signals: Signals, of: Of) -> str:
    quantity = QUANTITY[of]
    values = _gradients(signals, of)
    what = "gradient"
    broken = sum(not isfinite(value) for value in values)
    if broken:
        return f"the {what} is not finite (NaN or infinite) in {broken} of {len(values)} convolutions"
    causes = _causes(signals, of)
    if causes:
        return " and ".join(_zero(cause, causes[cause], len(values)) for cause in Zero if cause in causes)
    ratio, growth = signals.ratio(quantity), signals.growth(quantity)
    first = f"the first convolution gets {format.times(ratio)} times the last one's"
    kind = regime(signals, of)
    if kind is Regime.LEVEL:
        return f"the gradient stays level: {first}"
    grows = kind is Regime.EXPLODES
    if growth is None or (growth > 1) is not grows:  # its trend within the stages says otherwise: then only the ends
        return f"the {what} {'grows' if grows else 'shrinks'} toward the input: {first}"
    trend = f"grows {growth:.3g}×" if grows else f"shrinks to {growth:.2g}×"
    return f"the {what} {trend} per layer toward the input: {first}"


def _zero(cause: Zero, count: int, convolutions: int) -> str:
    where = "every convolution" if count == convolutions else f"{count} of {convolutions} convolutions"
    return {
        Zero.CONSTRUCTION: f"the gradient is 0 by construction in {where}: weights behind them are zero",
        Zero.CLOSED: f"the gradient is exactly 0 in {where}: behind them no ReLU lets anything through",
        Zero.UNDERFLOW: f"the gradient has underflowed: it is exactly 0 in {where}",
        Zero.UNKNOWN: f"the gradient is exactly 0 in {where}",
    }[cause]


def _causes(signals: Signals, of: Of) -> Counter[Zero]:
    """How many convolutions of the main path have a gradient of exactly zero (the median over the seeds), by cause."""
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


def _along(first: float, last: float) -> str:
    if not (isfinite(first) and isfinite(last)):
        return "is not finite (NaN or infinite)"
    ends = f"rms {format.number(first)} at the start, {format.number(last)} at the end"
    if last == 0:
        return f"dies out: {ends}"
    ratio = quotient(last, first)
    if ratio > 1.5:
        return f"grows {format.times(ratio)} times: {ends}"
    return f"shrinks {format.times(1 / ratio)} times: {ends}" if ratio < 1 / 1.5 else f"keeps its size: {ends}"


def _zeros(share: float) -> str:
    return f"; there {share:.0%} of it is zero" if isfinite(share) else ""
