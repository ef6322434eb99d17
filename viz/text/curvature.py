"""Sentences on the curvature of the loss, computed from the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from models.landscape.records import Curvatures
from models.specs.external import Network
from models.training.run_spec import RunSpec
from viz.language import _
from viz.style import format
from viz.text.examined import beside_twin


@dataclass(frozen=True, slots=True)
class Curved:
    """A trained network and the largest eigenvalue of its loss's Hessian."""

    name: str
    run: RunSpec
    found: Curvatures

    @property
    def network(self) -> Network:
        return self.run.network


def limit(run: RunSpec, eigenvalue: float) -> float:
    """Return the learning rate above which SGD with the run's momentum diverges on a quadratic of this curvature.

    2 (1 + momentum) / eigenvalue (Polyak 1964); infinite if it is not curved upwards.
    """
    return 2 * (1 + run.momentum) / eigenvalue if eigenvalue > 0 else float("inf")


def compared(curved: Sequence[Curved]) -> str:
    """Return what skip connections change; "" without a network and its twin whose values were found."""
    both = beside_twin(curved)
    if both is None:
        return ""
    own, plain = (one.found for one in both)
    if not all(isfinite(value) and value > 0 for found in (own, plain) for value in (found.start, found.trained)):
        return ""
    return _(
        "Without skip connections, the largest curvature of the loss is {start} times that with them before training, "
        "and {trained} times after it (one training each).",
        start=format.times(plain.start / own.start),
        trained=format.times(plain.trained / own.trained),
    )


def each(curved: Sequence[Curved]) -> list[str]:
    """Return the curvature at each network's weights, before and after training."""
    return [_of(one) for one in curved]


def _of(one: Curved) -> str:
    start, trained = one.found.start, one.found.trained
    if not (isfinite(start) and isfinite(trained)):
        return _("{name}: the largest eigenvalue of the Hessian was not found.", name=one.name)
    if start <= 0 or trained <= 0:
        return _(
            "{name}: the largest eigenvalue of the Hessian is {start} before training and {trained} after it.",
            name=one.name,
            start=format.number(start),
            trained=format.number(trained),
        )
    return _(
        "{name}: the largest eigenvalue of the Hessian is {start} before training and {trained} after it. On a "
        "quadratic loss with this curvature, SGD with momentum {momentum} diverges above a learning rate of {before} "
        "before and {after} after; this training used at most {rate}.",
        name=one.name,
        start=format.number(start),
        trained=format.number(trained),
        momentum=format.number(one.run.momentum),
        before=format.number(limit(one.run, start)),
        after=format.number(limit(one.run, trained)),
        rate=format.number(one.run.learning_rate),
    )
