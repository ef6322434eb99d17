"""Random directions in the weights of a network, and steps along them."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from ..networks.build import generator

Direction = Mapping[str, Tensor]  # parameter -> a tensor of its shape; parameters that do not move are left out


def random_direction(network: nn.Module, seed: int) -> dict[str, Tensor]:
    """Return a random direction of the weights' own size, filter by filter (Li et al. 2018, arXiv 1712.09913).

    Its numbers are drawn from a normal distribution; then each filter, a row of a tensor with two dimensions or more,
    is scaled to the norm of the network's filter. Biases and the weights of norms, with one dimension, do not move.
    """
    found = {}
    for name, weight in network.named_parameters():
        if weight.ndim < 2:
            continue
        drawn = torch.randn(weight.shape, generator=generator(seed, name, torch.device("cpu"))).to(weight.device)
        rows, own = drawn.flatten(1), weight.detach().float().flatten(1)
        scale = own.norm(dim=1) / rows.norm(dim=1).clamp_min(torch.finfo(torch.float32).tiny)
        found[name] = (rows * scale.unsqueeze(1)).view_as(weight).to(weight.dtype)
    return found


class Walk:
    """Moves a network's weights along directions, from where they are now."""

    def __init__(self, network: nn.Module, directions: Sequence[Direction]) -> None:
        moved = {name for direction in directions for name in direction}
        self._weights = {name: weight for name, weight in network.named_parameters() if name in moved}
        self._start = {name: weight.detach().clone() for name, weight in self._weights.items()}
        self._directions = tuple(directions)

    @torch.no_grad()
    def to(self, *steps: float) -> None:
        """Put the weights at the start plus so many steps along each direction; at the start itself, exactly there."""
        for name, weight in self._weights.items():
            weight.copy_(self._start[name])
            for step, direction in zip(steps, self._directions, strict=True):
                if step and name in direction:
                    weight.add_(direction[name], alpha=step)
