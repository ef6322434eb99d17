"""Registry of the block types that networks can be built from. No torch here.

To add one, write its class and register an entry. Specs, links, menus, depth, initialisation, tables and the
exported code read the entry; nothing else lists the blocks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import Any

from ..runtime.messages import N_


class Family(StrEnum):
    RESNET = "resnet"  # also plain, pre-activation, wide and ResNeXt: settings of the same family
    DENSENET = "densenet"
    VGG = "vgg"
    INCEPTION_RESNET = "inception_resnet"


class Order(StrEnum):
    """Where norm and activation stand in a residual block (He et al. 2016, arXiv 1603.05027, figure 4)."""

    ORIGINAL = "original"
    NORM_AFTER = "norm_after"
    RELU_BEFORE = "relu_before"
    RELU_PREACT = "relu_preact"
    PREACT = "preact"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The class of a block in one order, and what `BlockType` says of `silenced`."""

    made_by: Callable[..., Any] | str
    silenced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockType:
    """What Skipscope needs to know of a block besides its class.

    The class of a residual block is called with `(in_channels, width, out_channels, stride)` and the keywords `conv`,
    `norm` and `shortcut`, which create its parts. It also gets `groups`, and `stride_first` for `stride_in`, if it
    `takes` them and they differ from the default. The class of a dense layer is called with `(in_channels, growth)` and
    the keywords `conv`, `norm` and `join`. For those of VGG and Inception-ResNet see `networks.arguments`.
    """

    name: str  # in specs and links
    label: str  # in sentences: "basic" blocks
    grouped_label: str = ""  # with groups, if it then has another name
    made_by: Callable[..., Any] | str  # the class, or its location: "networks.blocks:BasicBlock"
    # Names, within the block, of the layers that count towards the network's depth. Empty where blocks branch or
    # differ: then the layers with weights on the longest path count.
    counted: tuple[str, ...] = ()
    # Names of the layers whose weight zero_init_residual may set to zero: the first that has a weight is used (a norm
    # may be an identity). None: the block can't start at zero.
    silenced: tuple[str, ...] = ()
    orders: Mapping[Order, Arrangement] = field(default_factory=dict, hash=False)  # other orders than the original
    family: Family = Family.RESNET
    forms: bool = False  # whether it has ResNeXt's three equal forms, with groups: see `networks.resnext_forms`
    wrong: bool = False  # a slip, to learn from: not offered as an alternative
    runs: bool = True  # whether the shapes of its skip and branch fit
    network: str = "ResNet"  # what a network of these blocks is called
    grouped_network: str = "ResNeXt"  # and with groups
    parts: str = ""  # its convolutions, for menus: "1×1, 3×3, 1×1"
    expansion: int = 1  # output channels divided by planes, unless it takes the spec's `expansion`
    # which of the fields `groups`, `group_width`, `stride_in` and `expansion` it uses
    takes: frozenset[str] = frozenset({"groups"})

    def arranged(self, order: Order) -> Arrangement:
        """Return the block's class in an order. Raises `KeyError` if it has none."""
        return Arrangement(self.made_by, self.silenced) if order is Order.ORIGINAL else self.orders[order]


BLOCKS: dict[str, BlockType] = {}


def register(block: BlockType) -> BlockType:
    """Register a block type. Raises `ValueError` if another one has the same name."""
    if block.name in BLOCKS and BLOCKS[block.name] != block:
        raise ValueError(f"block: there is one called {block.name!r} already")
    BLOCKS[block.name] = block
    return block


def load_extensions(names: str) -> None:
    """Import the modules in a comma-separated list of names; each registers what it adds when imported."""
    for name in names.split(","):
        if name.strip():
            import_module(name.strip())


def of_family(family: Family) -> dict[str, BlockType]:
    """Return the block types of a family, its default first."""
    return {name: block for name, block in BLOCKS.items() if block.family is family}


_BOTTLENECK = frozenset({"groups", "group_width", "stride_in", "expansion"})


