"""Networks that differ from a given one in a single choice: the shortcut, or the block at equal cost."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import inf

from ..runtime.errors import SpecError
from ..runtime.messages import Message, message, plural
from ..specs.choices import Shortcut, StrideBlock
from ..specs.external import ExternalSpec, Network
from ..specs.limits import LIMITS
from ..specs.registry import BlockType, Family, Order, of_family
from ..specs.spec import NetworkSpec
from ..specs.twins import twin, with_skips
from .records import EqualBlock, Total, Variant
from .tracer import trace

CARDINALITIES = (1, 2, 4, 8, 32)  # Xie et al. 2017, arXiv 1611.05431, table 2


def shortcuts(spec: Network) -> tuple[Variant, ...]:
    """Return the network with every kind of shortcut that it can have, none first."""
    if isinstance(spec, ExternalSpec):
        ways = ((message("none: plain"), twin(spec)), (message("its own skips"), with_skips(spec)))
        return tuple(Variant(name, own, trace(own)) for name, own in ways)
    names = {
        Shortcut.NONE: message("none: plain"),
        Shortcut.PAD: message("A: zero padding"),
        Shortcut.PROJECTION: message("B: projections"),
        Shortcut.PROJECTION_ALL: message("C: projections everywhere"),
        Shortcut.CONCAT: message("concatenation"),
    }
    found = []
    for kind, name in names.items():
        if kind in spec.family_type.shortcuts:
            try:
                other = replace(spec, shortcut=kind)
            except SpecError:  # padding can't reduce channels; compression may leave a twin none
                continue
            found.append(Variant(name, other, trace(other)))
    return tuple(found)


def equal_macs(spec: Network) -> tuple[EqualBlock, ...]:
    """Return networks with other types of block, also with groups, at the MACs of a residual network's own block.

    MACs are those of a block in the first stage that keeps its shape; the number of blocks per stage is unchanged. The
    width is solved for. That of a basic block is the width of the stage; a bottleneck outputs four times the width of
    the stage, and its inner width per group is solved for at each cardinality, as in table 2 of the ResNeXt paper. The
    nearest whole number is used, even if in a very narrow network it is far from equal. Empty for other families.
    """
    if isinstance(spec, ExternalSpec) or spec.family is not Family.RESNET:
        return ()
    goal = steady_block(spec).macs
    ways: list[tuple[Message, Callable[[int], NetworkSpec]]] = []
    for block in of_family(Family.RESNET).values():
        if block.wrong and block.name != spec.block:
            continue
        if spec.order is not Order.ORIGINAL and spec.order not in block.orders:
            continue
        if "group_width" not in block.takes:
            ways.append((message(block.label), partial(_wide, spec, block)))
            continue
        for groups in CARDINALITIES:
            name = message(block.label)
            if groups > 1:
                label = message(block.grouped_label or block.label)
                name = plural("{block}, {n} group", "{block}, {n} groups", groups, block=label)
            ways.append((name, partial(_grouped, spec, block, groups)))
    found = []
    for name, make in ways:
        solved = _nearest(make, goal)
        if solved is not None:
            width = solved.residual_stages[0][1] // solved.groups
            found.append(EqualBlock(name, solved, trace(solved), steady_block(solved), width))
    return tuple(found)


def steady_block(spec: NetworkSpec) -> Total:
    """Return the totals of a first-stage block that keeps its shape, even if the network itself has none."""
    return trace(replace(spec, stages=(2,), dilated=0, stride_block=StrideBlock.FIRST)).blocks[1]


def _wide(spec: NetworkSpec, block: BlockType, width: int) -> NetworkSpec:
    """Blocks without groups, with `width` in the first stage."""
    return replace(spec, block=block.name, groups=1, group_width=64, base_width=width)


def _grouped(spec: NetworkSpec, block: BlockType, groups: int, width: int) -> NetworkSpec:
    """Blocks with `groups` groups, each of `width` in the first stage."""
    planes = int(spec.base_width * spec.widen + 1e-9)
    return replace(spec, block=block.name, groups=groups, group_width=-(-width * 64 // planes))


def _nearest(make: Callable[[int], NetworkSpec], goal: int) -> NetworkSpec | None:
    """The network whose block is nearest to `goal` MACs, which grow with its width; None if no width is valid."""

    def macs(width: int) -> float:
        try:
            return steady_block(make(width)).macs
        except SpecError:  # too wide, whichever field is named
            return inf

    low, high = 1, int(LIMITS["base_width"][1])
    while low < high:  # the first width that reaches the goal
        half = (low + high) // 2
        low, high = (half + 1, high) if macs(half) < goal else (low, half)
    width = min((low, max(low - 1, 1)), key=lambda one: abs(macs(one) - goal))
    try:
        return make(width)
    except SpecError:
        return None
