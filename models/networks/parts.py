"""The parts that blocks are composed of: what creates convolutions and norms, and the skip connections."""

from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from .dropping import StochasticDepth
from .joins import Add, BranchAdd, BranchOnly, GatedAdd


class Conv(Protocol):
    """Creates a convolution; whether it has a bias is already set, but can be given."""

    def __call__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        *,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = ...,
    ) -> nn.Module: ...


class Norm(Protocol):
    """Creates the normalisation of a number of channels."""

    def __call__(self, channels: int, /) -> nn.Module: ...


class Shortcut(Protocol):
    """Creates the two parts of a skip connection: the module on the skip path, and the join with the branch."""

    def __call__(self, in_channels: int, out_channels: int, stride: int) -> tuple[nn.Module, nn.Module]: ...


class ZeroPad(nn.Module):
    """Option A of He et al. 2015: subsampling by `stride`, and extra channels of zeros. No parameters."""

    def __init__(self, extra_channels: int, stride: int) -> None:
        super().__init__()
        self.extra_channels = extra_channels
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra_channels))


class Scale(nn.Module):
    """Multiplication by a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor

    def extra_repr(self) -> str:
        return f"{self.factor:g}"


class LearnedScale(nn.Module):
    """Multiplication by a trained number that starts at zero."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight


class RawProjection(nn.Sequential):
    """Projection of a pre-activation block that reads the block's input before its norm and activation."""


def reads_raw_input(downsample: nn.Module) -> bool:
    """Whether the skip path of a pre-activation block starts before its first norm and activation."""
    return isinstance(downsample, nn.Identity | Scale | RawProjection)


def no_shortcut(in_channels: int, out_channels: int, stride: int) -> tuple[nn.Module, nn.Module]:
    """Return the parts of a plain block, without a skip connection."""
    return nn.Identity(), BranchOnly()


def pad_shortcut(in_channels: int, out_channels: int, stride: int) -> tuple[nn.Module, nn.Module]:
    """Return option A: the identity, with zero padding where the shape changes."""
    same = stride == 1 and in_channels == out_channels
    return nn.Identity() if same else ZeroPad(out_channels - in_channels, stride), Add()


def projection_shortcut(
    in_channels: int,
    out_channels: int,
    stride: int,
    *,
    conv: Conv,
    norm: Norm | None,
    everywhere: bool = False,
    pool: bool = False,
    raw: bool = False,
) -> tuple[nn.Module, nn.Module]:
    """Return option B: a 1x1 projection where the shape changes; with `everywhere`, option C: always a projection.

    With `pool`, a 2x2 average pooling has the stride in place of the 1x1 convolution, which would ignore three of four
    positions (ResNet-D, arXiv 1812.01187). With `raw`, the projection of a pre-activation block reads its raw input.
    """
    if stride == 1 and in_channels == out_channels and not everywhere:
        return nn.Identity(), Add()
    layers: list[nn.Module] = []
    if pool:
        layers.append(nn.Identity() if stride == 1 else nn.AvgPool2d(stride, ceil_mode=True, count_include_pad=False))
    layers.append(conv(in_channels, out_channels, 1, stride=1 if pool else stride))
    if norm is not None:
        layers.append(norm(out_channels))
    return (RawProjection if raw else nn.Sequential)(*layers), Add()


def scaled_shortcut(
    in_channels: int,
    out_channels: int,
    stride: int,
    *,
    shortcut: Shortcut,
    skip: float = 1.0,
    branch: float = 1.0,
    learned: bool = False,
) -> tuple[nn.Module, nn.Module]:
    """Return the parts of another shortcut, with the skip and the branch each multiplied by a constant.

    `skip` 0 gives a plain block. With `learned`, the branch's factor is trained and starts at zero (ReZero, arXiv
    2003.04887; SkipInit, 2002.10444).
    """
    downsample, join = shortcut(in_channels, out_channels, stride)
    if skip != 1:
        if isinstance(downsample, nn.Identity):
            downsample = Scale(skip)
        else:
            layers = downsample if isinstance(downsample, nn.Sequential) else nn.Sequential(downsample)
            downsample = layers.append(Scale(skip))
    if learned:
        join = BranchAdd(scale=LearnedScale())
    elif branch != 1:
        join = BranchAdd(scale=Scale(branch))
    return downsample, join


def dropping_shortcut(
    in_channels: int, out_channels: int, stride: int, *, shortcut: Shortcut, p: float
) -> tuple[nn.Module, nn.Module]:
    """Return the parts of another shortcut whose branch is left out with probability `p` in training."""
    downsample, join = shortcut(in_channels, out_channels, stride)
    scale = join.scale if isinstance(join, BranchAdd) else None
    return downsample, BranchAdd(scale=scale, drop=StochasticDepth(p))


def gated_shortcut(
    in_channels: int, out_channels: int, stride: int, *, shortcut: Shortcut, conv: Conv, both: bool
) -> tuple[nn.Module, nn.Module]:
    """Return the parts of another shortcut, with a gate on the skip and, with `both`, on the branch too."""
    downsample, _ = shortcut(in_channels, out_channels, stride)
    return downsample, GatedAdd(conv(out_channels, out_channels, 1, bias=True), both=both)


def dilated(
    in_channels: int, out_channels: int, kernel_size: int, *, conv: Conv, rate: int, **options: Any
) -> nn.Module:
    """Return a convolution whose window is `rate` times as wide, with as much more padding; a 1x1 is unchanged."""
    if kernel_size > 1:
        options |= {"dilation": rate, "padding": rate * options.get("padding", 0)}
    return conv(in_channels, out_channels, kernel_size, **options)


def group_norm(channels: int) -> nn.Module:
    """Return group normalisation (arXiv 1803.08494) with 32 groups, or as many as leave two channels or more in each.

    At one pixel, a group of one channel is a single number, which normalisation would reduce to zero: a single channel
    is not normalised.
    """
    if channels == 1:
        return nn.Identity()
    groups = max(count for count in range(1, min(32, channels // 2) + 1) if channels % count == 0)
    return nn.GroupNorm(groups, channels)


def no_norm(channels: int) -> nn.Identity:
    return nn.Identity()
