"""Measured values as the fills of graphs, and as the pass that plays."""

from collections.abc import Sequence
from math import inf

from models.signals.records import WEIGHTED, Signals
from viz.graph.picture import Values
from viz.text import quantities


def values(sides: Sequence[Signals], field: str) -> list[Values]:
    """Return the medians over the seeds of a field of `LayerSignal`, of one or two networks on one scale.

    Weight gradients are those of convolutions and linear layers only.
    """
    found = []
    for side in sides:
        layers = [layer.path for layer in side.layers if field != "weight_gradient_norm" or layer.kind in WEIGHTED]
        found.append({band.path: band.middle for band in side.band(field, layers)})
    known = [value for values in found for value in values.values() if 0 < value < inf]
    low, high = (min(known), max(known)) if known else (1.0, 1.0)
    gradient = field != "activation_rms"
    return [
        Values(
            quantities.name(field),
            values,
            low,
            high,
            {join.path: join.branch_gradient_share if gradient else join.branch_share for join in side.joins},
        )
        for values, side in zip(found, sides, strict=True)
    ]


def passes(sides: Sequence[Signals]) -> list[tuple[Values, Values]]:
    """Return the activations and gradients of each network, for the pass that plays."""
    return list(zip(values(sides, "activation_rms"), values(sides, "activation_gradient_norm"), strict=True))
