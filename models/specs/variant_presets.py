"""Presets of variants of residual networks: other blocks, stems, orders and skips. No torch here."""

from dataclasses import replace
from typing import Any

from ..runtime.messages import N_, Message, message
from .choices import Gate, Norm, Shortcut, Stem
from .preset import HE2016, INCEPTION_RESNET, REZERO, STOCHASTIC_DEPTH, Preset, table
from .registry import Family, Order
from .spec import NetworkSpec

_CIFAR = NetworkSpec(
    stem=Stem.CIFAR, base_width=16, input_shape=(3, 32, 32), classes=10, stages=(18, 18, 18), shortcut=Shortcut.PAD
)


def _timm(title: str, group: str, stages: tuple[int, ...], params: int, note: str, **fields: Any) -> Preset:
    spec = NetworkSpec(stages=stages, **fields)
    return Preset(title=title, group=group, source=message("timm"), spec=spec, params=params, note=note)


def _se(title: str, block: str, stages: tuple[int, ...], params: int, **groups: int) -> Preset:
    note = N_("ResNet with squeeze-and-excitation: a block scales each channel by a gate computed from all channels.")
    return _timm(title, "SE-ResNet", stages, params, note, block=block, **groups)


def _deep(title: str, block: str, stages: tuple[int, ...], params: int, *, pool: bool = True) -> Preset:
    c = N_("ResNet-C: three 3×3 convolutions in place of the 7×7.")
    d = N_("ResNet-D: three 3×3 convolutions in place of the 7×7, and average pooling before the projections.")
    group = N_("ResNet-C and -D")
    return _timm(title, group, stages, params, d if pool else c, block=block, stem=Stem.DEEP, projection_pool=pool)


def _preact_imagenet(title: str, params: int, note: str, *, stem_norm: bool) -> Preset:
    spec = NetworkSpec(order=Order.PREACT, projection_norm=False, stem_norm=stem_norm)
    source = message("{paper}, on ImageNet's shapes", paper=HE2016)
    return Preset(title=title, group=N_("Pre-activation ResNet"), source=source, spec=spec, params=params, note=note)


def _order(title: str, order: Order) -> Preset:
    group = N_("Orders of norm, ReLU and addition")
    return Preset(title=title, group=group, source=table(HE2016, 2), spec=replace(_CIFAR, order=order), params="1.7M")


def _skips(title: str, note: str, source: Message | None = None, **fields: Any) -> Preset:
    return Preset(
        title=title,
        group=N_("Scaled and gated skips"),
        source=source or table(HE2016, 1),
        spec=replace(_CIFAR, **fields),
        note=note,
    )


def _wrong(title: str, note: str, **fields: Any) -> Preset:
    spec = replace(_CIFAR, stages=(9, 9, 9), shortcut=Shortcut.PROJECTION, **fields)
    return Preset(
        title=title, group=N_("Wrong, to learn from"), source=message("a slip in circulation"), spec=spec, note=note
    )


_BASIC, _BOTTLENECK = "basic", "bottleneck"
_SE_BASIC, _SE_BOTTLENECK = "se_basic", "se_bottleneck"

