"""The numbers that an exercise can ask for: to each its name, its usual question, and the parts that tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from viz.language import N_
from viz.state.exercise import Page

COUNTED, MEASURED = 0.0, 20.0  # usual tolerance in percent: a count is exact


@dataclass(frozen=True, slots=True)
class Asked:
    """A number of a page. `label` and `question` are translatable; `tells`: words for `hide`."""

    label: str
    question: str
    tells: tuple[str, ...]
    tolerance: float = COUNTED


_SEEN = ("scores", "summary", "stages", "counts", "depth", "timing", "shortcuts", "difference", "kinds", "numbers")
_RUN = ("curves", "tabs")
_PAIR = ("finding", "graph", "sweep", "regimes", "strength", "numbers")

ASKED: Mapping[Page, Mapping[str, Asked]] = MappingProxyType(
    {
        Page.ARCHITECTURE: {
            "params": Asked(N_("Parameters"), N_("How many parameters does this network have?"), ("params",)),
            "macs": Asked(N_("MACs for one image"), N_("How many MACs does one image take?"), ("macs",)),
            "depth": Asked(
                N_("Depth"), N_("How deep is this network, as its paper counts?"), ("depth", "name", "summary", "code")
            ),
            "identities": Asked(
                N_("Identity shortcuts"),
                N_("How many identity shortcuts does this network have?"),
                ("summary", "graph"),
            ),
            "projections": Asked(
                N_("Projection shortcuts"),
                N_("How many projection shortcuts does this network have?"),
                ("summary", "graph"),
            ),
            "receptive_field": Asked(
                N_("Receptive field"),
                N_("How many pixels wide is the receptive field before the global pooling?"),
                ("receptive_field",),
            ),
            "activation_bytes": Asked(
                N_("Activations, bytes"),
                N_("How many bytes do the outputs of all layers take, for one image in float32?"),
                ("memory",),
            ),
            "layer.params": Asked(
                N_("Parameters of {layer}"), N_("How many parameters does {layer} have?"), ("params", "macs")
            ),
            "layer.macs": Asked(
                N_("MACs of {layer}"), N_("How many MACs does {layer} take for one image?"), ("macs", "params")
            ),
        },
        Page.SIGNALS: {
            "plain.ratio": Asked(
                N_("First over last gradient, without skips"),
                N_(
                    "Without skips, how many times as large is the gradient of the first convolution "
                    "as that of the last?"
                ),
                _PAIR,
                MEASURED,
            ),
            "skips.ratio": Asked(
                N_("First over last gradient, with skips"),
                N_("With skips, how many times as large is the gradient of the first convolution as that of the last?"),
                _PAIR,
                MEASURED,
            ),
            "plain.zeros": Asked(
                N_("Convolutions without a gradient, without skips"),
                N_("Without skip connections, for how many convolutions is the gradient exactly zero?"),
                _PAIR,
            ),
        },
        Page.COMPARE: {
            "params.ratio": Asked(
                N_("Parameters, second over first"),
                N_("How many times as many parameters does the second network have as the first?"),
                _SEEN,
            ),
            "params.more": Asked(
                N_("Parameters, second minus first"),
                N_("How many parameters more does the second network have than the first?"),
                _SEEN,
            ),
            "macs.ratio": Asked(
                N_("MACs, second over first"),
                N_("How many times as many MACs does the second network take as the first?"),
                _SEEN,
            ),
            "macs.more": Asked(
                N_("MACs, second minus first"),
                N_("How many MACs more does the second network take than the first?"),
                _SEEN,
            ),
            "activation_bytes.ratio": Asked(
                N_("Activations, second over first"),
                N_("How many times as many bytes do the activations of the second network take as the first's?"),
                _SEEN,
            ),
        },
        Page.TRAINING: {
            "train_error.1": Asked(
                N_("Training error of the first network"),
                N_("What is the first network's training error after its last epoch, in percent?"),
                _RUN,
                MEASURED,
            ),
            "train_error.2": Asked(
                N_("Training error of the second network"),
                N_("What is the second network's training error after its last epoch, in percent?"),
                _RUN,
                MEASURED,
            ),
            "test_error.1": Asked(
                N_("Test error of the first network"),
                N_("What is the first network's test error after its last epoch, in percent?"),
                _RUN,
                MEASURED,
            ),
            "test_error.2": Asked(
                N_("Test error of the second network"),
                N_("What is the second network's test error after its last epoch, in percent?"),
                _RUN,
                MEASURED,
            ),
        },
    }
)
