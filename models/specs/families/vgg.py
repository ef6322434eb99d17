"""VGG (arXiv 1409.1556): stages of 3x3 convolutions, each followed by a 2x2 pooling. No torch here."""

from types import MappingProxyType
from typing import TYPE_CHECKING

from ...runtime.messages import N_
from ..choices import Shortcut
from ..registry import Family
from .family import LOWEST, Depths, FamilyType, check_channels, check_pixels, check_stages, sum_of

if TYPE_CHECKING:
    from ..spec import NetworkSpec

_CONVOLUTIONS = (1, 1, 2, 2, 2), (2, 2, 2, 2, 2), (2, 2, 3, 3, 3), (2, 2, 4, 4, 4)  # A, B, D and E of table 1
_LINEAR = 3  # layers of a classifier with hidden layers


def widths(spec: "NetworkSpec") -> tuple[int, ...]:
    """Return the channels of each stage: twice those of the stage before, up to the fourth."""
    return tuple(spec.base_width * 2 ** min(stage, 3) for stage in range(len(spec.stages)))


def _outside(spec: "NetworkSpec") -> int:
    return _LINEAR if spec.hidden else 1


def _depth(spec: "NetworkSpec") -> int:
    return sum(spec.stages) + _outside(spec)


def _depths(spec: "NetworkSpec") -> Depths:
    return {sum(stages) + _outside(spec): stages for stages in _CONVOLUTIONS}


def _terms(spec: "NetworkSpec") -> str:
    return f"{sum_of(spec.stages)} + {_outside(spec)}"


def _check(spec: "NetworkSpec") -> None:
    check_stages(spec, VGG)
    for channels in widths(spec):
        check_channels(spec, "base_width", channels)
    check_pixels(spec, _smallest(spec), N_("must be at least {pixels} pixels for {stages} stages"))


def _smallest(spec: "NetworkSpec") -> int:
    """Each stage halves height and width and rounds down; one pixel must be left."""
    return max(LOWEST, 1 << len(spec.stages))


VGG = FamilyType(
    name=Family.VGG,
    label="VGG",
    shortcuts=(Shortcut.NONE, Shortcut.PAD),
    skips=(Shortcut.PAD,),
    uses=frozenset({"hidden", "dropout", "skip_scale", "branch_scale"}),
    depth=_depth,
    depths=_depths,
    terms=_terms,
    check=_check,
    smallest=_smallest,
    drops=lambda spec: spec.hidden > 0,
    blocks=(2, 2, 3, 3, 3),
    start=MappingProxyType({"dropout": 0.5}),
    small=MappingProxyType({"base_width": 16, "hidden": 0}),
)
