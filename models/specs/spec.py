"""`NetworkSpec`: a network as a frozen value that validates itself and converts to a query string. No torch here."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

from ..runtime.errors import SpecError
from ..runtime.fields import Fields, choice, flag, number, ruled, whole
from ..runtime.messages import N_
from ..runtime.rules import Choice, Key, Whole, Wholes
from .checks import check
from .choices import Gate, Init, Norm, Shortcut, Stem, StrideBlock, StrideIn
from .families.family import SHARED, FamilyType
from .families.registered import FAMILIES
from .limits import LIMITS
from .registry import BLOCKS, BlockType, Family, Order, of_family


def _within(limit: str, expected: str) -> Whole:
    low, high = LIMITS[limit]
    return Whole(int(low), int(high), expected)


def _stages(name: str, value: object) -> tuple[int, ...]:
    low, high = (int(bound) for bound in LIMITS["stages"])
    if not isinstance(value, tuple | list) or not low <= len(value) <= high:
        raise SpecError(name, "must be a list of {low} to {high} whole numbers", value, low=low, high=high)
    most = int(LIMITS["blocks"][1])
    counts = tuple(
        _within("blocks", N_("must be whole numbers of blocks from {low:,} to {high:,}")).check(name, count)
        for count in value
    )
    if sum(counts) > most:
        raise SpecError(name, "must be at most {most:,} blocks in all", value, most=most)
    return counts


def image_shape(name: str, value: object) -> tuple[int, int, int]:
    """Return the shape of an image, (C, H, W). Raises `SpecError` for any other value."""
    if not isinstance(value, tuple | list) or len(value) != 3:
        raise SpecError(name, "must be three whole numbers: channels, height, width", value)
    pixels = _within("pixels", N_("must have a height and width of {low:,} to {high:,} pixels"))
    channels = _within("channels", N_("must have {low:,} to {high:,} channels")).check(name, value[0])
    return channels, pixels.check(name, value[1]), pixels.check(name, value[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec(Fields):
    """Specification of a convolutional network; the default is ResNet-18.

    Enums may be given as strings. `block`, `stages` and `shortcut`, if None, take the family's default. Fields that
    the network does not use (growth rate of a residual network, group width of a basic block) are validated and then
    ignored. Raises `SpecError` for an invalid network, without building anything.
    """

    suspects: ClassVar[tuple[str, ...]] = (
        "base_width", "widen", "groups", "group_width", "growth_rate", "compression", "stages", "shortcut", "order",
        "dilated", "gate",
    )  # fmt: skip

    family: Family = choice(Family.RESNET)
    block: str = ruled(None, Key(BLOCKS))
    stages: tuple[int, ...] = ruled(None, Wholes("-", _stages))
    shortcut: Shortcut = ruled(None, Choice(Shortcut))
    order: Order = choice(Order.ORIGINAL)
    stem: Stem = choice(Stem.IMAGENET)
    stem_norm: bool = flag()
    base_width: int = whole(64, *LIMITS["base_width"])
    widen: float = number(1.0, *LIMITS["widen"])
    groups: int = whole(1, *LIMITS["groups"])
    group_width: int = whole(64, *LIMITS["group_width"])
    expansion: int = whole(4, *LIMITS["expansion"])
    growth_rate: int = whole(32, *LIMITS["growth_rate"])
    compression: float = number(0.5, *LIMITS["compression"])
    hidden: int = whole(4_096, *LIMITS["hidden"])
    norm: Norm = choice(Norm.BATCH)
    conv_bias: bool = flag()
    projection_norm: bool = flag(default=True)
    projection_pool: bool = flag()
    raw_projection: bool = flag()
    stride_in: StrideIn = choice(StrideIn.CONV3X3)
    stride_block: StrideBlock = choice(StrideBlock.FIRST)
    dilated: int = whole(0, *LIMITS["dilated"])
    skip_scale: float = number(1.0, *LIMITS["skip_scale"])
    branch_scale: float = number(1.0, *LIMITS["branch_scale"])
    learned_scale: bool = flag()
    gate: Gate = choice(Gate.NONE)
    dropout: float = number(0.0, *LIMITS["dropout"])
    drop_path: float = number(0.0, *LIMITS["drop_path"])
    init: Init = choice(Init.DEFAULT)
    zero_init_residual: bool = flag()
    input_shape: tuple[int, int, int] = ruled((3, 224, 224), Wholes("x", image_shape))
    classes: int = whole(1_000, *LIMITS["classes"])

    def __post_init__(self) -> None:
        if self.block in _PREACT_BLOCKS:
            object.__setattr__(self, "order", Order.PREACT)
            object.__setattr__(self, "block", _PREACT_BLOCKS[self.block])
        if None in (self.block, self.shortcut, self.stages):
            family = FAMILIES[Choice(Family).check("family", self.family)]
            block = next(iter(of_family(family.name)))
            for name, value in (("block", block), ("shortcut", family.shortcuts[0]), ("stages", family.blocks)):
                if getattr(self, name) is None:
                    object.__setattr__(self, name, value)
        Fields.__post_init__(self)
        check(self)

    @property
    def family_type(self) -> FamilyType:
        """The registry entry of the family."""
        return FAMILIES[self.family]

    @property
    def block_type(self) -> BlockType:
        """The registry entry of the block."""
        return BLOCKS[self.block]

    @property
    def preact(self) -> bool:
        """Whether norm and activation come before each convolution of a residual block (He et al. 2016)."""
        return "order" in self.family_type.uses and self.order is Order.PREACT

    @property
    def plain(self) -> bool:
        """Whether it has no skip connections."""
        return self.shortcut is Shortcut.NONE

    @property
    def projects(self) -> bool:
        """Whether skip connections that change the shape have weights."""
        return self.shortcut in (Shortcut.PROJECTION, Shortcut.PROJECTION_ALL)

    @property
    def drops(self) -> bool:
        """Whether it has a place for dropout: dense and pre-activation (so also wide) blocks, VGG's classifier."""
        return self.family_type.drops(self)

    @property
    def has_forms(self) -> bool:
        """Whether its blocks have three equal forms (arXiv 1611.05431, figure 3): bottlenecks with groups."""
        return self.block_type.forms and self.groups > 1 and self.order is Order.ORIGINAL

    @property
    def draws(self) -> bool:
        """Whether anything is left out at random in training."""
        own = self.essential
        return bool(own.dropout or own.drop_path)

    @property
    def silenced(self) -> tuple[str, ...]:
        """Layers of a block whose weight `zero_init_residual` sets to zero; none: it has no effect."""
        none = "zero_init_residual" not in self.family_type.uses or self.shortcut is Shortcut.NONE
        return () if none else self.block_type.arranged(self.order).silenced

    @property
    def counts_projections(self) -> bool:
        """Whether the depth is a Wide ResNet's 6N + 4, of stem, convolutions of the blocks and three projections."""
        return self.wide_or_preact and self.widen != 1

    @property
    def wide_or_preact(self) -> bool:
        """Whether the network is built like a Wide ResNet; if it is not widened, it is also a pre-activation ResNet."""
        return self.preact and self.stem is Stem.CIFAR and self.shortcut is Shortcut.PROJECTION

    @property
    def essential(self) -> "NetworkSpec":
        """The same network with every unused field at its default."""
        unused = {field.name for field in fields(self)} - SHARED - self.family_type.uses
        unused |= {"groups", "group_width", "stride_in", "expansion"} - self.block_type.takes
        if not self.projects:
            unused |= {"projection_norm", "projection_pool", "raw_projection"}
        if self.norm is Norm.NONE:
            unused.add("projection_norm")
        if self.order not in (Order.RELU_PREACT, Order.PREACT):
            unused |= {"stem_norm", "raw_projection"}
        if self.shortcut is Shortcut.NONE:
            unused |= {"skip_scale", "branch_scale", "learned_scale", "gate", "drop_path"}
        if not self.drops:
            unused.add("dropout")
        if self.learned_scale:
            unused.add("branch_scale")
        if not self.silenced:
            unused.add("zero_init_residual")
        return replace(self, **{name: getattr(_DEFAULT, name) for name in unused})

    @property
    def residual_stages(self) -> tuple[tuple[int, int, int], ...]:
        """(blocks, inner width, output channels) of each stage of a residual network.

        The planes double from stage to stage. The inner width of blocks that take a group width, such as bottlenecks,
        is int(planes * group_width / 64) * groups; that of other blocks is the planes.
        """
        block, rows = self.block_type, []
        for index, blocks in enumerate(self.stages):
            planes = int(self.base_width * 2**index * self.widen + 1e-9)  # 1.15 * 100 must give 115 in floats too
            grouped = "group_width" in block.takes
            width = planes * self.group_width // 64 * self.groups if grouped else planes
            expansion = self.expansion if "expansion" in block.takes else block.expansion
            rows.append((blocks, width, expansion * planes))
        return tuple(rows)

    def to_query(self, *, full: bool = False, prefix: str = "", default: Self | None = None) -> dict[str, str]:
        """Return the fields that differ from the family's default, as strings: the permalink. `full`: every field."""
        found = Fields.to_query(self, full=True, prefix=prefix)
        if full:
            return found
        plain = Fields.to_query(default or NetworkSpec(family=self.family), full=True, prefix=prefix)
        start = {} if self.family is Family.RESNET else {f"{prefix}family": self.family.value}
        return start | {name: value for name, value in found.items() if value != plain[name]}

    @classmethod
    def renewed(cls, query: Mapping[str, object], prefix: str) -> Mapping[str, object]:
        """Return the query with the names of this version."""
        block = _PREACT_BLOCKS.get(str(query.get(f"{prefix}block")))
        return query if block is None else {**query, f"{prefix}block": block, f"{prefix}order": Order.PREACT.value}

    @classmethod
    def outdated(cls, name: str, text: str) -> dict[str, Any]:
        """Earlier versions allowed a single class; it is read as the lowest number allowed now."""
        return {name: int(LIMITS["classes"][0])} if (name, text) == ("classes", "1") else {}


# Earlier versions had names of their own for the blocks with full pre-activation; they still stand in links and code.
_PREACT_BLOCKS = {"preact_basic": "basic", "preact_bottleneck": "bottleneck"}
_DEFAULT = NetworkSpec()
