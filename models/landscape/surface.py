"""The loss of a trained network on a plane of two random directions (Li et al. 2018, arXiv 1712.09913)."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..networks.outputs import classes_of
from ..runtime.device import computing
from ..runtime.progress import ProgressCallback
from ..training.datasets import Split
from ..training.predict import Trained
from .directions import Walk, random_direction
from .records import COARSE, FINE, Surface, steps

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
    batches = (
        (trained.ready(split.images[start : start + _BATCH]), split.labels[start : start + _BATCH])
        for start in range(0, len(split), _BATCH)
    )
    with torch.inference_mode(), computing(trained.device, trained.run.precision, training=True):
        return _mean(trained.network, batches, len(split))


def loss_surface(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    half: int = COARSE,
    seed: int = 0,
    progress: ProgressCallback = lambda _: None,
) -> Surface:
    """Return the loss of any classifier on a plane of two random directions through its weights (arXiv 1712.09913).

    `images` (N, C, H, W) are as the network reads them, `labels` (N) the numbers of their classes, both on its device.
    There are `half` steps to each side: 4 for 9 x 9 points, or 1, 2, 3, 6 or 12 (25 x 25). Each filter moves by up to
    its own norm; biases and the weights of norms stay. The network is in eval mode meanwhile; its weights and its
    modes are put back. Raises `ValueError` for another `half`, or for labels that do not fit the images.
    """
    if half < 1 or FINE % half:
        raise ValueError(f"half: must divide {FINE}, got {half}")
    if labels.shape != images.shape[:1]:
        raise ValueError(f"labels: must be of shape ({len(images)},), one for each image, got {tuple(labels.shape)}")
    places = tuple(place / FINE for place in steps(half))
    walk = Walk(network, [random_direction(network, 2 * seed + number) for number in range(2)])
    modes = [(module, module.training) for module in network.modules()]
    batches = list(zip(torch.split(images, _BATCH), torch.split(labels, _BATCH), strict=True))
    rows = []
    try:
        network.eval()
        for number, across in enumerate(places):
            progress(number / len(places))
            for along in places:
                walk.to(along, across)
                with torch.no_grad():
                    rows.append(_mean(network, batches, len(images)))
    finally:
        walk.to(0.0, 0.0)
        for module, training in modes:
            module.training = training
    both = np.array(rows).reshape(len(places), len(places), 2)
    return Surface(places=places, loss=both[..., 0].copy(), error=both[..., 1].copy())


def _mean(network: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], images: int) -> Measured:
    """Mean cross-entropy, and share of wrong answers."""
    loss, wrong = 0.0, 0
    for ready, labels in batches:
        logits = classes_of(network(ready)).float()
        loss += float(cross_entropy(logits, labels, reduction="sum"))
        wrong += int((logits.argmax(1) != labels).sum())
    return loss / images, wrong / images
