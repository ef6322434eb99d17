"""Dense networks: each layer reads the concatenated outputs of all before it. No torch here."""

from types import MappingProxyType
from typing import TYPE_CHECKING

from ...runtime.messages import N_
from ..choices import Shortcut
from ..registry import Family
from .family import LOWEST, Depths, FamilyType, check_channels, check_pixels, sum_of
from .resnet import equal_stages, per_block, stem_depth

if TYPE_CHECKING:
    from ..spec import NetworkSpec

_DENSE = {121: (6, 12, 24, 16), 161: (6, 12, 36, 24), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32), 264: (6, 12, 64, 48)}


def _depth(spec: "NetworkSpec") -> int:
    """Stem, convolutions of the layers, transitions and classifier."""
    return stem_depth(spec) + per_block(spec) * sum(spec.stages) + len(spec.stages)


def _depths(spec: "NetworkSpec") -> Depths:
    """Three equal dense blocks have a depth of 6n+4 (DenseNet-BC) or 3n+4 (DenseNet)."""
    if spec.stem.pools:
        return _DENSE if per_block(spec) == 2 else {}
    return equal_stages(3 * per_block(spec), 4)


def _terms(spec: "NetworkSpec") -> str:
    return f"{stem_depth(spec)} + {per_block(spec)} * {sum_of(spec.stages)} + {len(spec.stages) - 1} + 1"


def _check(spec: "NetworkSpec") -> None:
    channels = spec.base_width
    for stage, layers in enumerate(spec.stages, start=1):
        concat = spec.shortcut is Shortcut.CONCAT
        channels = channels + layers * spec.growth_rate if concat else spec.growth_rate
        check_channels(spec, "growth_rate", channels)
        if stage < len(spec.stages):
            channels = int(channels * spec.compression + 1e-9)
            check_channels(spec, "compression", channels)
    check_pixels(spec, _smallest(spec), N_("must be at least {pixels} pixels for {stages} dense stages"))


def _smallest(spec: "NetworkSpec") -> int:
    """One pixel must be left after the last transition, whose 2x2 pooling rounds down."""
    pixels = 1 << (len(spec.stages) - 1)
    # the 7x7/2 convolution and the 3x3/2 pooling each halve and round up: 4n - 3 pixels are enough for n
    return max(LOWEST, 4 * pixels - 3 if spec.stem.pools else pixels)


DENSENET = FamilyType(
    name=Family.DENSENET,
    label="DenseNet",
    shortcuts=(Shortcut.CONCAT, Shortcut.NONE),
    skips=(Shortcut.CONCAT,),
    uses=frozenset({"stem", "growth_rate", "compression", "dropout"}),
    depth=_depth,
    depths=_depths,
    terms=_terms,
    check=_check,
    smallest=_smallest,
    small=MappingProxyType({"base_width": 24, "growth_rate": 12}),
)
