"""What is left out at random in training: single values (dropout) or whole branches (stochastic depth).

Both draw from a generator of their own where one is given, so that a training can be repeated; else from torch's.
"""

import torch
from torch import Tensor, nn


class Dropping(nn.Module):
    """Sets values to zero with probability `p` in training, and divides the others by 1 - `p`."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def mask(self, x: Tensor) -> Tensor:
        """Return a tensor with one value for each that is kept or left out together."""
        return torch.empty_like(x)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        kept = self.mask(x).bernoulli_(1 - self.p, generator=self.generator)
        return x * kept.div_(1 - self.p)

    def extra_repr(self) -> str:
        return f"{self.p:g}"


class Dropout(Dropping):
    """Dropout of single values (Srivastava et al. 2014)."""


class StochasticDepth(Dropping):
    """Leaves out the whole branch of a block, for each image on its own (arXiv 1603.09382)."""

    def mask(self, x: Tensor) -> Tensor:
        return x.new_empty((len(x), 1, 1, 1))
