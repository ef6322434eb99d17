"""VGG networks, the plain ancestors of residual networks of 3x3 convolutions."""

from collections import OrderedDict
from typing import Protocol

from torch import Tensor, nn

from .dropping import Dropout
from .parts import Conv, Norm, Shortcut


class StageBlock(Protocol):
    def __call__(self, in_channels: int, width: int, count: int) -> nn.Module: ...


class VGGBlock(nn.Module):
    """A stage of VGG: `count` 3x3 convolutions and a 2x2 pooling (arXiv 1409.1556, table 1).

    A shortcut around the convolutions makes it a residual block; the network of the paper has none.
    """

    def __init__(self, in_channels: int, width: int, count: int, *, conv: Conv, norm: Norm, shortcut: Shortcut) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for number in range(1, count + 1):
            layers[f"conv{number}"] = conv(in_channels if number == 1 else width, width, 3, padding=1)
            layers[f"bn{number}"] = norm(width)
            if number < count:
                layers[f"relu{number}"] = nn.ReLU()
        self.branch = nn.Sequential(layers)
        self.downsample, self.join = shortcut(in_channels, width, 1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.relu(self.join(self.downsample(x), self.branch(x))))


def vgg(
    *,
    block: StageBlock,
    stages: tuple[tuple[int, int], ...],  # (convolutions, channels) of each
    hidden: int,
    dropout: float,
    conv: Conv,
    norm: Norm,
    in_channels: int,
    classes: int,
) -> nn.Sequential:
    """Return a VGG: stages of convolutions, and a classifier of three linear layers, or of one if `hidden` is 0.

    The weights are in torchvision's order.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels = in_channels
    for stage, (count, width) in enumerate(stages, start=1):
        layers[f"layer{stage}"] = nn.Sequential(block(channels, width, count))
        channels = width
    positions = 7 if hidden else 1
    layers["avgpool"] = nn.AdaptiveAvgPool2d(positions)
    layers["flatten"] = nn.Flatten()
    linear: list[nn.Module] = []
    inputs = channels * positions**2
    for _ in range(2 if hidden else 0):
        linear += [nn.Linear(inputs, hidden), nn.ReLU(), Dropout(dropout) if dropout else nn.Identity()]
        inputs = hidden
    layers["classifier"] = nn.Sequential(*linear, nn.Linear(inputs, classes))
    return nn.Sequential(layers)
