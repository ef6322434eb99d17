"""Sentences on whether gradients agree, computed from the numbers."""

from collections.abc import Sequence
from math import isfinite

from models.signals.agreement_records import Agreement, Agreements
from viz.language import _
from viz.text.examined import Examined, beside_twin


def compared(agreeing: Sequence[Examined[Agreements]]) -> str:
    """Return what skip connections change before training; "" without a network and its twin."""
    both = beside_twin(agreeing)
    if both is None or not all(known(one.found.start) for one in both):
        return ""
    first, second = (one.found.start for one in both)
    return _(
        "Before training, the gradients of two neighbouring points have a cosine of {own} with skip connections and "
        "{plain} without; those of two batches {own_batches} and {plain_batches} on average.",
        own=_number(first.neighbours),
        plain=_number(second.neighbours),
        own_batches=_number(first.mean),
        plain_batches=_number(second.mean),
    )


def each(agreeing: Sequence[Examined[Agreements]]) -> list[str]:
    """Return how far each network's gradients agree, before and after training."""
    return [_of(one) for one in agreeing]


def known(one: Agreement) -> bool:
    """Whether every gradient has a direction."""
    return bool(one.batches) and all(map(isfinite, (*one.along, *one.batches)))


def _of(one: Examined[Agreements]) -> str:
    start, trained = one.found.start, one.found.trained
    if not (known(start) and known(trained)):
        return _("{name}: some gradients are zero or not finite.", name=one.name)
    return _(
        "{name}: neighbouring points {start} before training and {trained} after it; batches {start_mean} and "
        "{trained_mean} on average, {start_least} and {trained_least} for the two that agree least.",
        name=one.name,
        start=_number(start.neighbours),
        trained=_number(trained.neighbours),
        start_mean=_number(start.mean),
        trained_mean=_number(trained.mean),
        start_least=_number(start.least),
        trained_least=_number(trained.least),
    )


def _number(cosine: float) -> str:
    return f"{cosine:.2f}".replace("-0.00", "0.00")
