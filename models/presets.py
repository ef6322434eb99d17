"""Every named network as one line of data: its spec, where it comes from, and the counts printed there. No torch here.

A count given as an int is exact; one given as text ("34.4M") is what a paper prints, and its last digit is its
precision. What papers call FLOPs are mostly MACs, and are filed as such.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from models.spec import Block, Family, NetworkSpec, Shortcut, Stem

Count = int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    title: str
    group: str
    source: str
    spec: NetworkSpec
    params: Count = None
    macs: Count = None
    note: str = ""


HE2015 = "He et al. 2015, arXiv 1512.03385"
HE2016 = "He et al. 2016, arXiv 1603.05027"
WRN = "Zagoruyko & Komodakis 2016, arXiv 1605.07146"
RESNEXT = "Xie et al. 2017, arXiv 1611.05431"
DENSENET = "Huang et al. 2017, arXiv 1608.06993"

_CIFAR = NetworkSpec(stem=Stem.CIFAR, base_width=16, input_shape=(3, 32, 32), classes=10, stages=(3, 3, 3))
_PREACT = replace(_CIFAR, block=Block.PREACT_BASIC, projection_norm=False)
_DENSE = NetworkSpec(family=Family.DENSENET, stages=(6, 12, 24, 16))
_TUTORIAL = NetworkSpec(conv_bias=True, projection_norm=False)


def _imagenet(
    title: str, block: Block, stages: tuple[int, ...], params: int, macs: int, group: str, **more: int
) -> Preset:
    spec = NetworkSpec(block=block, stages=stages, **more)  # type: ignore[arg-type]  # groups and group_width: ints
    return Preset(title=title, group=group, source="torchvision", spec=spec, params=params, macs=macs)


def _densenet(title: str, stages: tuple[int, ...], params: int, macs: int, growth: int = 32, stem: int = 64) -> Preset:
    spec = replace(_DENSE, stages=stages, growth_rate=growth, base_width=stem)
    return Preset(title=title, group="DenseNet", source="torchvision", spec=spec, params=params, macs=macs)


def _plain(title: str, stages: tuple[int, ...], macs: str) -> Preset:
    spec = NetworkSpec(stages=stages, shortcut=Shortcut.NONE)
    return Preset(title=title, group="Plain", source=f"{HE2015}, table 1", spec=spec, macs=macs)


def _cifar(depth: int, params: str, shortcut: Shortcut = Shortcut.PAD) -> Preset:
    blocks = (depth - 2) // 6
    plain = shortcut is Shortcut.NONE
    return Preset(
        title=f"{'Plain' if plain else 'ResNet'}-{depth} (CIFAR)",
        group="Plain" if plain else "ResNet for CIFAR",
        source=f"{HE2015}, {'figure 1' if plain else 'table 6'}",
        spec=replace(_CIFAR, stages=(blocks,) * 3, shortcut=shortcut),
        params=params,
    )


def _preact(depth: int, block: Block, params: str) -> Preset:
    blocks = (depth - 2) // (6 if block is Block.PREACT_BASIC else 9)
    return Preset(
        title=f"Pre-activation ResNet-{depth}",
        group="Pre-activation ResNet",
        source=f"{HE2016}, table 4" if block is Block.PREACT_BOTTLENECK else f"{WRN}, table 5",
        spec=replace(_PREACT, block=block, stages=(blocks,) * 3),
        params=params,
    )


def _wide(depth: int, widen: float, params: str) -> Preset:
    return Preset(
        title=f"WRN-{depth}-{widen:g}",
        group="Wide ResNet",
        source=f"{WRN}, table 4",
        spec=replace(_PREACT, stages=((depth - 4) // 6,) * 3, widen=widen),
        params=params,
    )


_BASIC, _BOTTLENECK = Block.BASIC, Block.BOTTLENECK

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "resnet18": _imagenet("ResNet-18", _BASIC, (2, 2, 2, 2), 11_689_512, 1_814_073_344, "ResNet"),
        "resnet34": _imagenet("ResNet-34", _BASIC, (3, 4, 6, 3), 21_797_672, 3_663_761_408, "ResNet"),
        "resnet50": _imagenet("ResNet-50", _BOTTLENECK, (3, 4, 6, 3), 25_557_032, 4_089_184_256, "ResNet"),
        "resnet101": _imagenet("ResNet-101", _BOTTLENECK, (3, 4, 23, 3), 44_549_160, 7_801_405_440, "ResNet"),
        "resnet152": _imagenet("ResNet-152", _BOTTLENECK, (3, 8, 36, 3), 60_192_808, 11_513_626_624, "ResNet"),
        "plain18": _plain("Plain-18", (2, 2, 2, 2), "1.8G"),
        "plain34": _plain("Plain-34", (3, 4, 6, 3), "3.6G"),
        "resnext50_32x4d": _imagenet(
            "ResNeXt-50 32x4d",
            _BOTTLENECK,
            (3, 4, 6, 3),
            25_028_904,
            4_230_479_872,
            "ResNeXt",
            groups=32,
            group_width=4,
        ),
        "resnext101_32x8d": _imagenet(
            "ResNeXt-101 32x8d",
            _BOTTLENECK,
            (3, 4, 23, 3),
            88_791_336,
            16_414_015_488,
            "ResNeXt",
            groups=32,
            group_width=8,
        ),
        "resnext101_64x4d": _imagenet(
            "ResNeXt-101 64x4d",
            _BOTTLENECK,
            (3, 4, 23, 3),
            83_455_272,
            15_460_270_080,
            "ResNeXt",
            groups=64,
            group_width=4,
        ),
        "wide_resnet50_2": _imagenet(
            "Wide ResNet-50-2", _BOTTLENECK, (3, 4, 6, 3), 68_883_240, 11_398_021_120, "Wide ResNet", group_width=128
        ),
        "wide_resnet101_2": _imagenet(
            "Wide ResNet-101-2", _BOTTLENECK, (3, 4, 23, 3), 126_886_696, 22_753_050_624, "Wide ResNet", group_width=128
        ),
        "wrn_18_3": Preset(
            title="WRN-18-3 (ImageNet)",
            group="Wide ResNet",
            source=f"{WRN}, table 7",
            spec=NetworkSpec(widen=3.0),
            params="101.8M",
            note="ResNet-18 with stages three times as wide: layer1.0.conv1 has 3*3*64*192 = 110,592.",
        ),
        "densenet121": _densenet("DenseNet-121", (6, 12, 24, 16), 7_978_856, 2_834_161_664),
        "densenet161": _densenet("DenseNet-161", (6, 12, 36, 24), 28_681_000, 7_727_907_072, 48, 96),
        "densenet169": _densenet("DenseNet-169", (6, 12, 32, 32), 14_149_480, 3_359_843_328),
        "densenet201": _densenet("DenseNet-201", (6, 12, 48, 32), 20_013_928, 4_291_365_888),
        "resnet20_cifar": _cifar(20, "0.27M"),
        "resnet32_cifar": _cifar(32, "0.46M"),
        "resnet44_cifar": _cifar(44, "0.66M"),
        "resnet56_cifar": _cifar(56, "0.85M"),
        "resnet110_cifar": _cifar(110, "1.7M"),
        "resnet1202_cifar": _cifar(1202, "19.4M"),
        "plain20_cifar": _cifar(20, "0.27M", Shortcut.NONE),
        "plain56_cifar": _cifar(56, "0.85M", Shortcut.NONE),
        "preact_resnet110": _preact(110, Block.PREACT_BASIC, "1.7M"),
        "preact_resnet164": _preact(164, Block.PREACT_BOTTLENECK, "1.7M"),
        "preact_resnet1001": _preact(1001, Block.PREACT_BOTTLENECK, "10.2M"),
        "wrn_16_8": _wide(16, 8, "11.0M"),
        "wrn_28_10": _wide(28, 10, "36.5M"),
        "wrn_40_4": _wide(40, 4, "8.9M"),
        "resnext29_8x64d": Preset(
            title="ResNeXt-29 8x64d (CIFAR)",
            group="ResNeXt",
            source=f"{RESNEXT}, table 7",
            spec=replace(_CIFAR, block=_BOTTLENECK, base_width=64, groups=8, group_width=64),
            params="34.4M",
        ),
        "densenet_40_12": Preset(
            title="DenseNet-40 k=12 (CIFAR)",
            group="DenseNet",
            source=f"{DENSENET}, table 2",
            spec=replace(
                _DENSE,
                block=Block.DENSE,
                stages=(12, 12, 12),
                stem=Stem.CIFAR,
                base_width=16,
                growth_rate=12,
                compression=1.0,
                input_shape=(3, 32, 32),
                classes=10,
            ),
            params="1.0M",
        ),
        "densenet_bc_100_12": Preset(
            title="DenseNet-BC-100 k=12 (CIFAR)",
            group="DenseNet",
            source=f"{DENSENET}, table 2",
            spec=replace(
                _DENSE,
                stages=(16, 16, 16),
                stem=Stem.CIFAR,
                base_width=24,
                growth_rate=12,
                input_shape=(3, 32, 32),
                classes=10,
            ),
            params="0.8M",
        ),
        "d2l_resnet18_fashion_mnist": Preset(
            title="ResNet-18 of the Fashion-MNIST tutorials",
            group="Tutorials",
            source="d2l.ai, section 8.6",
            spec=replace(_TUTORIAL, input_shape=(1, 64, 64), classes=10),
            params=11_178_378,
        ),
        "tutorial_resnet18": Preset(
            title="MyResNet18 of the tutorials",
            group="Tutorials",
            source="the blocks of d2l.ai's ResNet-18 on ImageNet's shapes",
            spec=_TUTORIAL,
            params=11_692_520,
            note="3,008 more parameters than torchvision's: +4,800 convolution biases, -1,792 shortcut norms.",
        ),
    }
)
