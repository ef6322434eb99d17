"""Residual networks: also plain, pre-activation, wide and ResNeXt, which are settings of this family. No torch here."""

from types import MappingProxyType
from typing import TYPE_CHECKING

from ...runtime.errors import SpecError
from ...runtime.messages import message
from ...runtime.rules import either
from ..choices import Gate, Shortcut, Stem, StrideBlock
from ..limits import LIMITS
from ..registry import Family, Order
from .family import Depths, FamilyType, check_channels, sum_of

if TYPE_CHECKING:
    from ..spec import NetworkSpec

_BASIC = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
_BOTTLENECK = {26: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}
_EQUAL_STAGES = 3
_MOST_PER_STAGE = 200  # ResNet-1202


def stem_depth(spec: "NetworkSpec") -> int:
    """Return the number of convolutions in the stem."""
    return 3 if spec.stem is Stem.DEEP else 1


def main_path(spec: "NetworkSpec") -> int:
    """Return the number of layers of stem, convolutions of the blocks, and classifier."""
    return stem_depth(spec) + per_block(spec) * sum(spec.stages) + 1


def wide(spec: "NetworkSpec") -> int:
    """Return 6N + 4 for any width: stem, convolutions of the blocks, a projection per stage, without the classifier."""
    return stem_depth(spec) + per_block(spec) * sum(spec.stages) + len(spec.stages)


def per_block(spec: "NetworkSpec") -> int:
    return len(spec.block_type.counted)


def equal_stages(per_stage: int, outside: int) -> Depths:
    """Return the depths of three stages of n blocks: `per_stage` layers for each n, and `outside` more."""
    return {per_stage * n + outside: (n,) * _EQUAL_STAGES for n in range(1, _MOST_PER_STAGE + 1)}


def _depth(spec: "NetworkSpec") -> int:
    if not spec.counts_projections:
        return main_path(spec)
    channels = [spec.base_width, *(out for _, _, out in spec.residual_stages)]
    return wide(spec) - (channels[0] == channels[1])  # if equal, the first stage has no projection to count


def _depths(spec: "NetworkSpec") -> Depths:
    """Three equal stages have a depth of 6n+2 (He 2015), 9n+2 with bottlenecks, or 6n+4 (Wide ResNet)."""
    if spec.stem.pools:
        return {2: _BASIC, 3: _BOTTLENECK}.get(per_block(spec), {})
    return equal_stages(_EQUAL_STAGES * per_block(spec), 4 if spec.counts_projections else 2)


def _terms(spec: "NetworkSpec") -> str:
    return f"{stem_depth(spec)} + {per_block(spec)} * {sum_of(spec.stages)} + 1"


def _check(spec: "NetworkSpec") -> None:
    _check_widths(spec)
    _check_order(spec)
    _check_strides(spec)
    _check_join(spec)


def _check_order(spec: "NetworkSpec") -> None:
    block = spec.block_type
    if spec.order is not Order.ORIGINAL and spec.order not in block.orders:
        allowed = either((Order.ORIGINAL, *block.orders))
        raise SpecError(
            "order", "{expected} for {block} blocks", spec.order, expected=allowed, block=message(block.label)
        )


def _check_strides(spec: "NetworkSpec") -> None:
    if spec.dilated >= len(spec.stages):
        raise SpecError(
            "dilated", "must be less than {stages}, the number of stages", spec.dilated, stages=len(spec.stages)
        )
    if spec.dilated and spec.stride_block is StrideBlock.LAST:
        raise SpecError("dilated", "must be 0 if the last block of a stage has the stride", spec.dilated)


def _check_join(spec: "NetworkSpec") -> None:
    if spec.gate is not Gate.NONE and (spec.skip_scale != 1 or spec.branch_scale != 1 or spec.learned_scale):
        raise SpecError("gate", "must be none if the skip or the branch is scaled", spec.gate)
    if spec.gate is not Gate.NONE and spec.drop_path:
        raise SpecError("gate", "must be none with stochastic depth", spec.gate)


def _check_widths(spec: "NetworkSpec") -> None:
    channels, planes = spec.base_width, "widen" if spec.widen != 1 else "base_width"
    for _, width, out in spec.residual_stages:
        check_channels(spec, planes, out)
        many = width > LIMITS["layer_channels"][1] and spec.groups > 1
        check_channels(spec, "groups" if many else "group_width", width)
        if spec.groups > 1 and "groups" not in spec.block_type.takes:
            raise SpecError("groups", "must be 1 for {block} blocks", spec.groups, block=message(spec.block_type.label))
        for divided in (width,) if "group_width" in spec.block_type.takes else (channels, width):
            if divided % spec.groups:
                raise SpecError("groups", "must divide the inner width {width}", spec.groups, width=divided)
        if spec.shortcut is Shortcut.PAD and out < channels:
            raise SpecError(
                "shortcut",
                "can't pad {channels} channels to {fewer}, which needs a projection",
                spec.shortcut,
                channels=channels,
                fewer=out,
            )
        channels = out


RESNET = FamilyType(
    name=Family.RESNET,
    label="ResNet",
    shortcuts=(Shortcut.PROJECTION, Shortcut.PAD, Shortcut.PROJECTION_ALL, Shortcut.NONE),
    skips=(Shortcut.PAD, Shortcut.PROJECTION),
    uses=frozenset(
        {
            "order", "stem", "stem_norm", "widen", "groups", "group_width", "expansion", "projection_norm",
            "projection_pool", "raw_projection", "stride_in", "stride_block", "dilated", "skip_scale", "branch_scale",
            "learned_scale", "gate", "dropout", "drop_path", "zero_init_residual",
        }
    ),
    depth=_depth,
    depths=_depths,
    terms=_terms,
    check=_check,
    drops=lambda spec: spec.preact,
    small=MappingProxyType({"base_width": 16}),
)  # fmt: skip
