"""What a network is called, and how its counts compare with the published ones. No torch here."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from models.depths import depth, other_depth, printed_depth
from models.presets import HE2015, PRESETS, Count
from models.spec import Block, Family, NetworkSpec, Norm, Shortcut, Stem


@dataclass(frozen=True, slots=True)
class Match:
    """How a count compares with a published one."""

    published: str
    agrees: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """What a spec is called: a preset and its source, or the nearest preset and what differs from it."""

    title: str
    detail: str
    preset: str | None
    nearest: str  # the preset itself, or the one it comes nearest to

    @property
    def badge(self) -> str:
        """In one sentence: "ResNet-50 v1.5 as in torchvision", "custom: ResNet-50 with option A shortcuts"."""
        return f"{self.title.replace('Custom ', 'custom: ', 1)} {self.detail}"


_SUFFIX = {"K": 10**3, "M": 10**6, "G": 10**9}


def compare(count: int, published: Count, *, slack: int = 0) -> Match | None:
    """A count beside the published one; None where nothing is published.

    A printed "34.4M" is met within half of its last digit, or within `slack` where that is more: papers disagree on
    whether norm parameters belong in the number they print.
    """
    if published is None:
        return None
    if isinstance(published, int):
        off = count - published
        return Match(f"{published:,}", off == 0, "" if off == 0 else f"{off:+,} beside the published {published:,}")
    number, unit = published[:-1], _SUFFIX[published[-1]]
    half = 10.0 ** -len(number.partition(".")[2]) / 2 * unit
    gap = count - float(number) * unit
    if abs(gap) <= half:
        return Match(published, agrees=True)
    if abs(gap) <= slack:
        return Match(published, agrees=True, reason="within the norm parameters, which papers count or leave out")
    return Match(published, agrees=False, reason=f"{gap:+,.0f} beside the {published} that is printed")


def describe(spec: NetworkSpec) -> Name:
    """The name of a spec in words: a preset's, or "custom" with the nearest preset and every difference."""
    own = spec.essential
    for key, preset in PRESETS.items():
        if preset.spec.essential == own:
            if preset.source != "torchvision":
                return Name(preset.title, f"as in {preset.source}", key, key)
            version = " v1.5" if preset.group == "ResNet" and spec.bottleneck else ""  # the stride sits on the 3x3
            return Name(preset.title + version, "as in torchvision", key, key)
    distances = ((key, _differences(own, preset.spec.essential)) for key, preset in PRESETS.items())
    key, differences = min(distances, key=lambda pair: _distance(pair[1]))
    title, words = PRESETS[key].title, ", ".join(differences.values())
    if set(differences) == {"stride_in"} and PRESETS[key].group == "ResNet":  # the paper's own strides have a name
        return Name(f"{title} v1", f"as in {HE2015}: {words}", None, key)
    if {"family", "block", "stages", "widen"} & set(differences):  # another depth or width: a name of its own
        widened = f"-{spec.widen:g}" if spec.counts_projections else ""
        return Name(f"Custom {kind(spec)}-{depth(spec):,}{widened}", f"{_also(spec)}unlike {title}: {words}", None, key)
    return Name(f"Custom {title}", f"with {words}", None, key)


def _also(spec: NetworkSpec) -> str:
    """Another paper's name for it."""
    printed, other = printed_depth(spec), other_depth(spec)
    if printed is not None:
        return f"called {kind(spec)}-{printed} in the paper, "
    return f"also WRN-{other:,}-1, " if other is not None and not spec.counts_projections else ""


def depth_note(spec: NetworkSpec) -> str:
    """Why a paper has another depth for the very same network; "" where none has."""
    printed, other = printed_depth(spec), other_depth(spec)
    if printed is not None:
        layers = f"1 + 2 * ({' + '.join(map(str, spec.stages))}) + {len(spec.stages) - 1} + 1 = {depth(spec):,}"
        return f"The paper calls it {kind(spec)}-{printed}; by the rule that names its other networks it is {layers}."
    if other is None:
        return ""
    wide, plain = (depth(spec), other) if spec.counts_projections else (other, depth(spec))
    return (
        f"Two papers build this network and count it differently: {wide:,} layers as Wide ResNets count (a projection "
        f"a stage, without the classifier), {plain:,} as pre-activation ResNets do."
    )