def _orders(shape: str, last: int) -> dict[Order, Arrangement]:
    """The other orders of a block. What `zero_init_residual` silences is the last layer of the branch.

    Before an activation, a norm at zero would never get a gradient, so a branch that ends with one can't be silenced.
    """
    norm, conv = f"bn{last}", f"conv{last}"
    return {
        Order.NORM_AFTER: Arrangement(f"networks.orders:{shape}NormAfter", (conv,)),
        Order.RELU_BEFORE: Arrangement(f"networks.orders:{shape}ReluBefore"),
        Order.RELU_PREACT: Arrangement(f"networks.orders:{shape}ReluPreAct", (norm, conv)),
        Order.PREACT: Arrangement(f"networks.orders:{shape}PreAct", (conv,)),
    }


register(
    BlockType(
        name="basic",
        label=N_("basic"),
        parts="3×3, 3×3",
        made_by="networks.blocks:BasicBlock",
        counted=("conv1", "conv2"),
        silenced=("bn2", "conv2"),
        orders=_orders("Basic", 2),
    )
)
register(
    BlockType(
        name="bottleneck",
        label=N_("bottleneck"),
        grouped_label="ResNeXt",
        parts="1×1, 3×3, 1×1",
        made_by="networks.blocks:Bottleneck",
        counted=("conv1", "conv2", "conv3"),
        silenced=("bn3", "conv3"),
        orders=_orders("Bottleneck", 3),
        forms=True,
        expansion=4,
        takes=_BOTTLENECK,
    )
)
register(
    BlockType(
        name="se_basic",
        label=N_("squeeze-and-excitation basic"),
        parts="3×3, 3×3, SE",
        network="SE-ResNet",
        made_by="networks.se_blocks:SEBasicBlock",
        counted=("conv1", "conv2"),
        silenced=("bn2", "conv2"),
    )
)
register(
    BlockType(
        name="se_bottleneck",
        label=N_("squeeze-and-excitation bottleneck"),
        grouped_label="SE-ResNeXt",
        parts="1×1, 3×3, 1×1, SE",
        network="SE-ResNet",
        grouped_network="SE-ResNeXt",
        made_by="networks.se_blocks:SEBottleneck",
        counted=("conv1", "conv2", "conv3"),
        silenced=("bn3", "conv3"),
        expansion=4,
        takes=_BOTTLENECK,
    )
)
register(
    BlockType(
        name="wrong_projection",
        label=N_("wrong (branch projected)"),
        made_by="networks.wrong_blocks:BranchProjected",
        counted=("conv1", "conv2"),
        silenced=("bn2", "conv2"),
        wrong=True,
    )
)
register(
    BlockType(
        name="wrong_no_relu",
        label=N_("wrong (no last ReLU)"),
        made_by="networks.wrong_blocks:NoReluAfter",
        counted=("conv1", "conv2"),
        silenced=("bn2", "conv2"),
        wrong=True,
    )
)
register(
    BlockType(
        name="wrong_stride",
        label=N_("wrong (no shortcut stride)"),
        made_by="networks.wrong_blocks:StrideForgotten",
        counted=("conv1", "conv2"),
        wrong=True,
        runs=False,
    )
)
register(
    BlockType(
        name="dense_bottleneck",
        label=N_("dense bottleneck"),
        parts="1×1, 3×3",
        made_by="networks.dense_blocks:DenseBottleneck",
        counted=("conv1", "conv2"),
        family=Family.DENSENET,
        takes=frozenset(),
    )
)
register(
    BlockType(
        name="dense",
        label=N_("dense"),
        parts="3×3",
        made_by="networks.dense_blocks:DenseLayer",
        counted=("conv1",),
        family=Family.DENSENET,
        takes=frozenset(),
    )
)
register(
    BlockType(
        name="vgg",
        label=N_("VGG"),
        parts="3×3, 3×3 ..., pool",
        made_by="networks.vgg:VGGBlock",
        family=Family.VGG,
        takes=frozenset(),
    )
)
register(
    BlockType(
        name="inception",
        label=N_("Inception"),
        parts=N_("2 or 3 branches, 1×1"),
        made_by="networks.inception_resnet:InceptionBlock",
        family=Family.INCEPTION_RESNET,
        takes=frozenset(),
    )
)
