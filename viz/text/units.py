"""Sentences on how channels are used, computed from the numbers."""

from collections.abc import Sequence
from math import isfinite
from statistics import median

from models.signals.agreement_records import LayerUse, UnitUse
from viz.language import _, sentences
from viz.text.examined import Examined, beside_twin


def compared(using: Sequence[Examined[UnitUse]]) -> str:
    """Return what skip connections change in the last layer; "" without a network and its twin."""
    both = beside_twin(using)
    pairs = [(one.found.start, one.found.trained) for one in both or ()]
    if not pairs or not all(layers and isfinite(layers[-1].rank) for pair in pairs for layers in pair):
        return ""
    (own_start, own_end), (plain_start, plain_end) = [[_rank(part[-1]) for part in pair] for pair in pairs]
    return _(
        "The last activation layer's effective rank is {own_start} with skip connections and {plain_start} without "
        "before training, {own_end} and {plain_end} after it (one training each).",
        own_start=own_start,
        plain_start=plain_start,
        own_end=own_end,
        plain_end=plain_end,
    )


def each(using: Sequence[Examined[UnitUse]]) -> list[str]:
    """Return dead channels and the median use of each network."""
    return [_of(one) for one in using]


def _of(one: Examined[UnitUse]) -> str:
    start, trained = one.found.start, one.found.trained
    if not start or not all(isfinite(layer.rank) for layer in (*start, *trained)):
        return _(
            "{name}: not measured. No activation layer has channels, or outputs are not finite.",
            name=one.name,
        )
    dead = [sum(layer.dead for layer in layers) for layers in (start, trained)]
    channels = sum(layer.channels for layer in start)
    said = _(
        "{name}: in the median layer the effective rank is {start} of the largest possible before training and "
        "{trained} after it.",
        name=one.name,
        start=_share(start),
        trained=_share(trained),
    )
    rest = (
        _(
            "Of its {n:,} channels {start:,} are zero for all {images} images before training, {trained:,} after it.",
            n=channels,
            start=dead[0],
            trained=dead[1],
            images=one.found.images,
        )
        if any(dead)
        else _("None of its {n:,} channels is zero for all {images} images.", n=channels, images=one.found.images)
    )
    return sentences([said, rest])


def _share(layers: Sequence[LayerUse]) -> str:
    return f"{median(layer.rank / layer.most for layer in layers):.0%}"


def _rank(layer: LayerUse) -> str:
    return _("{rank} of {n}", rank=f"{layer.rank:.1f}", n=layer.most)