def kind(spec: NetworkSpec) -> str:
    """The family's word for a network."""
    if spec.family is Family.DENSENET:
        return "DenseNet"
    if spec.shortcut is Shortcut.NONE:
        return "Plain"
    if spec.preact:
        return "Pre-activation ResNet" if spec.widen == 1 else "WRN"
    if spec.groups > 1:
        return "ResNeXt"
    wide = spec.widen != 1 or (spec.bottleneck and spec.group_width > 64)
    return "Wide ResNet" if wide else "ResNet"


# How much a differing field makes another network of it: what the name of a family promises weighs most.
_WEIGHTS = {
    "family": 100,
    "block": 20,
    "stages": 12,
    "groups": 10,
    "widen": 8,
    "stem": 8,
    "growth_rate": 6,
    "group_width": 6,
}


def _distance(differences: Mapping[str, str]) -> int:
    return sum(_WEIGHTS.get(field, 2) for field in differences)


_SHORTCUT_WORDS = {
    Shortcut.NONE: "no skip connections",
    Shortcut.PAD: "option A shortcuts",
    Shortcut.PROJECTION: "option B shortcuts",
    Shortcut.PROJECTION_ALL: "option C shortcuts",
    Shortcut.CONCAT: "concatenation",
}
_BLOCK_WORDS = {
    Block.BASIC: "basic",
    Block.BOTTLENECK: "bottleneck",
    Block.PREACT_BASIC: "pre-activation basic",
    Block.PREACT_BOTTLENECK: "pre-activation bottleneck",
    Block.DENSE: "dense",
    Block.DENSE_BOTTLENECK: "dense bottleneck",
}
_NORM_WORDS = {Norm.BATCH: "batch norm", Norm.GROUP: "group norm", Norm.NONE: "no norm"}


def _differences(spec: NetworkSpec, other: NetworkSpec) -> dict[str, str]:
    """Field -> words for every field in which a spec differs from another."""
    return {
        field.name: _words(field.name, spec)
        for field in fields(spec)
        if getattr(spec, field.name) != getattr(other, field.name)
    }


def _words(field: str, spec: NetworkSpec) -> str:
    value = getattr(spec, field)
    words = {
        "family": f"family {value}",
        "block": f"{_BLOCK_WORDS[spec.block]} blocks",
        "stages": f"{'-'.join(map(str, spec.stages))} block{'' if spec.stages == (1,) else 's'}",
        "shortcut": _SHORTCUT_WORDS[spec.shortcut],
        "stem": "the 7x7 ImageNet stem" if spec.stem is Stem.IMAGENET else "the 3x3 CIFAR stem",
        "base_width": f"a stem of {spec.base_width} channels" if spec.base_width > 1 else "a stem of 1 channel",
        "widen": f"stages widened {spec.widen:g} times",
        "groups": f"cardinality {spec.groups}",
        "group_width": f"group width {spec.group_width}",
        "growth_rate": f"growth rate {spec.growth_rate}",
        "compression": f"compression {spec.compression:g}",
        "norm": _NORM_WORDS[spec.norm],
        "conv_bias": "convolution biases" if spec.conv_bias else "no convolution biases",
        "projection_norm": "normed projections" if spec.projection_norm else "bare projections",
        "stride_in": f"the stride on the {spec.stride_in.value} convolution",
        "init": f"{spec.init.value} initialisation",
        "zero_init_residual": "branches that start at zero" if spec.zero_init_residual else "branches drawn as usual",
        "input_shape": f"{' x '.join(map(str, spec.input_shape))} input",
        "classes": f"{spec.classes:,} classes",
    }
    return words[field]
