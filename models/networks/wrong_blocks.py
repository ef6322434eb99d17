"""Basic blocks with slips that are in circulation, to learn from. They are wrong; only the last one can't run."""

from typing import Any

from torch import Tensor, nn

from .blocks import BasicBlock


class BranchProjected(BasicBlock):
    """The projection reads the branch, not the block's input (`X = conv3(Y)`), so the input has no way past the branch.

    Blocks that keep their shape have no projection, and so no slip.
    """

    def __init__(self, in_channels: int, width: int, out_channels: int, stride: int, **parts: Any) -> None:
        super().__init__(in_channels, width, out_channels, stride, **parts)
        if not isinstance(self.downsample, nn.Identity):
            # the branch has its final shape already
            self.downsample = nn.Sequential(parts["conv"](out_channels, out_channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.bn2(self.conv2(branch))
        skip = x if isinstance(self.downsample, nn.Identity) else self.downsample(branch)
        return self.relu2(self.join(skip, branch))


class NoReluAfter(BasicBlock):
    """The ReLU after the addition is forgotten; nothing comes in its place."""

    def __init__(self, in_channels: int, width: int, out_channels: int, stride: int, **parts: Any) -> None:
        super().__init__(in_channels, width, out_channels, stride, **parts)
        del self.relu2

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.bn2(self.conv2(branch))
        return self.join(self.downsample(x), branch)


class StrideForgotten(BasicBlock):
    """The shortcut keeps height and width where the branch halves them: the two can't be added."""

    def __init__(self, in_channels: int, width: int, out_channels: int, stride: int, **parts: Any) -> None:
        super().__init__(in_channels, width, out_channels, stride, **parts)
        self.downsample, self.join = parts["shortcut"](in_channels, out_channels, 1)
