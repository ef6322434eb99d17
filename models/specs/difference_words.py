"""How a network differs from another, in words. No torch here."""

from dataclasses import fields

from ..runtime.messages import N_, Message, message, plural
from .choices import Gate, Init, Norm, Shortcut, Stem, StrideBlock
from .registry import Order
from .spec import NetworkSpec

_SHORTCUT_WORDS = {
    Shortcut.NONE: N_("no skip connections"),
    Shortcut.PAD: N_("option A shortcuts"),
    Shortcut.PROJECTION: N_("option B shortcuts"),
    Shortcut.PROJECTION_ALL: N_("option C shortcuts"),
    Shortcut.CONCAT: N_("concatenation"),
}
_ORDER_WORDS = {
    Order.ORIGINAL: N_("norm and activation after each convolution"),
    Order.NORM_AFTER: N_("norm after the addition"),
    Order.RELU_BEFORE: N_("ReLU before the addition"),
    Order.RELU_PREACT: N_("ReLU-only pre-activation"),
    Order.PREACT: N_("full pre-activation"),
}
_STEM_WORDS = {
    Stem.IMAGENET: N_("the 7x7 ImageNet stem"),
    Stem.DEEP: N_("the deep stem of three 3x3"),
    Stem.CIFAR: N_("the 3x3 CIFAR stem"),
    Stem.POINT: N_("a 1x1 stem"),
}
_GATE_WORDS = {
    Gate.NONE: N_("no gates"),
    Gate.HIGHWAY: N_("highway gates"),
    Gate.SHORTCUT: N_("gates on the skips"),
}
_NORM_WORDS = {Norm.BATCH: N_("batch norm"), Norm.GROUP: N_("group norm"), Norm.NONE: N_("no norm")}
_INIT_WORDS = {
    Init.DEFAULT: N_("PyTorch's default initialisation"),
    Init.KAIMING: N_("Kaiming initialisation"),
    Init.XAVIER: N_("Xavier initialisation"),
    Init.ORTHOGONAL: N_("orthogonal initialisation"),
}


def differences(spec: NetworkSpec, other: NetworkSpec) -> dict[str, Message]:
    """Return {field: description} for every field in which a spec differs from another."""
    return {
        field.name: _words(field.name, spec)
        for field in fields(spec)
        if getattr(spec, field.name) != getattr(other, field.name)
    }


def _words(field: str, spec: NetworkSpec) -> Message:
    value = getattr(spec, field)
    words = {
        "family": message("family {family}", family=spec.family_type.label),
        "block": message("{block} blocks", block=message(spec.block_type.label)),
        "stages": plural("{blocks} block", "{blocks} blocks", sum(spec.stages), blocks="-".join(map(str, spec.stages))),
        "shortcut": message(_SHORTCUT_WORDS[spec.shortcut]),
        "stem": message(_STEM_WORDS[spec.stem]),
        "order": message(_ORDER_WORDS[spec.order]),
        "stem_norm": message("norm and ReLU after the stem") if value else message("no norm and ReLU after the stem"),
        "base_width": plural("a stem of {n} channel", "a stem of {n} channels", spec.base_width),
        "widen": message("stages {factor:g} times as wide", factor=spec.widen),
        "groups": message("cardinality {n}", n=spec.groups),
        "group_width": message("group width {n}", n=spec.group_width),
        "expansion": message("expansion {n}", n=spec.expansion),
        "growth_rate": message("growth rate {n}", n=spec.growth_rate),
        "compression": message("compression {theta:g}", theta=spec.compression),
        "hidden": message("hidden layers of {n:,} in the classifier", n=spec.hidden)
        if value
        else message("a classifier without hidden layers"),
        "norm": message(_NORM_WORDS[spec.norm]),
        "conv_bias": message("convolution biases") if spec.conv_bias else message("no convolution biases"),
        "projection_norm": message("norms on projections") if value else message("no norms on projections"),
        "projection_pool": message("average pooling before projections")
        if value
        else message("no pooling before projections"),
        "raw_projection": message("projections of the raw input") if value else message("projections after activation"),
        "stride_block": message("the stride in the last block of a stage")
        if spec.stride_block is StrideBlock.LAST
        else message("the stride in the first block of a stage"),
        "dilated": plural("{n} dilated stage", "{n} dilated stages", spec.dilated),
        "skip_scale": message("skips times {factor:g}", factor=spec.skip_scale),
        "branch_scale": message("branches times {factor:g}", factor=spec.branch_scale),
        "learned_scale": message("branches with a learned scale")
        if value
        else message("branches without learned scale"),
        "dropout": message("dropout {p:g}", p=spec.dropout),
        "drop_path": message("stochastic depth {p:g}", p=spec.drop_path),
        "gate": message(_GATE_WORDS[spec.gate]),
        "stride_in": message("the stride on the {kernel} convolution", kernel=spec.stride_in.value),
        "init": message(_INIT_WORDS[spec.init]),
        "zero_init_residual": message("branches that start at zero")
        if value
        else message("branches initialised as usual"),
        "input_shape": message("{shape} input", shape=" x ".join(map(str, spec.input_shape))),
        "classes": message("{n:,} classes", n=spec.classes),
    }
    return words[field]
