"""Sentences on the loss around trained weights, computed from the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite

import numpy as np

from models.landscape.records import Cut, Surface, TrainingPath
from models.specs.external import Network
from viz.language import _
from viz.style import format
from viz.text.training import percent

_LITTLE = 0.1  # share of the images by which a network has to be better than guessing
_FLAT = 0.01  # rise of the loss, of that at the start, that is not told
_RING = 0.5  # distance from the weights at which the loss is told, in their own size


@dataclass(frozen=True, slots=True)
class Around:
    """A trained network and the loss around its weights."""

    name: str
    network: Network
    surface: Surface

    @property
    def learnt(self) -> bool:
        """Whether it is clearly better than guessing."""
        return self.error < 1 - 1 / self.network.classes - _LITTLE

    @property
    def error(self) -> float:
        return float(self.surface.error[self.surface.middle, self.surface.middle])

    @property
    def around(self) -> float:
        """Median of the loss where the weights are moved by half their size."""
        places = np.abs(self.surface.places)
        distance = np.maximum(places[:, None], places[None, :])
        return float(np.median(self.surface.loss[np.isclose(distance, _RING)]))

    @property
    def dips(self) -> int:
        """Points lower than all their neighbours, without the edge."""
        loss = np.nan_to_num(np.asarray(self.surface.loss), nan=np.inf, posinf=np.inf)
        inner, n = loss[1:-1, 1:-1], len(loss)
        shifts = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
        return int(np.all([inner < loss[i : n - 2 + i, j : n - 2 + j] for i, j in shifts], axis=0).sum())


def surfaces(around: Sequence[Around]) -> list[str]:
    """Return what the loss around each network is."""
    return [_of(one) for one in around]


def compared(around: Sequence[Around]) -> str:
    """Return what skip connections change, or why that can't be seen; "" if there is nothing to compare."""
    skips = [one for one in around if not one.network.plain]
    plain = [one for one in around if one.network.plain]
    lazy = [one.name for one in around if not one.learnt]
    if skips and plain and lazy:
        return _(
            "What skip connections do to the loss around a solution can't be seen here: {names} did not find one.",
            names=_(", ").join(lazy),
        )
    if len(skips) == len(plain) == 1:
        return _(
            "Where the weights are moved by half their size, the loss rises by {skips} with skip connections and by "
            "{plain} without (median; two random directions, one training each).",
            skips=format.number(skips[0].around - skips[0].surface.at_weights),
            plain=format.number(plain[0].around - plain[0].surface.at_weights),
        )
    return ""


def paths(named: Sequence[tuple[str, TrainingPath]]) -> list[str]:
    """Return how much of each path its plane shows, beside what it would show of a random walk."""
    return [
        _(
            "{name}: two directions show {share} of the variance of the path; of a random walk with as many points, "
            "they would show about {walk}.",
            name=name,
            share=f"{sum(found.shares):.0%}",
            walk=f"{_of_random_walk(len(found.places)):.0%}",
        )
        for name, found in named
    ]


def _of_random_walk(points: int) -> float:
    """The share of a random walk's variance in its first two components, in a space of very many directions."""
    place = np.arange(points)
    products = np.minimum(place[:, None], place[None, :]).astype(float)
    centre = np.eye(points) - 1 / points
    values = np.linalg.eigvalsh(centre @ products @ centre)
    return float(values[-2:].sum() / values.sum())


def cuts(named: Sequence[tuple[str, Cut]]) -> list[str]:
    """Return how the training loss changes on the way from the initial weights to the trained ones."""
    return [_cut(name, found) for name, found in named]


def between(found: Cut) -> str:
    """Return how far the training loss rises on the way from one run to another."""
    if not all(map(isfinite, found.train_loss)):
        return _("Between the two runs the loss is not a finite number.")
    return _(
        "The training loss is {first} and {last} at the two runs, and at most {high} on the way. Above the straight "
        "line between them it rises by up to {barrier}.",
        first=format.number(found.train_loss[0]),
        last=format.number(found.train_loss[-1]),
        high=format.number(max(found.train_loss)),
        barrier=format.number(max(found.barrier, 0.0)),
    )


def _cut(name: str, found: Cut) -> str:
    losses = found.train_loss
    if not all(map(isfinite, losses)):
        return _("{name}: the loss is not a finite number on the way.", name=name)
    first, last, high = losses[0], losses[-1], max(losses)
    values = {"name": name, "first": format.number(first), "last": format.number(last)}
    lowest = accumulate(losses, min)
    if last < first and all(loss <= low + _FLAT * first for loss, low in zip(losses, lowest, strict=True)):
        return _("{name}: on the way the training loss falls from {first} to {last} and never rises.", **values)
    place = found.places[losses.index(high)]
    return _(
        "{name}: the training loss goes from {first} to {last}, but not straight down: it is highest, {high}, at "
        "{place} of the way.",
        **values, high=format.number(high), place=f"{place:.0%}",
    )  # fmt: skip


def _of(one: Around) -> str:
    if not one.learnt:
        return _(
            "{name} gets {error} wrong, and guessing would get {chance} wrong: this is the loss around weights "
            "that have learnt too little.",
            name=one.name,
            error=percent(one.error),
            chance=percent(1 - 1 / one.network.classes),
        )
    return _(
        "{name}: the loss is {here} at the trained weights, and {around} where they are moved by half their size "
        "(median). Points lower than all their neighbours: {dips}.",
        name=one.name,
        here=format.number(one.surface.at_weights),
        around=format.number(one.around),
        dips=one.dips,
    )
