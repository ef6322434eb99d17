"""Residual blocks with squeeze-and-excitation (arXiv 1709.01507), with timm's layer names."""

from typing import Any

from torch import Tensor, nn

from .blocks import BasicBlock, Bottleneck
from .joins import Product
from .parts import Conv


class SqueezeExcitation(nn.Module):
    """Scale each channel by a gate that is computed from the means of all channels.

    The first of its two layers reduces the channels to a sixteenth, rounded to a multiple of 8. The layers are 1x1
    convolutions with biases.
    """

    def __init__(self, channels: int, conv: Conv) -> None:
        super().__init__()
        inner = max(8, int(channels / 16 + 4) // 8 * 8)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = conv(channels, inner, 1, bias=True)
        self.relu = nn.ReLU()
        self.fc2 = conv(inner, channels, 1, bias=True)
        self.sigmoid = nn.Sigmoid()
        self.scale = Product()

    def forward(self, x: Tensor) -> Tensor:
        gate = self.sigmoid(self.fc2(self.relu(self.fc1(self.pool(x)))))
        return self.scale(x, gate)


class SEBasicBlock(BasicBlock):
    """Basic block that scales the channels of its branch before the addition."""

    def __init__(
        self, in_channels: int, width: int, out_channels: int, stride: int, *, conv: Conv, **parts: Any
    ) -> None:
        super().__init__(in_channels, width, out_channels, stride, conv=conv, **parts)
        self.se = SqueezeExcitation(out_channels, conv)

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.se(self.bn2(self.conv2(branch)))
        return self.relu2(self.join(self.downsample(x), branch))


class SEBottleneck(Bottleneck):
    """Bottleneck that scales the channels of its branch before the addition."""

    def __init__(
        self, in_channels: int, width: int, out_channels: int, stride: int, *, conv: Conv, **parts: Any
    ) -> None:
        super().__init__(in_channels, width, out_channels, stride, conv=conv, **parts)
        self.se = SqueezeExcitation(out_channels, conv)

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.relu2(self.bn2(self.conv2(branch)))
        branch = self.se(self.bn3(self.conv3(branch)))
        return self.relu3(self.join(self.downsample(x), branch))
