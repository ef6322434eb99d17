"""Whether gradients agree: of neighbouring inputs, and of different batches.

Balduzzi et al. 2017, arXiv 1702.08591: in deep plain networks the gradients of neighbouring inputs are as good as
unrelated ("shattered"); with skip connections less so. Sankararaman et al. 2019, arXiv 1904.06963: where the gradients
of two batches point in opposite ways ("confusion"), a step for the one undoes what the other asked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize
from torch.nn.modules.batchnorm import _BatchNorm

from ..networks.outputs import classes_of
from ..runtime.progress import ProgressCallback


def along_ways(network: nn.Module, starts: Tensor, ends: Tensor, direction: Tensor, *, points: int = 33) -> list[float]:
    """Return the mean cosine of the gradients at two points on the way from one image to another, by their distance.

    `starts` and `ends`: (N, C, H, W); `points` lie on each way, evenly spaced. The gradient is that of the scores along
    `direction`, (classes,), at the image. The network's mode is kept: in train mode batch norms would mix the points'
    gradients (see `holding_statistics`). The result has `points` values, the first for distance 0.
    """
    images = points_between(starts, ends, points).requires_grad_()
    with torch.enable_grad():
        summed = (classes_of(network(images)).float() @ direction).sum()
        (found,) = torch.autograd.grad(summed, images)
    ways = _unit(found.view(points, len(starts), -1).cpu().double())
    return [float((ways[: points - apart] * ways[apart:]).sum(2).mean()) for apart in range(points)]


def points_between(starts: Tensor, ends: Tensor, points: int) -> Tensor:
    """Return `points` evenly spaced images on the way from each start to its end: (points * N, C, H, W)."""
    share = torch.linspace(0, 1, points, device=starts.device).view(-1, 1, 1, 1, 1)
    return ((1 - share) * starts + share * ends).flatten(0, 1)


def between_batches(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    batch: int,
    *,
    progress: ProgressCallback | None = None,
) -> list[float]:
    """Return the cosine of the loss's gradients at the weights for every two batches of `batch` images."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    found = []
    for start in range(0, len(images) - batch + 1, batch):
        if progress is not None:
            progress(start / len(images))
        some = slice(start, start + batch)
        with torch.enable_grad():
            loss = cross_entropy(classes_of(network(images[some])).float(), labels[some])
            gradients = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
        found.append(_unit(torch.cat([one.flatten() for one in gradients]).cpu().double()).float())
    every = torch.stack(found)
    first, second = torch.triu_indices(len(every), len(every), 1)
    return (every @ every.T)[first, second].tolist()


@contextmanager
def holding_statistics(network: nn.Module, images: Tensor) -> Iterator[None]:
    """Let batch norms keep the statistics of these images, as constants, so that images do not affect one another.

    Else the gradient of a sum over a batch would lack all that the norms take away from the batch as a whole. The
    network is in eval mode inside; modes and statistics are put back afterwards.
    """
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    kept = [(norm, norm.momentum, {name: own.clone() for name, own in norm.named_buffers()}) for norm in norms]
    modes = [(module, module.training) for module in network.modules()]
    try:
        for norm in norms:
            norm.momentum = 1.0
        with torch.no_grad():
            network(images)
        network.eval()
        yield
    finally:
        for norm, momentum, buffers in kept:
            norm.momentum = momentum
            for name, own in norm.named_buffers():
                own.copy_(buffers[name])
        for module, training in modes:
            module.training = training


def _unit(vectors: Tensor) -> Tensor:
    """Vectors of length 1; NaN instead of a zero one, which has no direction."""
    return torch.where(vectors.abs().amax(-1, keepdim=True) > 0, normalize(vectors, dim=-1, eps=1e-300), torch.nan)
