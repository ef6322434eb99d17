"""The quantities and layers that the choices of the Signals page stand for."""

from models.signals.records import Signals, last_of_blocks
from models.signals.statistics import Band
from models.tracing.kinds import Kind
from viz.state.signals import At, Of

QUANTITY = {Of.WEIGHTS: "weight_gradient_norm", Of.ACTIVATIONS: "activation_gradient_norm"}


def at_layers(signals: Signals, at: At, quantity: str) -> tuple[Band, ...]:
    """Return a quantity at the chosen layers, in the order of the forward pass."""
    return signals.band(quantity, chosen(signals, at))


def chosen(signals: Signals, at: At) -> list[str]:
    layers = signals.trace.layers
    if at is At.BLOCKS:
        return list(last_of_blocks(signals.trace).values())
    if at is At.CONVOLUTIONS:
        return [layer.path for layer in signals.convolutions]
    if at is At.ACTIVATIONS:
        return [layer.path for layer in layers if layer.kind is Kind.ACT]
    return [layer.path for layer in layers]
