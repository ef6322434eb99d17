"""A network as a frozen value: `NetworkSpec` validates itself and travels as a query string. No torch here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, cast

from models import checks
from models.checks import LIMITS, SpecError

__all__ = ["LIMITS", "Block", "Family", "Init", "NetworkSpec", "Norm", "Shortcut", "SpecError", "Stem", "StrideIn"]


class Family(StrEnum):
    RESNET = "resnet"  # also plain, pre-activation, wide and ResNeXt: settings of the same family
    DENSENET = "densenet"


class Block(StrEnum):
    BASIC = "basic"
    BOTTLENECK = "bottleneck"
    PREACT_BASIC = "preact_basic"
    PREACT_BOTTLENECK = "preact_bottleneck"
    DENSE = "dense"
    DENSE_BOTTLENECK = "dense_bottleneck"


class Shortcut(StrEnum):
    NONE = "none"
    PAD = "pad"  # option A of He et al. 2015
    PROJECTION = "projection"  # option B
    PROJECTION_ALL = "projection_all"  # option C
    CONCAT = "concat"


class Stem(StrEnum):
    IMAGENET = "imagenet"
    CIFAR = "cifar"


class Norm(StrEnum):
    BATCH = "batch"
    GROUP = "group"
    NONE = "none"


class StrideIn(StrEnum):
    CONV3X3 = "3x3"  # v1.5, torchvision
    CONV1X1 = "1x1"  # v1, He et al. 2015


class Init(StrEnum):
    DEFAULT = "default"  # what PyTorch's layers do by themselves
    KAIMING = "kaiming"
    XAVIER = "xavier"
    ORTHOGONAL = "orthogonal"


BLOCKS: Mapping[Family, tuple[Block, ...]] = MappingProxyType(
    {
        Family.RESNET: (Block.BASIC, Block.BOTTLENECK, Block.PREACT_BASIC, Block.PREACT_BOTTLENECK),
        Family.DENSENET: (Block.DENSE_BOTTLENECK, Block.DENSE),
    }
)
SHORTCUTS: Mapping[Family, tuple[Shortcut, ...]] = MappingProxyType(
    {
        Family.RESNET: (Shortcut.PROJECTION, Shortcut.PAD, Shortcut.PROJECTION_ALL, Shortcut.NONE),
        Family.DENSENET: (Shortcut.CONCAT, Shortcut.NONE),
    }
)
PREACT = frozenset({Block.PREACT_BASIC, Block.PREACT_BOTTLENECK})
BOTTLENECKS = frozenset({Block.BOTTLENECK, Block.PREACT_BOTTLENECK})
EXPANSION = 4  # of a bottleneck: it puts out 4 * planes


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """A convolutional network; the default is ResNet-18.

    Enums may be given as strings. `block` and `shortcut`, left out, follow the family. Fields that a family has no
    use for (growth rate of a residual network, group width of a basic block) are checked and then ignored.
    Raises `SpecError`, at once and without building anything, for a network that can't be.
    """

    family: Family = Family.RESNET
    block: Block = cast("Block", None)  # noqa: RUF009  # None, until __post_init__ knows the family
    stages: tuple[int, ...] = (2, 2, 2, 2)
    shortcut: Shortcut = cast("Shortcut", None)  # noqa: RUF009
    stem: Stem = Stem.IMAGENET
    base_width: int = 64
    widen: float = 1.0
    groups: int = 1
    group_width: int = 64
    growth_rate: int = 32
    compression: float = 0.5
    norm: Norm = Norm.BATCH
    conv_bias: bool = False
    projection_norm: bool = True
    stride_in: StrideIn = StrideIn.CONV3X3
    init: Init = Init.DEFAULT
    zero_init_residual: bool = False
    input_shape: tuple[int, int, int] = (3, 224, 224)
    classes: int = 1_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None:
                value = _BY_FAMILY.get(field.name, {}).get(self.family)
            object.__setattr__(self, field.name, _CHECKS[field.name](field.name, value))
        _check_family(self)
        _check_widths(self)
        _check_resolution(self)

    @property
    def preact(self) -> bool:
        """Whether norm and activation come before each convolution of a residual block (He et al. 2016)."""
        return self.block in PREACT

    @property
    def bottleneck(self) -> bool:
        return self.block in BOTTLENECKS

    @property
    def counts_projections(self) -> bool:
        """Whether the depth is a Wide ResNet's 6N + 4: stem, convolutions of the blocks and three projections."""
        return self.wide_or_preact and self.widen != 1

    @property
    def wide_or_preact(self) -> bool:
        """Whether the network is built as Wide ResNets are; unwidened, it is a pre-activation ResNet too."""
        return self.preact and self.stem is Stem.CIFAR and self.shortcut is Shortcut.PROJECTION

    @property
    def essential(self) -> "NetworkSpec":
        """The same network, with every field that it has no use for at its default."""
        unused = set(_RESNETS if self.family is Family.DENSENET else _DENSENETS)
        if not self.bottleneck:
            unused |= {"group_width", "stride_in"}
        if self.shortcut not in (Shortcut.PROJECTION, Shortcut.PROJECTION_ALL) or self.norm is Norm.NONE:
            unused.add("projection_norm")
        if self.shortcut is Shortcut.NONE:
            unused.add("zero_init_residual")
        return replace(self, **{name: getattr(_DEFAULT, name) for name in unused})

    @property
    def residual_stages(self) -> tuple[tuple[int, int, int], ...]:
        """(blocks, inner width, channels out) of each stage of a residual network.

        Planes double from stage to stage; a bottleneck's inner width is int(planes * group_width / 64) * groups.
        """
        rows = []
        for index, blocks in enumerate(self.stages):
            planes = int(self.base_width * 2**index * self.widen + 1e-9)  # 1.15 * 100 is 115, whatever floats say
            if self.bottleneck:
                rows.append((blocks, planes * self.group_width // 64 * self.groups, EXPANSION * planes))
            else:
                rows.append((blocks, planes, planes))
        return tuple(rows)

    def to_query(self, *, full: bool = False) -> dict[str, str]:
        """Only what differs from the default, as strings: the permalink. `full`: every field."""
        if full:
            return {field.name: _encode(field.name, getattr(self, field.name)) for field in fields(self)}
        plain = NetworkSpec(family=self.family)
        start = {"family": self.family.value} if self.family is not Family.RESNET else {}
        return start | {
            field.name: _encode(field.name, getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != getattr(plain, field.name)
        }

    @staticmethod
    def from_query(query: Mapping[str, object]) -> tuple["NetworkSpec", tuple[str, ...]]:
        """The inverse of `to_query`; never raises. Returns the spec and one message per bad field.

        Every good field is kept; a bad one takes its default (one class becomes two, the least there are).
        Names that are no fields are left to the caller.
        """
        kept: dict[str, Any] = {}
        problems: list[str] = []
        for name in _CHECKS:
            if name in query:
                try:
                    kept[name] = _CHECKS[name](name, _decode(name, query[name]))
                except SpecError as error:
                    problems.append(str(error))
                    if (name, str(query[name])) in OUTDATED:
                        kept[name] = OUTDATED[name, str(query[name])]
        while True:
            try:
                return NetworkSpec(**kept), tuple(problems)
            except SpecError as error:
                problems.append(str(error))
                # blame what was asked for: a default can't stand beside one of the fields that it depends on
                kept.pop(next(name for name in (error.field, *_WIDTHS, *kept) if name in kept))


def _check_family(spec: NetworkSpec) -> None:
    for name, allowed in (("block", BLOCKS), ("shortcut", SHORTCUTS)):
        value = getattr(spec, name)
        if value not in allowed[spec.family]:
            raise SpecError(name, f"must be {checks.either(allowed[spec.family])} for family {spec.family}", value)


def _check_widths(spec: NetworkSpec) -> None:
    if spec.family is Family.DENSENET:
        _check_dense_widths(spec)
        return
    channels, planes = spec.base_width, "widen" if spec.widen != 1 else "base_width"
    for _, width, out in spec.residual_stages:
        _check_channels(spec, planes, out)
        wide = width > LIMITS["layer_channels"][1] and spec.groups > 1
        _check_channels(spec, "groups" if wide else "group_width", width)
        for divided in (width,) if spec.bottleneck else (channels, width):
            if divided % spec.groups:
                raise SpecError("groups", f"must divide the inner width {divided}", spec.groups)
        if spec.shortcut is Shortcut.PAD and out < channels:
            raise SpecError("shortcut", f"can't pad {channels} channels down to {out}: use a projection", spec.shortcut)
        channels = out


def _check_dense_widths(spec: NetworkSpec) -> None:
    channels = spec.base_width
    for stage, layers in enumerate(spec.stages, start=1):
        concat = spec.shortcut is Shortcut.CONCAT
        channels = channels + layers * spec.growth_rate if concat else spec.growth_rate
        _check_channels(spec, "growth_rate", channels)
        if stage < len(spec.stages):
            channels = int(channels * spec.compression + 1e-9)
            _check_channels(spec, "compression", channels)


def _check_channels(spec: NetworkSpec, field: str, channels: int) -> None:
    """Blame a field for a layer that would have no channel or too many."""
    low, high = (int(bound) for bound in LIMITS["layer_channels"])
    if not low <= channels <= high:
        what = f"must give every layer {low} to {high:,} channels, not {channels:,}"
        raise SpecError(field, what, getattr(spec, field))


def _check_resolution(spec: NetworkSpec) -> None:
    """Residual networks stop at one pixel; a transition's 2x2 pooling would leave nothing."""
    if spec.family is not Family.DENSENET:
        return
    smallest = smallest_input(spec)
    if min(spec.input_shape[1:]) < smallest:
        what = f"must be at least {smallest} pixels for {len(spec.stages)} dense stages"
        raise SpecError("input_shape", what, spec.input_shape)


def smallest_input(spec: NetworkSpec) -> int:
    """The least height and width, in pixels, that every layer of the network can take."""
    lowest = int(LIMITS["pixels"][0])
    if spec.family is not Family.DENSENET:
        return lowest
    pixels = 1 << (len(spec.stages) - 1)  # one pixel must be left after the last transition
    # the 7x7/2 convolution and the 3x3/2 pooling each halve and round up: 4n - 3 pixels are enough for n
    return max(lowest, 4 * pixels - 3 if spec.stem is Stem.IMAGENET else pixels)


_CHECKS: Mapping[str, Callable[[str, object], object]] = MappingProxyType(
    {
        "family": checks.enum(Family),
        "block": checks.enum(Block),
        "stages": checks.stages,
        "shortcut": checks.enum(Shortcut),
        "stem": checks.enum(Stem),
        "base_width": checks.whole,
        "widen": checks.real,
        "groups": checks.whole,
        "group_width": checks.whole,
        "growth_rate": checks.whole,
        "compression": checks.real,
        "norm": checks.enum(Norm),
        "conv_bias": checks.boolean,
        "projection_norm": checks.boolean,
        "stride_in": checks.enum(StrideIn),
        "init": checks.enum(Init),
        "zero_init_residual": checks.boolean,
        "input_shape": checks.input_shape,
        "classes": checks.whole,
    }
)
# What links of earlier versions may hold, and what it is read as: one class, until two were the least.
OUTDATED: Mapping[tuple[str, str], object] = MappingProxyType({("classes", "1"): int(LIMITS["classes"][0])})
_BY_FAMILY: Mapping[str, Mapping[Family, StrEnum]] = MappingProxyType(
    {
        "block": {family: blocks[0] for family, blocks in BLOCKS.items()},
        "shortcut": {family: shortcuts[0] for family, shortcuts in SHORTCUTS.items()},
    }
)
_RESNETS = ("widen", "groups", "group_width", "projection_norm", "stride_in", "zero_init_residual")
_DENSENETS = ("growth_rate", "compression")
_WIDTHS = ("base_width", "widen", "groups", "group_width", "growth_rate", "compression", "stages", "shortcut")
_FLAGS = {"true": True, "false": False}


def _encode(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ("x" if name == "input_shape" else "-").join(map(str, value))
    return str(value)


def _decode(name: str, value: object) -> object:
    """The text of one query field as the type its check expects; text that has no such reading stays text."""
    text = str(value)
    default = getattr(_DEFAULT, name)
    try:
        if isinstance(default, bool):
            return _FLAGS.get(text.lower(), text)
        if isinstance(default, tuple):
            return tuple(int(part) for part in text.replace("x", "-").replace(",", "-").split("-"))
        if isinstance(default, int):
            return int(text)
        if isinstance(default, float):
            return float(text)
    except ValueError:
        pass
    return text


_DEFAULT = NetworkSpec()
