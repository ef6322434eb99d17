"""How a block joins its skip and its branch. Tensors are (batch, channels, height, width)."""

import torch
from torch import Tensor, nn


class Add(nn.Module):
    """Join of a residual block: the sum of skip and branch."""

    def forward(self, skip: Tensor, branch: Tensor) -> Tensor:
        return skip + branch


class Concat(nn.Module):
    """Join of a dense layer: its own channels are appended to its input."""

    def forward(self, skip: Tensor, branch: Tensor) -> Tensor:
        return torch.cat((skip, branch), 1)


class Branches(nn.Module):
    """Concatenation of branches that ran side by side: no skip connection."""

    def forward(self, *branches: Tensor) -> Tensor:
        return torch.cat(branches, 1)


class Sum(nn.Module):
    """Sum of branches that ran side by side: no skip connection."""

    def forward(self, *branches: Tensor) -> Tensor:
        return torch.stack(branches).sum(0)


class BranchOnly(nn.Module):
    """Join of a plain network, which has no skip connection: the branch alone."""

    def forward(self, skip: Tensor, branch: Tensor) -> Tensor:
        return branch


class BranchAdd(nn.Module):
    """Join of a residual block whose branch is scaled, or left out at random, before the addition."""

    def __init__(self, *, scale: nn.Module | None = None, drop: nn.Module | None = None) -> None:
        super().__init__()
        self.scale = scale or nn.Identity()
        self.drop = drop or nn.Identity()
        self.add = Add()

    def forward(self, skip: Tensor, branch: Tensor) -> Tensor:
        return self.add(skip, self.drop(self.scale(branch)))


class Product(nn.Module):
    """Elementwise product of a signal and a gate."""

    def forward(self, signal: Tensor, gate: Tensor) -> Tensor:
        return signal * gate


class Complement(nn.Module):
    """1 minus a gate."""

    def forward(self, gate: Tensor) -> Tensor:
        return 1 - gate


class Alias(nn.Module):
    """The same values under a node of their own in autograd's graph, so that their gradient can be read."""

    def forward(self, x: Tensor) -> Tensor:
        return x.view(x.shape)


class GatedAdd(nn.Module):
    """Join of a highway block (arXiv 1505.00387): a gate between 0 and 1 divides the sum between skip and branch.

    The gate is the sigmoid of a 1x1 convolution of the skip, as in section 3.1 of arXiv 1603.05027. With `both`, the
    branch is multiplied by the gate and the skip by its complement; without, only the skip is.
    """

    def __init__(self, gate: nn.Module, *, both: bool) -> None:
        super().__init__()
        self.skip = Alias()
        self.gate = gate
        self.sigmoid = nn.Sigmoid()
        self.complement = Complement()
        self.carry = Product()
        if both:
            self.transform = Product()
        self.both = both
        self.add = Add()

    def forward(self, skip: Tensor, branch: Tensor) -> Tensor:
        skip = self.skip(skip)
        gate = self.sigmoid(self.gate(skip))
        carried = self.carry(skip, self.complement(gate))
        return self.add(carried, self.transform(branch, gate) if self.both else branch)


def nearly_closed(join: GatedAdd) -> None:
    """Let a gate start near 0.1, so that a deep network starts close to its skips (arXiv 1505.00387, section 2.2)."""
    nn.init.constant_(join.gate.bias, -2.0)  # type: ignore[arg-type]  # it has one
