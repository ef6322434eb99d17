"""Inception-ResNet-v2 (arXiv 1602.07261), with the names of timm's layers."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from torch import Tensor, nn

from .joins import Alias, Branches
from .parts import Conv, Norm, Shortcut, scaled_shortcut

Kernel = int | tuple[int, int]
Chain = Sequence[tuple[int, Kernel]]  # (output channels, kernel) of convolutions one after the other


class ResidualInception(Protocol):
    def __call__(
        self, channels: int, chains: Sequence[Chain], *, shortcut: Shortcut, relu: bool = True
    ) -> nn.Module: ...


class Unit(Protocol):
    def __call__(self, in_channels: int, out_channels: int, kernel: Kernel, **options: Any) -> nn.Module: ...


class ConvNormReLU(nn.Module):
    """Convolution, norm and ReLU; with `same`, the padding keeps height and width."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: Kernel,
        *,
        conv: Conv,
        norm: Norm,
        stride: int = 1,
        same: bool = True,
    ) -> None:
        super().__init__()
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (height // 2, width // 2) if same else 0
        self.conv = conv(in_channels, out_channels, kernel, stride=stride, padding=padding)
        self.bn = norm(out_channels)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Branches side by side, whose outputs are concatenated."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.names = [f"branch{number}" for number in range(len(branches))]
        for name, branch in zip(self.names, branches, strict=True):
            self.add_module(name, branch)
        self.cat = Branches()

    def forward(self, x: Tensor) -> Tensor:
        return self.cat(*[self.get_submodule(name)(x) for name in self.names])


class InceptionBlock(Mixed):
    """Branches side by side, a 1x1 convolution of their concatenation, and a skip connection around all of them.

    The 1x1 convolution has a bias and no norm (arXiv 1602.07261, figures 16, 17 and 19).
    """

    def __init__(
        self,
        channels: int,
        chains: Sequence[Chain],
        *,
        conv: Conv,
        norm: Norm,
        shortcut: Shortcut,
        relu: bool = True,
    ) -> None:
        unit = partial(ConvNormReLU, conv=conv, norm=norm)
        super().__init__(*[chain(channels, layers, unit=unit) for layers in chains])
        self.fork = Alias()  # so that the gradient of all branches together can be read
        self.conv2d = conv(sum(layers[-1][0] for layers in chains), channels, 1, bias=True)
        self.downsample, self.join = shortcut(channels, channels, 1)
        self.relu = nn.ReLU() if relu else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.conv2d(super().forward(self.fork(x)))
        return self.relu(self.join(self.downsample(x), branch))


def chain(channels: int, layers: Chain, *, unit: Unit, stride: int = 1) -> nn.Module:
    """Return convolutions one after the other; the last has the stride and then no padding."""
    units: list[nn.Module] = []
    for place, (width, kernel) in enumerate(layers, start=1):
        by = stride if place == len(layers) else 1
        units.append(unit(channels, width, kernel, stride=by, same=by == 1))
        channels = width
    return units[0] if len(units) == 1 else nn.Sequential(*units)


def large_stem(in_channels: int, w: int, *, unit: Unit) -> OrderedDict[str, nn.Module]:
    """Return the stem for large images, to 10w channels and about an eighth of height and width (figure 3)."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv2d_1a"] = unit(in_channels, w, 3, stride=2, same=False)
    layers["conv2d_2a"] = unit(w, w, 3, same=False)
    layers["conv2d_2b"] = unit(w, 2 * w, 3)
    layers["maxpool_3a"] = nn.MaxPool2d(3, stride=2)
    layers["conv2d_3b"] = unit(2 * w, 5 * w // 2, 1)
    layers["conv2d_4a"] = unit(5 * w // 2, 6 * w, 3, same=False)
    layers["maxpool_5a"] = nn.MaxPool2d(3, stride=2)
    pool = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    layers["mixed_5b"] = Mixed(
        chain(6 * w, [(3 * w, 1)], unit=unit),
        chain(6 * w, [(3 * w // 2, 1), (2 * w, 5)], unit=unit),
        chain(6 * w, [(2 * w, 1), (3 * w, 3), (3 * w, 3)], unit=unit),
        nn.Sequential(pool, unit(6 * w, 2 * w, 1)),
    )
    return layers


def small_stem(in_channels: int, w: int, *, unit: Unit) -> OrderedDict[str, nn.Module]:
    """Return a stem for small images: one convolution to 10w channels."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv2d_1a"] = unit(in_channels, 10 * w, 3)
    return layers


def inception_resnet(
    *,
    block: ResidualInception,
    stages: tuple[int, ...],  # blocks of the first kind, of the second, of the third
    width: int,
    shortcut: Shortcut,
    scales: tuple[float, ...],  # what the branches of each kind are multiplied by, and those of the last block
    large: bool,
    conv: Conv,
    norm: Norm,
    in_channels: int,
    classes: int,
) -> nn.Sequential:
    """Return an Inception-ResNet-v2: stem, blocks of three kinds with reductions between, pooling, classifier.

    All widths are multiples of `width`, which is 32 in the paper. With `large`, the stem is that of the paper; without,
    a single 3x3 convolution. The last block of the third kind has no ReLU.
    """
    w = width
    unit = partial(ConvNormReLU, conv=conv, norm=norm)
    stem = large_stem if large else small_stem
    layers = stem(in_channels, w, unit=unit)
    kinds: list[list[Chain]] = [
        [[(w, 1)], [(w, 1), (w, 3)], [(w, 1), (3 * w // 2, 3), (2 * w, 3)]],
        [[(6 * w, 1)], [(4 * w, 1), (5 * w, (1, 7)), (6 * w, (7, 1))]],
        [[(6 * w, 1)], [(6 * w, 1), (7 * w, (1, 3)), (8 * w, (3, 1))]],
    ]
    reductions: list[list[Chain]] = [
        [[(12 * w, 3)], [(8 * w, 1), (8 * w, 3), (12 * w, 3)]],
        [[(8 * w, 1), (12 * w, 3)], [(8 * w, 1), (9 * w, 3)], [(8 * w, 1), (9 * w, 3), (10 * w, 3)]],
    ]
    channels = 10 * w
    for stage, count in enumerate(stages):
        if stage > 0:
            chains = reductions[stage - 1]
            pool = nn.MaxPool2d(3, stride=2)
            branches = [chain(channels, one, unit=unit, stride=2) for one in chains]
            layers[("mixed_6a", "mixed_7a")[stage - 1]] = Mixed(*branches, pool)
            channels += sum(one[-1][0] for one in chains)
        third = stage == len(kinds) - 1
        make = partial(block, channels, kinds[stage])
        alike = [make(shortcut=scaled(shortcut, scales[stage])) for _ in range(count - third)]
        layers[("repeat", "repeat_1", "repeat_2")[stage]] = nn.Sequential(*alike)
        if third:
            layers["block8"] = make(shortcut=scaled(shortcut, scales[-1]), relu=False)

    layers["conv2d_7b"] = unit(channels, 48 * w, 1)
    layers["global_pool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["classif"] = nn.Linear(48 * w, classes)
    return nn.Sequential(layers)


def scaled(shortcut: Shortcut, factor: float) -> Shortcut:
    """Return a shortcut whose branch is multiplied by a factor."""
    return shortcut if factor == 1 else partial(scaled_shortcut, shortcut=shortcut, branch=factor)
