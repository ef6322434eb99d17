"""A sentence over all networks of a comparison: between which of them gradients and activations change."""

from collections.abc import Iterable, Mapping
from math import inf, nan

from models.runtime.messages import Message
from models.signals.records import Pair, Signals, last_of_blocks
from models.signals.statistics import quotient
from models.specs.external import Network
from viz.language import N_, _, sentences
from viz.state.shown_layers import QUANTITY
from viz.state.signals import Of
from viz.style import format

_GRADIENT_SPAN = N_(
    "With skips, the first layer's gradient is {low} times the last one's in {least} and {high} times in {most}; "
    "the other networks are between."
)
_ACTIVATION_SPAN = N_(
    "The last block's output is {low} times as large as the first block's in {least} and {high} times in {most}."
)


def span(named: Iterable[tuple[str, Network]], pairs: Mapping[Network, Pair | Message]) -> str:
    """Return between which networks, of three or more with skips, gradients and activations change least and most."""
    found = [(name, pairs.get(spec.essential)) for name, spec in named if not spec.plain]
    measured = [(name, pair.skips) for name, pair in found if isinstance(pair, Pair)]
    said = []
    for sentence, ratio in ((_GRADIENT_SPAN, _first_over_last), (_ACTIVATION_SPAN, _last_over_first)):
        ratios = sorted((value, name) for name, one in measured if 0 < (value := ratio(one)) < inf)
        if len(ratios) > 2 and format.times(ratios[0][0]) != format.times(ratios[-1][0]):
            (low, least), (high, most) = ratios[0], ratios[-1]
            said.append(_(sentence, least=least, low=format.times(low), most=most, high=format.times(high)))
    return sentences(said)


def _first_over_last(signals: Signals) -> float:
    return signals.ratio(QUANTITY[Of.WEIGHTS])


def _last_over_first(signals: Signals) -> float:
    """The size of the last block's output over that of the first block's."""
    blocks = signals.band("activation_rms", last_of_blocks(signals.trace).values())
    return quotient(blocks[-1].middle, blocks[0].middle) if blocks else nan
