"""Every named network as one line of data: its spec, its source and the counts published there. No torch here.

A count given as an int is exact; one given as text ("34.4M") is as printed in a paper, precise to its last
digit. What papers call FLOPs are mostly MACs, and are stored as such.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from ..runtime.messages import N_, message
from .choices import Norm, Shortcut, Stem
from .preset import DENSENET, HE2015, HE2016, RESNEXT, TORCHVISION, VGG, WRN, Preset, table
from .registry import Family, Order
from .spec import NetworkSpec
from .variant_presets import VARIANTS

_CIFAR = NetworkSpec(stem=Stem.CIFAR, base_width=16, input_shape=(3, 32, 32), classes=10, stages=(3, 3, 3))
_PREACT = replace(_CIFAR, order=Order.PREACT, projection_norm=False)
_DENSE = NetworkSpec(family=Family.DENSENET, stages=(6, 12, 24, 16))
_VGG = NetworkSpec(family=Family.VGG, norm=Norm.NONE, conv_bias=True, dropout=0.5)
_SMALL_VGG = replace(_VGG, norm=Norm.BATCH, hidden=0, dropout=0.0, input_shape=(3, 32, 32), classes=10)
_TUTORIAL = NetworkSpec(conv_bias=True, projection_norm=False)


def _imagenet(
    title: str, block: str, stages: tuple[int, ...], params: int, macs: int, group: str, **more: int
) -> Preset:
    spec = NetworkSpec(block=block, stages=stages, **more)  # type: ignore[arg-type]  # groups and group_width: ints
    return Preset(title=title, group=group, source=TORCHVISION, spec=spec, params=params, macs=macs)


def _densenet(title: str, stages: tuple[int, ...], params: int, macs: int, growth: int = 32, stem: int = 64) -> Preset:
    spec = replace(_DENSE, stages=stages, growth_rate=growth, base_width=stem)
    return Preset(title=title, group="DenseNet", source=TORCHVISION, spec=spec, params=params, macs=macs)


def _vgg(title: str, stages: tuple[int, ...], params: int, macs: int, *, norm: bool = False) -> Preset:
    spec = replace(_VGG, stages=stages, norm=Norm.BATCH if norm else Norm.NONE)
    return Preset(title=title, group="VGG", source=TORCHVISION, spec=spec, params=params, macs=macs)


def _plain(title: str, stages: tuple[int, ...], macs: str) -> Preset:
    spec = NetworkSpec(stages=stages, shortcut=Shortcut.NONE)
    return Preset(title=title, group=N_("Plain"), source=table(HE2015, 1), spec=spec, macs=macs)


def _cifar(depth: int, params: str, shortcut: Shortcut = Shortcut.PAD) -> Preset:
    blocks = (depth - 2) // 6
    plain = shortcut is Shortcut.NONE
    return Preset(
        title=f"{'Plain' if plain else 'ResNet'}-{depth} (CIFAR)",
        group=N_("Plain") if plain else N_("ResNet for CIFAR"),
        source=message("{paper}, figure {n}", paper=HE2015, n=1) if plain else table(HE2015, 6),
        spec=replace(_CIFAR, stages=(blocks,) * 3, shortcut=shortcut),
        params=params,
    )


def _preact(title: str, depth: int, block: str, params: str) -> Preset:
    blocks = (depth - 2) // (6 if block == _BASIC else 9)
    return Preset(
        title=title,
        group=N_("Pre-activation ResNet"),
        source=table(HE2016, 4) if block == _BOTTLENECK else table(WRN, 5),
        spec=replace(_PREACT, block=block, stages=(blocks,) * 3),
        params=params,
    )


def _wide(depth: int, widen: float, params: str) -> Preset:
    return Preset(
        title=f"WRN-{depth}-{widen:g}",
        group="Wide ResNet",
        source=table(WRN, 4),
        spec=replace(_PREACT, stages=((depth - 4) // 6,) * 3, widen=widen),
        params=params,
    )


_BASIC, _BOTTLENECK = "basic", "bottleneck"

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "resnet18": _imagenet("ResNet-18", _BASIC, (2, 2, 2, 2), 11_689_512, 1_814_073_344, "ResNet"),
        "resnet34": _imagenet("ResNet-34", _BASIC, (3, 4, 6, 3), 21_797_672, 3_663_761_408, "ResNet"),
        "resnet50": _imagenet("ResNet-50", _BOTTLENECK, (3, 4, 6, 3), 25_557_032, 4_089_184_256, "ResNet"),
        "resnet101": _imagenet("ResNet-101", _BOTTLENECK, (3, 4, 23, 3), 44_549_160, 7_801_405_440, "ResNet"),
        "resnet152": _imagenet("ResNet-152", _BOTTLENECK, (3, 8, 36, 3), 60_192_808, 11_513_626_624, "ResNet"),
        "plain18": _plain("Plain-18", (2, 2, 2, 2), "1.8G"),
        "plain34": _plain("Plain-34", (3, 4, 6, 3), "3.6G"),
        "vgg11": _vgg("VGG-11", (1, 1, 2, 2, 2), 132_863_336, 7_609_090_048),
        "vgg13": _vgg("VGG-13", (2, 2, 2, 2, 2), 133_047_848, 11_308_466_176),
        "vgg16": _vgg("VGG-16", (2, 2, 3, 3, 3), 138_357_544, 15_470_264_320),
        "vgg19": _vgg("VGG-19", (2, 2, 4, 4, 4), 143_667_240, 19_632_062_464),
        "vgg11_bn": _vgg(N_("VGG-11 with norm"), (1, 1, 2, 2, 2), 132_868_840, 7_609_090_048, norm=True),
        "vgg13_bn": _vgg(N_("VGG-13 with norm"), (2, 2, 2, 2, 2), 133_053_736, 11_308_466_176, norm=True),
        "vgg16_bn": _vgg(N_("VGG-16 with norm"), (2, 2, 3, 3, 3), 138_365_992, 15_470_264_320, norm=True),
        "vgg19_bn": _vgg(N_("VGG-19 with norm"), (2, 2, 4, 4, 4), 143_678_248, 19_632_062_464, norm=True),
        "vgg16_cifar": Preset(
            title="VGG-16 (CIFAR)",
            group="VGG",
            source=message("networks for CIFAR in public code"),
            spec=_SMALL_VGG,
            params=14_728_266,
            note=N_("The stages of VGG-16 with norms, and a single linear layer after them: 14 layers with weights."),
        ),
        "vgg13_skips": Preset(
            title=N_("VGG-13 (CIFAR) with skips"),
            group="VGG",
            source=message("the stages of {paper}, with skip connections added", paper=VGG),
            spec=replace(_SMALL_VGG, stages=(2, 2, 2, 2, 2), shortcut=Shortcut.PAD),
            note=N_("A skip connection, option A, around the two 3×3 convolutions of each stage, as in a basic block."),
        ),
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
            source=table(WRN, 7),
            spec=NetworkSpec(widen=3.0),
            params="101.8M",
            note=N_("ResNet-18 with stages three times as wide: layer1.0.conv1 has 3*3*64*192 = 110,592 weights."),
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
        "preact_resnet110": _preact(N_("Pre-activation ResNet-110"), 110, _BASIC, "1.7M"),
        "preact_resnet164": _preact(N_("Pre-activation ResNet-164"), 164, _BOTTLENECK, "1.7M"),
        "preact_resnet1001": _preact(N_("Pre-activation ResNet-1001"), 1001, _BOTTLENECK, "10.2M"),
        "wrn_16_8": _wide(16, 8, "11.0M"),
        "wrn_28_10": _wide(28, 10, "36.5M"),
        "wrn_28_10_dropout": Preset(
            title=N_("WRN-28-10 with dropout"),
            group="Wide ResNet",
            source=table(WRN, 6),
            spec=replace(_PREACT, stages=(4, 4, 4), widen=10.0, dropout=0.3),
            params="36.5M",
            note=N_("Dropout of 0.3 between the two convolutions of each block, in training alone."),
        ),
        "wrn_40_4": _wide(40, 4, "8.9M"),
        "resnext29_8x64d": Preset(
            title="ResNeXt-29 8x64d (CIFAR)",
            group="ResNeXt",
            source=table(RESNEXT, 7),
            spec=replace(_CIFAR, block=_BOTTLENECK, base_width=64, groups=8, group_width=64),
            params="34.4M",
        ),
        "densenet_40_12": Preset(
            title="DenseNet-40 k=12 (CIFAR)",
            group="DenseNet",
            source=table(DENSENET, 2),
            spec=replace(
                _DENSE,
                block="dense",
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
            source=table(DENSENET, 2),
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
            title=N_("ResNet-18 of the Fashion-MNIST tutorials"),
            group=N_("Tutorials"),
            source=message("{book}, section {n}", book="d2l.ai", n="8.6"),
            spec=replace(_TUTORIAL, input_shape=(1, 64, 64), classes=10),
            params=11_178_378,
        ),
        "tutorial_resnet18": Preset(
            title=N_("MyResNet18 of the tutorials"),
            group=N_("Tutorials"),
            source=message("the blocks of {book}'s ResNet-18 on ImageNet's shapes", book="d2l.ai"),
            spec=_TUTORIAL,
            params=11_692_520,
            note=N_(
                "3,008 more parameters than torchvision's: +4,800 in convolution biases, −1,792 in norms on "
                "the shortcuts."
            ),
        ),
    }
    | VARIANTS
)
