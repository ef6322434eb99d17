"""The blocks that residual and dense networks are made of.

A block is composed of parts: `conv` makes its convolutions, `norm` its norms, `shortcut` its skip connection. Nothing
works in place and every call site has a module of its own, so that a hook sees each value once and as it was.
Shapes in comments are (batch, channels, height, width).
"""

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import pad


class Conv(Protocol):
    """Makes a convolution; whether it has a bias is already decided."""

    def __call__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
    ) -> nn.Module: ...


class Norm(Protocol):
    """Makes the normalisation of so many channels."""

    def __call__(self, channels: int, /) -> nn.Module: ...


class Shortcut(Protocol):
    """Makes the two parts of a skip connection: what the input passes on its way, and how it joins the branch."""

    def __call__(self, in_channels: int, out_channels: int, stride: int) -> tuple[nn.Module, nn.Module]: ...


class Add(nn.Module):
    """The join of a residual block."""

    def forward(self, skip: Tensor, branch: Tensor) -> Tensor:
        return skip + branch


class Concat(nn.Module):
    """The join of a dense layer: its own channels behind all it was given."""

    def forward(self, skip: Tensor, branch: Tensor) -> Tensor:
        return torch.cat((skip, branch), 1)


class BranchOnly(nn.Module):
    """The join of a plain network: there is no skip connection, the branch goes on alone."""

    def forward(self, skip: Tensor, branch: Tensor) -> Tensor:
        return branch


class ZeroPad(nn.Module):
    """Option A of He et al. 2015: every stride-th pixel, and channels of zeros behind the others. No parameters."""

    def __init__(self, extra_channels: int, stride: int) -> None:
        super().__init__()
        self.extra_channels = extra_channels
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra_channels))


def no_shortcut(in_channels: int, out_channels: int, stride: int) -> tuple[nn.Module, nn.Module]:
    """A plain block."""
    return nn.Identity(), BranchOnly()


def pad_shortcut(in_channels: int, out_channels: int, stride: int) -> tuple[nn.Module, nn.Module]:
    """Option A: the identity, padded with zeros where the shape changes."""
    same = stride == 1 and in_channels == out_channels
    return nn.Identity() if same else ZeroPad(out_channels - in_channels, stride), Add()


def projection_shortcut(
    in_channels: int, out_channels: int, stride: int, *, conv: Conv, norm: Norm | None, everywhere: bool = False
) -> tuple[nn.Module, nn.Module]:
    """Option B: a 1x1 convolution where the shape changes, the identity elsewhere. Option C: `everywhere`."""
    if stride == 1 and in_channels == out_channels and not everywhere:
        return nn.Identity(), Add()
    projection = [conv(in_channels, out_channels, 1, stride=stride)]
    if norm is not None:
        projection.append(norm(out_channels))
    return nn.Sequential(*projection), Add()


