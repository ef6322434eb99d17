"""Sentences on the curvature of the loss, computed from the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from models.landscape.records import Curvatures
from models.training.run_spec import RunSpec
from viz.language import _
from viz.style import format


@dataclass(frozen=True, slots=True)
class Curved:
    """A trained network and the largest eigenvalue of its loss's Hessian."""

    name: str
    run: RunSpec
    found: Curvatures


def limit(run: RunSpec, eigenvalue: float) -> float:
    """Return the learning rate above which SGD with the run's momentum diverges on a quadratic of this curvature.

    2 (1 + momentum) / eigenvalue (Polyak 1964); infinite if it is not curved upwards.
    """
    return 2 * (1 + run.momentum) / eigenvalue if eigenvalue > 0 else float("inf")


def compared(curved: Sequence[Curved]) -> str:
    """Return what skip connections change; "" without a pair whose values were found."""
    skips = [one.found for one in curved if not one.run.network.plain]
    plain = [one.found for one in curved if one.run.network.plain]
    if len(skips) != 1 or len(plain) != 1:
        return ""
    [(start, trained)] = [(plain[0].start / skips[0].start, plain[0].trained / skips[0].trained)]
    if not all(isfinite(ratio) and ratio > 0 for ratio in (start, trained)):
        return ""
    return _(
        "Without skip connections, the largest curvature of the loss is {start} times that with them before training, "
        "and {trained} times after it (one training each).",
        start=format.times(start),
        trained=format.times(trained),
    )


def each(curved: Sequence[Curved]) -> list[str]:
    """Return the curvature at each network's weights, before and after training."""
    return [_of(one) for one in curved]


def _of(one: Curved) -> str:
    if not (isfinite(one.found.start) and isfinite(one.found.trained)):
        return _("{name}: the largest eigenvalue was not found; the method did not converge.", name=one.name)
    return _(
        "{name}: the largest eigenvalue of the Hessian is {start} before training and {trained} after it. On a bowl so "
        "steep, SGD with momentum {momentum} diverges above a learning rate of {before}, and {after}; this training "
        "used {rate}.",
        name=one.name,
        start=format.number(one.found.start),
        trained=format.number(one.found.trained),
        momentum=format.number(one.run.momentum),
        before=format.number(limit(one.run, one.found.start)),
        after=format.number(limit(one.run, one.found.trained)),
        rate=format.number(one.run.learning_rate),
    )
