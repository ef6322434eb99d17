"""Occlusion: how far the probability of a class falls where a part of the image is covered.

Zeiler & Fergus 2014, arXiv 1311.2901, section 4.2.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..runtime.progress import ProgressCallback
from .map_records import patch_of


def occlusion(
    probabilities: Callable[[Tensor], Tensor],
    images: Tensor,
    classes: Tensor,
    *,
    progress: ProgressCallback | None = None,
) -> Tensor:
    """Return by how much the probability of each image's class falls, (N, rows, columns), a place for each patch.

    A value below zero is a rise. `probabilities` returns (N, classes) for images (N, C, H, W), which are normalised:
    covered pixels are zero, the mean of the training images.
    """
    (tall, down), (wide, right) = (patch_of(side) for side in images.shape[-2:])
    rows, columns = (range(0, side - patch + 1, step) for side, patch, step in (
        (images.shape[-2], tall, down), (images.shape[-1], wide, right),
    ))  # fmt: skip
    whole, found = _of(probabilities(images), classes), []
    for place, row in enumerate(rows):
        if progress is not None:
            progress(place / len(rows))
        for column in columns:
            covered = images.clone()
            covered[..., row : row + tall, column : column + wide] = 0
            found.append(whole - _of(probabilities(covered), classes))
    return torch.stack(found, 1).view(len(images), len(rows), len(columns))


def without_the_marked(images: Tensor, maps: Tensor, share: float) -> Tensor:
    """Return the images with this share of their pixels covered: those with the highest values of `maps`, (N, H, W).

    Where values are equal, pixels at random places.
    """
    count, places = round(share * maps[0].numel()), maps[0].numel()
    shuffle = torch.randperm(places, generator=torch.Generator().manual_seed(0)).to(maps.device)
    order = maps.flatten(1)[:, shuffle].argsort(stable=True, dim=1, descending=True)[:, :count]
    covered = torch.zeros_like(maps, dtype=torch.bool).flatten(1).scatter(1, shuffle[order], value=True)
    return images.masked_fill(covered.view_as(maps).unsqueeze(1), 0)


def _of(probabilities: Tensor, classes: Tensor) -> Tensor:
    return probabilities.gather(1, classes.unsqueeze(1)).squeeze(1)
