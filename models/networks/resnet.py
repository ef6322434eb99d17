"""Residual networks."""

from collections import OrderedDict
from functools import partial
from typing import Any, Protocol

from torch import nn

from .parts import Conv, Norm, Shortcut, dilated, dropping_shortcut
from .stems import StemConv


class ResidualBlock(Protocol):
    def __call__(self, in_channels: int, width: int, out_channels: int, stride: int, **parts: Any) -> nn.Module: ...


class Layout(Protocol):
    def __call__(self, stage: int, count: int, stages: int) -> list[dict[str, Any]]: ...


def stride_first(stage: int, count: int, stages: int) -> list[dict[str, Any]]:
    """Return the stride of each block of a stage: every stage but the first halves height and width at its start."""
    return [{"stride": 2 if stage > 0 and block == 0 else 1} for block in range(count)]


def stride_last(stage: int, count: int, stages: int) -> list[dict[str, Any]]:
    """Return strides with which every stage but the last halves height and width at its end."""
    return [{"stride": 2 if stage < stages - 1 and block == count - 1 else 1} for block in range(count)]


def dilation(stage: int, count: int, stages: int, *, conv: Conv, last: int) -> list[dict[str, Any]]:
    """Return strides, and wider windows in place of the strides of the `last` stages (arXiv 1706.05587).

    As in torchvision, the first block of a stage has the windows of the stage before.
    """
    before = max(0, stage - (stages - last))  # strides that were left out in the stages before
    if stage == 0 or stage < stages - last:
        return stride_first(stage, count, stages)
    rates = [2**before] + [2 ** (before + 1)] * (count - 1)
    return [{"stride": 1, "conv": partial(dilated, conv=conv, rate=rate) if rate > 1 else conv} for rate in rates]


def stochastic_depth(
    stage: int, count: int, stages: int, *, layout: Layout, shortcut: Shortcut, counts: tuple[int, ...], last: float
) -> list[dict[str, Any]]:
    """Return another layout in which branches are left out at random in training.

    The probability grows linearly from the first block to `last` at the last one (arXiv 1603.09382, equation 4).
    """
    before = sum(counts[:stage])
    return [
        parts | {"shortcut": partial(dropping_shortcut, shortcut=shortcut, p=last * (before + place) / sum(counts))}
        for place, parts in enumerate(layout(stage, count, stages), start=1)
    ]


def resnet(
    *,
    block: ResidualBlock,
    stages: tuple[tuple[int, int, int], ...],  # (blocks, inner width, output channels) of each
    layout: Layout,
    conv: Conv,
    norm: Norm,
    stem: StemConv,
    stem_norm: bool,
    stem_relu: bool,
    pool: bool,
    last_norm: bool,
    last_relu: bool,
    in_channels: int,
    stem_channels: int,
    classes: int,
) -> nn.Sequential:
    """Return a residual network: stem, stages, global average pooling, classifier (arXiv 1512.03385, table 1).

    `layout` returns what differs between the blocks of a stage: their strides and, if they are dilated, `conv`.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv1"] = stem(in_channels, stem_channels, conv=conv, norm=norm)
    if stem_norm:
        layers["bn1"] = norm(stem_channels)
    if stem_relu:
        layers["relu"] = nn.ReLU()
    if pool:
        layers["maxpool"] = nn.MaxPool2d(3, stride=2, padding=1)

    channels = stem_channels
    for stage, (count, width, out_channels) in enumerate(stages):
        blocks: list[nn.Module] = []
        for parts in layout(stage, count, len(stages)):
            blocks.append(block(channels, width, out_channels, **parts))
            channels = out_channels
        layers[f"layer{stage + 1}"] = nn.Sequential(*blocks)

    if last_norm:
        layers["bn_last"] = norm(channels)
    if last_relu:
        layers["relu_last"] = nn.ReLU()
    layers["avgpool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["fc"] = nn.Linear(channels, classes)
    return nn.Sequential(layers)
