"""The loss of a trained network on a plane of two random directions (Li et al. 2018, arXiv 1712.09913)."""

from collections.abc import Sequence

import torch
from torch.nn.functional import cross_entropy

from ..networks.outputs import classes_of
from ..runtime.device import computing
from ..runtime.progress import ProgressCallback
from ..training.datasets import Split
from ..training.predict import Trained
from .directions import Walk, random_direction

_BATCH = 512

Measured = tuple[float, float]  # loss and error


def row(
    trained: Trained,
    across: float,
    along: Sequence[float],
    *,
    seed: int = 0,
    training_images: bool = False,
    progress: ProgressCallback = lambda _: None,
) -> tuple[Measured, ...]:
    """Return loss and error at one place of the second direction, for places of the first one; 1 is the weights' size.

    In eval mode, with the running statistics of the trained network, on the test images or the training images. The
    weights stay at the last place.
    """
    directions = [random_direction(trained.network, 2 * seed + number) for number in range(2)]
    split = trained.data.train if training_images else trained.data.test
    return on_line(trained, Walk(trained.network, directions), across, along, split, progress=progress)


def on_line(
    trained: Trained, walk: Walk, across: float, along: Sequence[float], split: Split, *, progress: ProgressCallback
) -> tuple[Measured, ...]:
    """Return loss and error where the weights are moved `across` along the second of two directions, for each first."""
    found = []
    for number, place in enumerate(along):
        progress(number / len(along))
        walk.to(place, across)
        found.append(measured(trained, split))
    return tuple(found)


def measured(trained: Trained, split: Split) -> Measured:
    """Return the mean cross-entropy of a trained network in eval mode, and the share of images it gets wrong."""
    loss, wrong = 0.0, 0
    with torch.inference_mode(), computing(trained.device, trained.run.precision, training=True):
        for start in range(0, len(split), _BATCH):
            labels = split.labels[start : start + _BATCH]
            logits = classes_of(trained.network(trained.ready(split.images[start : start + _BATCH]))).float()
            loss += float(cross_entropy(logits, labels, reduction="sum").double())
            wrong += int((logits.argmax(1) != labels).sum())
    return loss / len(split), wrong / len(split)
