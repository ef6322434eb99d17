"""Residual blocks in the other orders of norm, activation and addition that He et al. 2016 tried.

Figure 4 of arXiv 1603.05027: (a) is the original, in `blocks`; here are (b) to (e). Those from (b) to (d) have the
layers of the original, in another order.
"""

from torch import Tensor, nn

from .blocks import BasicBlock, Bottleneck
from .dropping import Dropout
from .parts import Conv, Norm, Shortcut, reads_raw_input


class BasicNormAfter(BasicBlock):
    """Basic block with the last norm after the addition (figure 4b): the skip is normalised too."""

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.conv2(branch)
        return self.relu2(self.bn2(self.join(self.downsample(x), branch)))


class BasicReluBefore(BasicBlock):
    """Basic block with the last ReLU before the addition (figure 4c): the branch can only add, never subtract."""

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.relu2(self.bn2(self.conv2(branch)))
        return self.join(self.downsample(x), branch)


class BasicReluPreAct(BasicBlock):
    """Basic block with a ReLU before each convolution and a norm after it (figure 4d): ReLU-only pre-activation.

    A projection reads the block's input after its ReLU, unless it is a `RawProjection`.
    """

    def forward(self, x: Tensor) -> Tensor:
        ready = self.relu1(x)
        branch = self.bn1(self.conv1(ready))
        branch = self.bn2(self.conv2(self.relu2(branch)))
        skip = self.downsample(x if reads_raw_input(self.downsample) else ready)
        return self.join(skip, branch)


class BottleneckNormAfter(Bottleneck):
    """Bottleneck with the last norm after the addition (figure 4b)."""

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.relu2(self.bn2(self.conv2(branch)))
        branch = self.conv3(branch)
        return self.relu3(self.bn3(self.join(self.downsample(x), branch)))


class BottleneckReluBefore(Bottleneck):
    """Bottleneck with the last ReLU before the addition (figure 4c)."""

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.relu2(self.bn2(self.conv2(branch)))
        branch = self.relu3(self.bn3(self.conv3(branch)))
        return self.join(self.downsample(x), branch)


class BottleneckReluPreAct(Bottleneck):
    """Bottleneck with a ReLU before each convolution and a norm after it (figure 4d)."""

    def forward(self, x: Tensor) -> Tensor:
        ready = self.relu1(x)
        branch = self.bn1(self.conv1(ready))
        branch = self.bn2(self.conv2(self.relu2(branch)))
        branch = self.bn3(self.conv3(self.relu3(branch)))
        skip = self.downsample(x if reads_raw_input(self.downsample) else ready)
        return self.join(skip, branch)


class BasicPreAct(nn.Module):
    """Basic block, norm and activation before each convolution, none after the join (arXiv 1603.05027, figure 4e).

    Where the shape changes, the shortcut's input is that of the first convolution, after norm and activation, as in the
    paper's code, unless it is a `RawProjection`. Dropout stands before the last convolution, as in Wide ResNets.
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
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.bn1 = norm(in_channels)
        self.relu1 = nn.ReLU()
        self.conv1 = conv(in_channels, width, 3, stride=stride, padding=1, groups=groups)
        self.bn2 = norm(width)
        self.relu2 = nn.ReLU()
        self.dropout = Dropout(dropout) if dropout else nn.Identity()
        self.conv2 = conv(width, out_channels, 3, padding=1, groups=groups)
        self.downsample, self.join = shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        ready = self.relu1(self.bn1(x))
        branch = self.conv1(ready)
        branch = self.conv2(self.dropout(self.relu2(self.bn2(branch))))
        skip = self.downsample(x if reads_raw_input(self.downsample) else ready)
        return self.join(skip, branch)


class BottleneckPreAct(nn.Module):
    """Bottleneck with norm and activation before each convolution (arXiv 1603.05027)."""

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
        dropout: float = 0.0,
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
        self.dropout = Dropout(dropout) if dropout else nn.Identity()
        self.conv3 = conv(width, out_channels, 1)
        self.downsample, self.join = shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        ready = self.relu1(self.bn1(x))
        branch = self.conv1(ready)
        branch = self.conv2(self.relu2(self.bn2(branch)))
        branch = self.conv3(self.dropout(self.relu3(self.bn3(branch))))
        skip = self.downsample(x if reads_raw_input(self.downsample) else ready)
        return self.join(skip, branch)
