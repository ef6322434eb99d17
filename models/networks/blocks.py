"""The blocks of residual networks.

A block is composed of parts: `conv` creates its convolutions, `norm` its norms, `shortcut` its skip connection. No
operation is in place and every call has its own module, so that a hook sees each value once and unmodified.
Tensors are (batch, channels, height, width).
"""

from torch import Tensor, nn

from .parts import Conv, Norm, Shortcut


class BasicBlock(nn.Module):
    """Basic block: two 3x3 convolutions (arXiv 1512.03385, figure 5 left)."""

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
    """Bottleneck: 1x1 to reduce the channels, 3x3, 1x1 to expand them (arXiv 1512.03385, figure 5 right).

    With groups, it is the block of ResNeXt (arXiv 1611.05431, figure 3c). The stride is on the 3x3 convolution (v1.5,
    as in torchvision) or, with `stride_first`, on the first 1x1 (v1).
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
