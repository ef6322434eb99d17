"""The block of ResNeXt in its three equal forms (arXiv 1611.05431, figure 3).

`blocks.Bottleneck` with groups is form c. With the same weights all three give the same output.
"""

from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor, nn

from ..specs.choices import BlockForm
from .blocks import Bottleneck
from .joins import Branches, Sum
from .parts import Conv, Norm, Shortcut


class PathsSummed(nn.Module):
    """BlockForm a: paths side by side, each from the block's input to all output channels, whose outputs are added."""

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
        groups: int,
        stride_first: bool = False,
    ) -> None:
        super().__init__()
        inner = width // groups
        self.paths = nn.ModuleList(
            path(in_channels, inner, stride, conv=conv, norm=norm, stride_first=stride_first) for _ in range(groups)
        )
        for number, one in enumerate(self.paths):  # the sum has one bias, if any
            one.add_module("conv3", conv(inner, out_channels, 1, **({"bias": False} if number else {})))
        self.sum = Sum()
        self.bn3 = norm(out_channels)
        self.downsample, self.join = shortcut(in_channels, out_channels, stride)
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.bn3(self.sum(*[path(x) for path in self.paths]))
        return self.relu3(self.join(self.downsample(x), branch))


class PathsConcatenated(nn.Module):
    """BlockForm b: paths side by side whose outputs are concatenated before the last 1x1 convolution."""

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
        groups: int,
        stride_first: bool = False,
    ) -> None:
        super().__init__()
        inner = width // groups
        self.paths = nn.ModuleList(
            path(in_channels, inner, stride, conv=conv, norm=norm, stride_first=stride_first) for _ in range(groups)
        )
        self.cat = Branches()
        self.conv3 = conv(width, out_channels, 1)
        self.bn3 = norm(out_channels)
        self.downsample, self.join = shortcut(in_channels, out_channels, stride)
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.bn3(self.conv3(self.cat(*[path(x) for path in self.paths])))
        return self.relu3(self.join(self.downsample(x), branch))


FORMS: Mapping[BlockForm, type[nn.Module]] = MappingProxyType(
    {BlockForm.SUMMED: PathsSummed, BlockForm.CONCATENATED: PathsConcatenated, BlockForm.GROUPED: Bottleneck}
)


def path(
    in_channels: int, inner: int, stride: int, *, conv: Conv, norm: Norm, stride_first: bool = False
) -> nn.Sequential:
    """Return the convolutions of one path, 1x1 and 3x3, each with norm and ReLU."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv1"] = conv(in_channels, inner, 1, stride=stride if stride_first else 1)
    layers["bn1"] = norm(inner)
    layers["relu1"] = nn.ReLU()
    layers["conv2"] = conv(inner, inner, 3, stride=1 if stride_first else stride, padding=1)
    layers["bn2"] = norm(inner)
    layers["relu2"] = nn.ReLU()
    return nn.Sequential(layers)


def take_weights(target: nn.Module, block: Bottleneck) -> None:
    """Give a block of form a or b the weights and running statistics of one of form c, in place."""
    grouped = block.state_dict()
    own: dict[str, Tensor] = {}
    for key in target.state_dict():
        if not key.startswith("paths."):
            own[key] = grouped[key]
            continue
        _, number, layer = key.split(".", 2)
        whole = grouped[layer]
        paths = len(target.paths)  # type: ignore[arg-type]  # a list of modules
        if whole.dim() == 0 or layer == "conv3.bias":
            own[key] = whole
        else:
            along = 1 if layer == "conv3.weight" else 0
            own[key] = torch.chunk(whole, paths, along)[int(number)]
    target.load_state_dict(own)
