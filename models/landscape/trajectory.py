"""The path of the weights during training, and the plane that shows most of it (Li et al. 2018, arXiv 1712.09913)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .directions import Direction


@dataclass(frozen=True)
class Plane:
    """The plane through the last weights along the first two principal components of the path."""

    directions: tuple[Direction, Direction]  # at right angles, of length 1
    places: tuple[tuple[float, float], ...]  # of all weights, in the plane; the last ones are at (0, 0)
    shares: tuple[float, float]  # of the path's variance that each of the two components explains


def plane(weights: Sequence[Mapping[str, Tensor]]) -> Plane | None:
    """Return the plane of a path, given the weights at its points in order, at least three, the last the trained ones.

    All tensors of the last point take part. The first point is at negative places, as far as it is not at zero. None if
    the weights do not move in two directions, or are not finite.
    """
    last = weights[-1]
    flat = torch.stack([torch.cat([(own[name] - last[name]).flatten() for name in last]).float() for own in weights])
    centred = flat - flat.mean(0)
    # the components are found in the space of the points, which are few, not in that of the weights
    values, vectors = torch.linalg.eigh((centred @ centred.T).double()) if bool(flat.isfinite().all()) else (None, None)
    if values is None or vectors is None or len(weights) < 3 or not values[-2] > 1e-10 * values[-1] > 0:
        return None
    axes = []
    for place in (-1, -2):
        axis = centred.T @ (vectors[:, place] / values[place].sqrt()).float()
        axes.append(axis if float(flat[0] @ axis) <= 0 else -axis)
    parts = [torch.split(axis, [last[name].numel() for name in last]) for axis in axes]
    first, second = ({name: own.view_as(last[name]) for name, own in zip(last, each, strict=True)} for each in parts)
    places = torch.stack([flat @ axis for axis in axes], 1).tolist()
    whole = float(values.clamp_min(0).sum())
    return Plane(
        directions=(first, second),
        places=tuple((float(x), float(y)) for x, y in places),
        shares=(float(values[-1]) / whole, float(values[-2]) / whole),
    )
