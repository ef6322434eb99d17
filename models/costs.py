"""What a shortcut costs, and blocks of equal cost: networks that differ from one in a single choice."""

from collections.abc import Callable
from dataclasses import replace
from math import inf

from models.measured import EqualBlock, Variant
from models.records import Total
from models.spec import LIMITS, SHORTCUTS, Block, Family, NetworkSpec, Shortcut, SpecError
from models.trace import trace

CARDINALITIES = (1, 2, 4, 8, 32)  # Xie et al. 2017, arXiv 1611.05431, table 2


def shortcuts(spec: NetworkSpec) -> tuple[Variant, ...]:
    """The network with every kind of shortcut that it can have, none first."""
    names = {
        Shortcut.NONE: "none: plain",
        Shortcut.PAD: "A: zero padding",
        Shortcut.PROJECTION: "B: projections",
        Shortcut.PROJECTION_ALL: "C: projections everywhere",
        Shortcut.CONCAT: "concatenation",
    }
    found = []
    for kind, name in names.items():
        if kind in SHORTCUTS[spec.family]:
            try:
                other = replace(spec, shortcut=kind)
            except SpecError:  # channels can't be padded down, or compression leaves a twin none
                continue
            found.append(Variant(name, other, trace(other)))
    return tuple(found)


def equal_macs(spec: NetworkSpec) -> tuple[EqualBlock, ...]:
    """Basic blocks, bottlenecks and ResNeXt's at the MACs of a residual network's own block: the widths are solved for.

    The block is one of the first stage that keeps its shape; every stage keeps its number of them. A basic block's
    width is the stage's own; a bottleneck puts out four times the stage's width, and its inner width per group is
    sought for each cardinality, as in table 2 of the ResNeXt paper. The nearest whole number is taken, however far it
    is from equal in a very narrow network. Empty for a DenseNet.
    """
    if spec.family is not Family.RESNET:
        return ()
    goal = steady_block(spec).macs
    basic, bottleneck = (
        (Block.PREACT_BASIC, Block.PREACT_BOTTLENECK) if spec.preact else (Block.BASIC, Block.BOTTLENECK)
    )
    ways: list[tuple[str, Callable[[int], NetworkSpec]]] = [
        ("basic", lambda width: replace(spec, block=basic, groups=1, group_width=64, base_width=width))
    ]
    for groups in CARDINALITIES:
        name = "bottleneck" if groups == 1 else f"ResNeXt, {groups} groups"
        ways.append((name, lambda width, groups=groups: _grouped(spec, bottleneck, groups, width)))  # type: ignore[misc]
    found = []
    for name, make in ways:
        solved = _nearest(make, goal)
        if solved is not None:
            width = solved.residual_stages[0][1] // solved.groups
            found.append(EqualBlock(name, solved, trace(solved), steady_block(solved), width))
    return tuple(found)


def steady_block(spec: NetworkSpec) -> Total:
    """A block of the first stage that keeps its shape, whether the network has one or not."""
    return next(block for block in trace(replace(spec, stages=(2,))).blocks if block.path == "layer1.1")


def _grouped(spec: NetworkSpec, block: Block, groups: int, width: int) -> NetworkSpec:
    """Bottlenecks of so many groups, each so wide in the first stage."""
    planes = int(spec.base_width * spec.widen + 1e-9)
    return replace(spec, block=block, groups=groups, group_width=-(-width * 64 // planes))


def _nearest(make: Callable[[int], NetworkSpec], goal: int) -> NetworkSpec | None:
    """The network whose block comes nearest to so many MACs; they grow with its width. None where no width can be."""

    def macs(width: int) -> float:
        try:
            return steady_block(make(width)).macs
        except SpecError:  # too wide, whatever it is called
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