def group_norm(channels: int) -> nn.Module:
    """Group normalisation (arXiv 1803.08494) with 32 groups, or as many as leave two channels or more in each.

    A group of one channel at one pixel is a single number, and normalising that leaves nothing of it: a single channel
    is left as it is.
    """
    if channels == 1:
        return nn.Identity()
    groups = max(count for count in range(1, min(32, channels // 2) + 1) if channels % count == 0)
    return nn.GroupNorm(groups, channels)


def no_norm(channels: int) -> nn.Identity:
    return nn.Identity()


class BasicBlock(nn.Module):
    """Two 3x3 convolutions (arXiv 1512.03385, figure 5 left)."""

    def __init__(
        self,
        in_channels: int,
        width: int,
        out_channels: int,
        stride: int,
        *,
        conv: Conv,
        norm: Norm,
        shortcut: Shortcut,
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.conv1 = conv(in_channels, width, 3, stride=stride, padding=1, groups=groups)
        self.bn1 = norm(width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv(width, out_channels, 3, padding=1, groups=groups)
        self.bn2 = norm(out_channels)
        self.downsample, self.join = shortcut(in_channels, out_channels, stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.bn2(self.conv2(branch))
        return self.relu2(self.join(self.downsample(x), branch))


class Bottleneck(nn.Module):
    """1x1 down, 3x3, 1x1 up (arXiv 1512.03385, figure 5 right; with groups, arXiv 1611.05431, figure 3c).

    The stride sits on the 3x3 convolution (v1.5, as in torchvision) or, with `stride_first`, on the first 1x1 (v1).
    """

    def __init__(
        self,
        in_channels: int,
        width: int,
        out_channels: int,
        stride: int,
        *,
        conv: Conv,
        norm: Norm,
        shortcut: Shortcut,
        groups: int = 1,
        stride_first: bool = False,
    ) -> None:
        super().__init__()
        self.conv1 = conv(in_channels, width, 1, stride=stride if stride_first else 1)
        self.bn1 = norm(width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv(width, width, 3, stride=1 if stride_first else stride, padding=1, groups=groups)
        self.bn2 = norm(width)
        self.relu2 = nn.ReLU()
        self.conv3 = conv(width, out_channels, 1)
        self.bn3 = norm(out_channels)
        self.downsample, self.join = shortcut(in_channels, out_channels, stride)
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.relu2(self.bn2(self.conv2(branch)))
        branch = self.bn3(self.conv3(branch))
        return self.relu3(self.join(self.downsample(x), branch))


class PreActBasic(nn.Module):
    """The basic block with norm and activation in front (arXiv 1603.05027, figure 4e): the skip stays untouched.

    Where the shape changes, the shortcut is fed by the block's own first norm and activation, as in the paper's code.
    """

    def __init__(
        self,
        in_channels: int,
        width: int,
        out_channels: int,
        stride: int,
        *,
        conv: Conv,
        norm: Norm,
        shortcut: Shortcut,
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.bn1 = norm(in_channels)
        self.relu1 = nn.ReLU()
        self.conv1 = conv(in_channels, width, 3, stride=stride, padding=1, groups=groups)
        self.bn2 = norm(width)
        self.relu2 = nn.ReLU()
        self.conv2 = conv(width, out_channels, 3, padding=1, groups=groups)
        self.downsample, self.join = shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        ready = self.relu1(self.bn1(x))
        branch = self.conv1(ready)
        branch = self.conv2(self.relu2(self.bn2(branch)))
        skip = x if isinstance(self.downsample, nn.Identity) else self.downsample(ready)
        return self.join(skip, branch)


class PreActBottleneck(nn.Module):
    """The bottleneck with norm and activation in front (arXiv 1603.05027)."""

    def __init__(
        self,
        in_channels: int,
        width: int,
        out_channels: int,
        stride: int,
        *,
        conv: Conv,
        norm: Norm,
        shortcut: Shortcut,
        groups: int = 1,
        stride_first: bool = False,
    ) -> None:
        super().__init__()
        self.bn1 = norm(in_channels)
        self.relu1 = nn.ReLU()
        self.conv1 = conv(in_channels, width, 1, stride=stride if stride_first else 1)
        self.bn2 = norm(width)
        self.relu2 = nn.ReLU()
        self.conv2 = conv(width, width, 3, stride=1 if stride_first else stride, padding=1, groups=groups)
        self.bn3 = norm(width)
        self.relu3 = nn.ReLU()
        self.conv3 = conv(width, out_channels, 1)
        self.downsample, self.join = shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        ready = self.relu1(self.bn1(x))
        branch = self.conv1(ready)
        branch = self.conv2(self.relu2(self.bn2(branch)))
        branch = self.conv3(self.relu3(self.bn3(branch)))
        skip = x if isinstance(self.downsample, nn.Identity) else self.downsample(ready)
        return self.join(skip, branch)


class DenseLayer(nn.Module):
    """Norm, activation, 3x3 to `growth` channels, set behind the input's (arXiv 1608.06993, equation 2)."""

    def __init__(self, in_channels: int, growth: int, *, conv: Conv, norm: Norm, join: type[nn.Module]) -> None:
        super().__init__()
        self.norm1 = norm(in_channels)
        self.relu1 = nn.ReLU()
        self.conv1 = conv(in_channels, growth, 3, padding=1)
        self.join = join()

    def forward(self, x: Tensor) -> Tensor:
        return self.join(x, self.conv1(self.relu1(self.norm1(x))))


class DenseBottleneck(nn.Module):
    """A dense layer with a 1x1 convolution to 4 * `growth` channels first: DenseNet-B (arXiv 1608.06993)."""

    def __init__(self, in_channels: int, growth: int, *, conv: Conv, norm: Norm, join: type[nn.Module]) -> None:
        super().__init__()
        self.norm1 = norm(in_channels)
        self.relu1 = nn.ReLU()
        self.conv1 = conv(in_channels, 4 * growth, 1)
        self.norm2 = norm(4 * growth)
        self.relu2 = nn.ReLU()
        self.conv2 = conv(4 * growth, growth, 3, padding=1)
        self.join = join()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.conv1(self.relu1(self.norm1(x)))
        branch = self.conv2(self.relu2(self.norm2(branch)))
        return self.join(x, branch)


class Transition(nn.Sequential):
    """Between two dense blocks: fewer channels, half the resolution."""

    def __init__(self, in_channels: int, out_channels: int, *, conv: Conv, norm: Norm) -> None:
        super().__init__()
        self.norm = norm(in_channels)
        self.relu = nn.ReLU()
        self.conv = conv(in_channels, out_channels, 1)
        self.pool = nn.AvgPool2d(2)
