"""The layers of dense networks, and the transitions between their blocks."""

from torch import Tensor, nn

from .dropping import Dropout
from .parts import Conv, Norm


class DenseLayer(nn.Module):
    """Norm, activation, 3x3 convolution to `growth` channels, joined with the input (arXiv 1608.06993, equation 2)."""

    def __init__(
        self, in_channels: int, growth: int, *, conv: Conv, norm: Norm, join: type[nn.Module], dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.norm1 = norm(in_channels)
        self.relu1 = nn.ReLU()
        self.conv1 = conv(in_channels, growth, 3, padding=1)
        self.dropout = Dropout(dropout) if dropout else nn.Identity()
        self.join = join()

    def forward(self, x: Tensor) -> Tensor:
        return self.join(x, self.dropout(self.conv1(self.relu1(self.norm1(x)))))


class DenseBottleneck(nn.Module):
    """Dense layer with a 1x1 convolution to 4 * `growth` channels before the 3x3: DenseNet-B (arXiv 1608.06993)."""

    def __init__(
        self, in_channels: int, growth: int, *, conv: Conv, norm: Norm, join: type[nn.Module], dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.norm1 = norm(in_channels)
        self.relu1 = nn.ReLU()
        self.conv1 = conv(in_channels, 4 * growth, 1)
        self.norm2 = norm(4 * growth)
        self.relu2 = nn.ReLU()
        self.conv2 = conv(4 * growth, growth, 3, padding=1)
        self.dropout = Dropout(dropout) if dropout else nn.Identity()
        self.join = join()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.conv1(self.relu1(self.norm1(x)))
        branch = self.conv2(self.relu2(self.norm2(branch)))
        return self.join(x, self.dropout(branch))


class Transition(nn.Sequential):
    """Transition between dense blocks: reduces the channels and halves the resolution."""

    def __init__(self, in_channels: int, out_channels: int, *, conv: Conv, norm: Norm) -> None:
        super().__init__()
        self.norm = norm(in_channels)
        self.relu = nn.ReLU()
        self.conv = conv(in_channels, out_channels, 1)
        self.pool = nn.AvgPool2d(2)
