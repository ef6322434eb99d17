"""The name of a network, and how its counts compare with the published ones. No torch here."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from ..runtime.messages import N_, Message, message
from .choices import Gate, Shortcut
from .depth import depth, other_depth, printed_depth
from .difference_words import differences as differences_of
from .external import ExternalSpec, Network, Start
from .libraries import torchvision_networks
from .own import OWN
from .preset import HE2015, Count
from .presets import PRESETS
from .registry import Family
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
    nearest: str  # the preset itself, or the nearest one; "" for a library's network
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
def describe(spec: Network) -> Name:
    """Return the name of a spec: a preset's, or "Custom" with the nearest preset and every difference from it.

    A library's network has the library's name for it, and its version.
    """
    if isinstance(spec, ExternalSpec):
        return _external(spec)
    own = spec.essential
    for key, preset in PRESETS.items():
        if _essentials()[key] == own:
            # the stride is in the 3x3 convolution
            v15 = preset.torchvision and preset.group == "ResNet" and "stride_in" in spec.block_type.takes
            title = message("{network} v1.5", network=preset.title) if v15 else message(preset.title)
            return Name(title, message("as in {source}", source=preset.source), key, key)
    right = (key for key, preset in PRESETS.items() if not preset.spec.block_type.wrong or spec.block_type.wrong)
    distances = ((key, differences_of(own, _essentials()[key])) for key in right)
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


def _external(spec: ExternalSpec) -> Name:
    library = spec.library
    known = torchvision_networks().get(spec.name) if library.name == "torchvision" else None
    title = message(known.title if known else spec.name)
    if spec.plain:
        title = message("{network} without skips", network=title)
    elif spec.skip_scale != 1:
        title = message("{network}, skips times {factor:g}", network=title, factor=spec.skip_scale)
    plain = ExternalSpec.of(spec.network)
    words = [message("{library} {version}", library=library.name, version=library.version)]
    if library.name == "own":
        words = [message("from {file}", file=OWN[spec.name].file.name)]
    if spec.input_shape != plain.input_shape:
        words.append(message("{shape} input", shape=" x ".join(map(str, spec.input_shape))))
    if spec.classes != plain.classes:
        words.append(message("{n:,} classes", n=spec.classes))
    if spec.init is Start.NONZERO:
        words.append(message("no layer that starts at zero"))
    return Name(title, _listed(tuple(words)), None, "")


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


def depth_note(spec: Network) -> Message | None:
    """Return why a paper states another depth for this network; None if none does."""
    if isinstance(spec, ExternalSpec):
        return None
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


def kind(spec: Network) -> str:
    """Return the name of the kind of network, e.g. "ResNeXt" or "WRN"; of a library's network the library's name."""
    if isinstance(spec, ExternalSpec):
        return spec.library.name
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


def short(spec: Network) -> Message:
    """Return a name without differences: kind and depth ("ResNet-20") or, of a library's network, its title."""
    if isinstance(spec, ExternalSpec):
        return describe(spec).title
    return message("{family}-{number}", family=message(kind(spec)), number=depth(spec))


def _distance(differences: Mapping[str, Message]) -> int:
    return sum(_WEIGHTS.get(field, 2) for field in differences)
