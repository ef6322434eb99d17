"""Inception-ResNet (arXiv 1602.07261): residual blocks whose branch is several branches side by side. No torch here."""

from types import MappingProxyType
from typing import TYPE_CHECKING

from ...runtime.messages import N_
from ..choices import Shortcut, Stem
from ..registry import Family
from .family import LOWEST, Depths, FamilyType, check_channels, check_pixels, check_stages, sum_of

if TYPE_CHECKING:
    from ..spec import NetworkSpec

_BLOCK = 4  # convolutions on a block's longest branch, with the 1x1 after the concatenation
_REDUCTION = 3  # convolutions on the longest branch of a reduction
_STEM = 8  # five convolutions, and three on the longest branch of the first Inception block
_WIDEST = 65  # channels of the third stage, in units of the base width


def _outside(spec: "NetworkSpec") -> tuple[int, ...]:
    """The layers before, between and after the blocks: stem, reductions, last convolution, classifier."""
    return _STEM if spec.stem.pools else 1, _REDUCTION * (len(spec.stages) - 1), 1, 1


def _depth(spec: "NetworkSpec") -> int:
    """The layers with weights on the longest path."""
    return sum(_outside(spec)) + _BLOCK * sum(spec.stages)


def _depths(spec: "NetworkSpec") -> Depths:
    """n, 2n and n blocks: the first version has n = 5, the second n = 10."""
    if len(spec.stages) < INCEPTION_RESNET.stages[1]:
        return {}
    outside = sum(_outside(spec))
    return {outside + 4 * _BLOCK * n: (n, 2 * n, n) for n in range(1, 21)}


def _terms(spec: "NetworkSpec") -> str:
    stem, *others = _outside(spec)
    return f"{stem} + {_BLOCK} * {sum_of(spec.stages)}" + "".join(f" + {count}" for count in others if count)


def _check(spec: "NetworkSpec") -> None:
    check_stages(spec, INCEPTION_RESNET)
    check_channels(spec, "base_width", _WIDEST * spec.base_width)
    check_pixels(spec, _smallest(spec), N_("must be at least {pixels} pixels for {stages} stages"))


def _smallest(spec: "NetworkSpec") -> int:
    """Reductions have 3x3 windows with a stride of 2 and no padding: one position needs 3, n need 2n + 1."""
    pixels = 1
    for _ in spec.stages[1:]:
        pixels = 2 * pixels + 1
    if spec.stem.pools:
        pixels = 2 * (2 * pixels + 1 + 2) + 1  # pooling, 3x3, 1x1, pooling
        pixels = 2 * (pixels + 2) + 1  # 3x3 with padding, 3x3 without, 3x3 with a stride of 2
    return max(LOWEST, pixels)


INCEPTION_RESNET = FamilyType(
    name=Family.INCEPTION_RESNET,
    label="Inception-ResNet",
    shortcuts=(Shortcut.PAD, Shortcut.NONE),
    skips=(Shortcut.PAD,),
    uses=frozenset({"stem", "skip_scale", "branch_scale"}),
    depth=_depth,
    depths=_depths,
    terms=_terms,
    check=_check,
    smallest=_smallest,
    stages=(1, 3),
    stems=(Stem.IMAGENET, Stem.CIFAR),
    drops=lambda _: False,
    blocks=(10, 20, 10),
    start=MappingProxyType({"base_width": 32}),
    small=MappingProxyType({"base_width": 8}),
)