VARIANTS: dict[str, Preset] = {
    "seresnet18": _se("SE-ResNet-18", _SE_BASIC, (2, 2, 2, 2), 11_779_624),
    "seresnet34": _se("SE-ResNet-34", _SE_BASIC, (3, 4, 6, 3), 21_960_416),
    "seresnet50": _se("SE-ResNet-50", _SE_BOTTLENECK, (3, 4, 6, 3), 28_088_024),
    "seresnet101": _se("SE-ResNet-101", _SE_BOTTLENECK, (3, 4, 23, 3), 49_326_872),
    "seresnext50_32x4d": _se("SE-ResNeXt-50 32x4d", _SE_BOTTLENECK, (3, 4, 6, 3), 27_559_896, groups=32, group_width=4),
    "resnet50c": _deep("ResNet-50-C", _BOTTLENECK, (3, 4, 6, 3), 25_576_264, pool=False),
    "resnet18d": _deep("ResNet-18-D", _BASIC, (2, 2, 2, 2), 11_708_744),
    "resnet34d": _deep("ResNet-34-D", _BASIC, (3, 4, 6, 3), 21_816_904),
    "resnet50d": _deep("ResNet-50-D", _BOTTLENECK, (3, 4, 6, 3), 25_576_264),
    "resnet101d": _deep("ResNet-101-D", _BOTTLENECK, (3, 4, 23, 3), 44_568_392),
    "inception_resnet_v2": Preset(
        title="Inception-ResNet-v2",
        group="Inception-ResNet",
        source=message("timm"),
        spec=NetworkSpec(family=Family.INCEPTION_RESNET, base_width=32, input_shape=(3, 299, 299)),
        params=55_843_464,
        note=N_("Each block adds two or three branches, concatenated and scaled, to its input."),
    ),
    "inception_resnet_v2_small": Preset(
        title=N_("Inception-ResNet (32 pixels)"),
        group="Inception-ResNet",
        source=message("the blocks of {paper}, a quarter as wide", paper=INCEPTION_RESNET),
        spec=NetworkSpec(
            family=Family.INCEPTION_RESNET,
            stages=(2, 4, 2),
            stem=Stem.CIFAR,
            base_width=8,
            input_shape=(3, 32, 32),
            classes=10,
        ),
        note=N_("The three kinds of block of Inception-ResNet-v2 and its two reductions, after a single convolution."),
    ),
    "resnet50_dilated": Preset(
        title=N_("ResNet-50, dilated"),
        group="ResNet",
        source=message("torchvision's segmentation networks"),
        spec=NetworkSpec(block=_BOTTLENECK, stages=(3, 4, 6, 3), dilated=2),
        params=25_557_032,
        note=N_("The last two stages keep height and width: their 3×3 convolutions are dilated instead."),
    ),
    "preact_resnet18": _preact_imagenet(
        N_("Pre-activation ResNet-18"),
        11_687_720,
        N_("The stem is a bare convolution. Public code has it with norm and ReLU too: 128 parameters more."),
        stem_norm=False,
    ),
    "preact_resnet18_stem": _preact_imagenet(
        N_("Pre-activation ResNet-18, norm after the stem"),
        11_687_848,
        N_("With norm and ReLU after the stem. Public code has it without them too: 128 parameters fewer."),
        stem_norm=True,
    ),
    "resnet110_norm_after": _order(N_("ResNet-110, norm after the addition"), Order.NORM_AFTER),
    "resnet110_relu_before": _order(N_("ResNet-110, ReLU before the addition"), Order.RELU_BEFORE),
    "resnet110_relu_preact": _order(N_("ResNet-110, ReLU-only pre-activation"), Order.RELU_PREACT),
    "resnet110_halved": _skips(
        N_("ResNet-110, skip and branch halved"),
        N_("Constant scaling: each sum is half of skip and half of branch."),
        skip_scale=0.5,
        branch_scale=0.5,
    ),
    "resnet110_highway": _skips(
        N_("ResNet-110 with highway gates"),
        N_("Exclusive gating: a learned gate divides each sum between skip and branch."),
        gate=Gate.HIGHWAY,
    ),
    "resnet110_gated_skips": _skips(
        N_("ResNet-110 with gates on the skips"),
        N_("Shortcut-only gating: a learned gate scales the skip, the branch stays as it is."),
        gate=Gate.SHORTCUT,
    ),
    "resnet110_option_c": _skips(
        N_("ResNet-110 with 1×1 convolutions on all skips"),
        N_("Every skip is a projection, option C, without a norm."),
        shortcut=Shortcut.PROJECTION_ALL,
        projection_norm=False,
    ),
    "resnet110_stochastic_depth": Preset(
        title=N_("ResNet-110 with stochastic depth"),
        group=N_("ResNet for CIFAR"),
        source=table(STOCHASTIC_DEPTH, 1),
        spec=replace(_CIFAR, drop_path=0.5),
        note=N_("In training the last block's branch is left out half of the time, earlier ones less often."),
    ),
    "resnet110_rezero": _skips(
        N_("ResNet-110 with ReZero"),
        N_("A trained number scales each branch and starts at zero: the network starts as its skips alone."),
        message("{paper}, equation {n}", paper=REZERO, n=4),
        learned_scale=True,
        norm=Norm.NONE,
    ),
    "wrong_projection": _wrong(
        N_("Wrong: ResNet-56, projections of the branch"),
        N_("X = conv3(Y): where the shape changes, the projection reads the branch and the input has no way past it."),
        block="wrong_projection",
    ),
    "wrong_no_relu": _wrong(
        N_("Wrong: ResNet-56, no ReLU after the addition"),
        N_("The last ReLU of every block is forgotten: a block's output can be negative."),
        block="wrong_no_relu",
    ),
    "wrong_projection_norm": _wrong(
        N_("ResNet-56, no norm after projections"),
        N_("The shortcut's 1×1 convolution has no norm: a slip in He's networks, on purpose in tutorials."),
        projection_norm=False,
    ),
}
