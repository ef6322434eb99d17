"""The name of a network, and how its counts compare with the published ones. No torch here."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, lru_cache

from ..runtime.messages import N_, Message, message, plural
from .choices import Gate, Init, Norm, Shortcut, Stem, StrideBlock
from .depth import depth, other_depth, printed_depth
from .preset import HE2015, Count
from .presets import PRESETS
from .registry import Family, Order
from .spec import NetworkSpec


@dataclass(frozen=True, slots=True)
class Match:
    """Comparison of a count with a published one."""

    published: str
    agrees: bool
    reason: Message | None = None  # why they differ


@dataclass(frozen=True, slots=True)
class Name:
    """Name of a spec: a preset and its source, or the nearest preset and the differences from it."""

    title: Message
    detail: Message
    preset: str | None
    nearest: str  # the preset itself, or the nearest one
    differences: Message | None = None  # from a preset of the same depth and width, where that is near

    @property
    def badge(self) -> str:
        """One phrase in English: "ResNet-50 v1.5 as in torchvision", "Custom ResNet-50 with option A shortcuts"."""
        return f"{self.title} {self.detail}"


_SUFFIX = {"K": 10**3, "M": 10**6, "G": 10**9}


def compare(count: int, published: Count, *, slack: int = 0) -> Match | None:
    """Compare a count with the published one; None if none is published.

    A count agrees with a printed "34.4M" within half of its last digit, or within `slack` if that is more: papers
    differ on whether the printed number includes the parameters of norms.
    """
    if published is None:
        return None
    if isinstance(published, int):
        off = count - published
        reason = message("{off:+,} compared with the published {number}", off=off, number=f"{published:,}")
        return Match(f"{published:,}", off == 0, None if off == 0 else reason)
    number, unit = published[:-1], _SUFFIX[published[-1]]
    half = 10.0 ** -len(number.partition(".")[2]) / 2 * unit
    gap = count - float(number) * unit
    if abs(gap) <= half:
        return Match(published, agrees=True)
    if abs(gap) <= slack:
        return Match(
            published,
            agrees=True,
            reason=message("the difference is within the parameters of the norms, which some papers leave out"),
        )
    return Match(
        published,
        agrees=False,
        reason=message("{off:+,.0f} compared with the published {number}", off=gap, number=published),
    )


@lru_cache(maxsize=2_048)
def describe(spec: NetworkSpec) -> Name:
    """Return the name of a spec: a preset's, or "Custom" with the nearest preset and every difference from it."""
    own = spec.essential
    for key, preset in PRESETS.items():
        if _essentials()[key] == own:
            # the stride is in the 3x3 convolution
            v15 = preset.torchvision and preset.group == "ResNet" and "stride_in" in spec.block_type.takes
            title = message("{network} v1.5", network=preset.title) if v15 else message(preset.title)
            return Name(title, message("as in {source}", source=preset.source), key, key)
    right = (key for key, preset in PRESETS.items() if not preset.spec.block_type.wrong or spec.block_type.wrong)
    distances = ((key, _differences(own, _essentials()[key])) for key in right)
    key, differences = min(distances, key=lambda pair: _distance(pair[1]))
    nearest, words = message(PRESETS[key].title), _listed(tuple(differences.values()))
    if set(differences) == {"stride_in"} and PRESETS[key].group == "ResNet":  # the strides of the paper have a name
        title = message("{network} v1", network=nearest)
        return Name(title, message("as in {paper}: {differences}", paper=HE2015, differences=words), None, key)
    other_kind = "order" in differences and kind(spec) != kind(PRESETS[key].spec)
    if other_kind or {"family", "block", "stages", "widen"} & set(differences):  # these change the name itself
        widened = f"-{spec.widen:g}" if spec.counts_projections else ""
        number = f"{depth(spec):,}{widened}"
        title = message("Custom {family}-{number}", family=message(kind(spec)), number=number)
        return Name(title, _unlike(spec, nearest, words), None, key)
    return Name(
        message("Custom {network}", network=nearest), message("with {differences}", differences=words), None, key, words
    )


def _listed(items: tuple[Message, ...]) -> Message:
    """Return the items with commas between them."""
    first, *rest = items
    for item in rest:
        first = message("{first}, {next}", first=first, next=item)
    return first


def _unlike(spec: NetworkSpec, nearest: Message, words: Message) -> Message:
    """Return how a network differs from the nearest preset, and another paper's name for it."""
    printed, other = printed_depth(spec), other_depth(spec)
    values = {"nearest": nearest, "differences": words}
    if printed is not None:
        called = message("{family}-{depth}", family=message(kind(spec)), depth=printed)
        return message("called {name} in the paper; differs from {nearest}: {differences}", name=called, **values)
    if other is not None and not spec.counts_projections:
        return message("also {name}; differs from {nearest}: {differences}", name=f"WRN-{other:,}-1", **values)
    return message("differs from {nearest}: {differences}", **values)


@cache
def _essentials() -> Mapping[str, NetworkSpec]:
    """Preset -> its network, with unused fields at their defaults."""
    return {key: preset.spec.essential for key, preset in PRESETS.items()}


def depth_note(spec: NetworkSpec) -> Message | None:
    """Return why a paper states another depth for this network; None if none does."""
    printed, other = printed_depth(spec), other_depth(spec)
    if printed is not None:
        layers = f"{spec.family_type.terms(spec)} = {depth(spec):,}"
        return message(
            "The paper calls this network {family}-{printed}; the rule behind its other names gives {layers}.",
            family=message(kind(spec)),
            printed=printed,
            layers=layers,
        )
    if other is None:
        return None
    wide, plain = (depth(spec), other) if spec.counts_projections else (other, depth(spec))
    return message(
        "Two papers use this network and count its layers differently: {wide:,} by the rule for Wide ResNets "
        "(with projections, without the classifier), {plain:,} by that for pre-activation ResNets.",
        wide=wide,
        plain=plain,
    )


def kind(spec: NetworkSpec) -> str:
    """Return the name of the kind of network, e.g. "ResNeXt" or "WRN"."""
    if spec.family is not Family.RESNET:
        return spec.family_type.label
    if spec.shortcut is Shortcut.NONE:
        return N_("Plain")
    if spec.preact:
        return N_("Pre-activation ResNet") if spec.widen == 1 else "WRN"
    block = spec.block_type
    if spec.groups > 1 or spec.gate is Gate.HIGHWAY:
        return block.grouped_network if spec.groups > 1 else N_("Highway network")
    wide = spec.widen != 1 or ("group_width" in block.takes and spec.group_width > 64)
    return "Wide ResNet" if wide else block.network


# Weight of each differing field in the distance between networks: what a family's name implies weighs most.
_WEIGHTS = {
    "family": 100,
    "block": 20,
    "stages": 12,
    "groups": 10,
    "widen": 8,
    "stem": 8,
    "order": 11,
    "gate": 9,
    "growth_rate": 6,
    "group_width": 6,
}


def _distance(differences: Mapping[str, Message]) -> int:
    return sum(_WEIGHTS.get(field, 2) for field in differences)


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


def _differences(spec: NetworkSpec, other: NetworkSpec) -> dict[str, Message]:
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
