"""The convolutions that an image passes before the first stage."""

from functools import partial
from typing import Protocol

from torch import nn

from ..specs.choices import Stem
from .parts import Conv, Norm


class StemConv(Protocol):
    def __call__(self, in_channels: int, out_channels: int, *, conv: Conv, norm: Norm) -> nn.Module: ...


def single_stem(in_channels: int, out_channels: int, *, conv: Conv, norm: Norm, kernel: int, stride: int) -> nn.Module:
    """Return one convolution."""
    return conv(in_channels, out_channels, kernel, stride=stride, padding=kernel // 2)


def deep_stem(in_channels: int, out_channels: int, *, conv: Conv, norm: Norm) -> nn.Module:
    """Return three 3x3 convolutions, the first with a stride of 2 (ResNet-C, arXiv 1812.01187, figure 2b)."""
    half = max(1, out_channels // 2)
    return nn.Sequential(
        conv(in_channels, half, 3, stride=2, padding=1),
        norm(half),
        nn.ReLU(),
        conv(half, half, 3, padding=1),
        norm(half),
        nn.ReLU(),
        conv(half, out_channels, 3, padding=1),
    )


STEMS: dict[Stem, StemConv] = {
    Stem.IMAGENET: partial(single_stem, kernel=7, stride=2),
    Stem.DEEP: deep_stem,
    Stem.CIFAR: partial(single_stem, kernel=3, stride=1),
    Stem.POINT: partial(single_stem, kernel=1, stride=1),
}
