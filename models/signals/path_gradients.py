"""The gradient that single paths through a network carry (Veit et al. 2016, arXiv 1605.06431, section 5).

The forward is the network's own. On the way back, the gradient takes only the skip or only the branch at every
addition, so that what arrives at the image has come along one path.
"""

import random
from collections.abc import Iterator
from itertools import combinations
from math import comb
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..networks.outputs import classes_of
from ..runtime.progress import ProgressCallback
from ..tracing.addition_mode import AdditionMode
from ..tracing.module_joins import Joins
from ..tracing.recording import record
from .path_records import PathGradients

_MOST = 16  # lengths that are sampled
_SCALE = 2.0**60  # of the loss on the way back: float32 ends at 1e-45, and a path of fifty branches below it


class PathsOf:
    """The paths of one forward: `gradient` returns what the chosen one carries back to the images."""

    def __init__(self, network: nn.Module, images: Tensor, labels: Tensor) -> None:
        joins = Joins(record(network, [tuple(images.shape[1:])], training=network.training).calls)
        self._chosen: list[bool | None] = [None] * len(joins.named)  # for each addition: branch, skip, or both
        self._images = images.detach().requires_grad_()
        places = {joins.calls[join.call].addition: (place, join.skip) for place, join in enumerate(joins.named)}
        with torch.enable_grad(), _Choosing(places, self._chosen) as choosing:
            self._loss = cross_entropy(classes_of(network(self._images)).float(), labels, reduction="sum")
        self.skips = choosing.met  # less than the joins if hooks take the skips out

    def gradient(self, branches: tuple[int, ...] | None = None) -> Tensor:
        """Return the gradient of each image's loss along the path through these branches; None: along all. On the CPU.

        Branches are numbered in the order of the forward, from 0.
        """
        for place in range(len(self._chosen)):
            self._chosen[place] = None if branches is None else place in branches
        up = torch.full_like(self._loss, _SCALE)
        (found,) = torch.autograd.grad(self._loss, self._images, up, retain_graph=True, allow_unused=True)
        return (torch.zeros_like(self._images) if found is None else found).cpu().double() / _SCALE

    def norm(self, branches: tuple[int, ...] | None = None) -> float:
        """Return the gradient's norm, a mean over the images."""
        return float(self.gradient(branches).flatten(1).norm(dim=1).mean())


def path_gradients(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    samples: int = 8,
    seed: int = 0,
    progress: ProgressCallback = lambda _: None,
) -> PathGradients:
    """Measure the gradient along `samples` paths of each length, drawn with a seed; along all, where there are fewer.

    The network's skip connections have to follow one another, as those of `Paths.in_series` do. Its mode is kept: in
    eval mode the images do not affect one another. Above 16 lengths, evenly spaced ones are sampled.
    """
    ways = PathsOf(network, images, labels)
    step = max(1, -(-ways.skips // (_MOST - 1)))
    lengths = tuple(sorted({*range(0, ways.skips + 1, step), ways.skips}))
    drawn, found = random.Random(seed), []  # noqa: S311  # not for secrets
    for place, length in enumerate(lengths):
        progress(place / len(lengths))
        found.append(tuple(ways.norm(branches) for branches in _sampled(ways.skips, length, samples, drawn)))
    return PathGradients(skips=ways.skips, lengths=lengths, norms=tuple(found), whole=ways.norm(), images=len(images))


def _sampled(skips: int, length: int, samples: int, drawn: random.Random) -> Iterator[tuple[int, ...]]:
    """Draw paths of one length, or return all of them."""
    if comb(skips, length) <= samples:
        yield from combinations(range(skips), length)
    else:
        for _ in range(samples):
            yield tuple(drawn.sample(range(skips), length))


class _Choosing(AdditionMode):
    """Lets the gradient of the additions with given numbers through as `chosen` says when it comes back."""

    def __init__(self, places: dict[int, tuple[int, int]], chosen: list[bool | None]) -> None:
        super().__init__()
        self.places = places  # number of the addition -> its place in `chosen`, and which operand is the skip
        self.chosen = chosen
        self.met = 0  # of those with given numbers

    def otherwise(self, number: int, operands: tuple[Any, ...]) -> Tensor | None:
        if number not in self.places:
            return None
        self.met += 1
        place, skip = self.places[number]
        summed: Tensor = _Sum.apply(operands[skip], operands[1 - skip], self.chosen, place)
        return summed


class _Sum(torch.autograd.Function):
    """A sum whose gradient returns to the skip, to the branch, or to both."""

    @staticmethod
    def forward(ctx: Any, skip: Tensor, branch: Tensor, chosen: list[bool | None], place: int) -> Tensor:
        ctx.chosen, ctx.place, ctx.shapes = chosen, place, (skip.shape, branch.shape)
        return skip + branch

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        branch = ctx.chosen[ctx.place]
        to_skip, to_branch = (gradient.sum_to_size(shape) for shape in ctx.shapes)
        return None if branch is True else to_skip, None if branch is False else to_branch, None, None
