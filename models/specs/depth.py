"""The depths of a family's known networks, and the blocks per stage of each. No torch here."""

from collections.abc import Mapping

from .choices import Stem
from .external import Network
from .families.resnet import main_path, wide
from .registry import Family
from .spec import NetworkSpec


def depths(spec: NetworkSpec) -> Mapping[int, tuple[int, ...]]:
    """Return depth -> blocks per stage for networks that differ from `spec` only in depth; empty if none are known."""
    return spec.family_type.depths(spec)


def known_depth(spec: NetworkSpec) -> int | None:
    """Return the known depth of a network with these stages; None for custom stages."""
    return next((depth for depth, stages in depths(spec).items() if stages == spec.stages), None)


def depth(spec: NetworkSpec) -> int:
    """Return the number of layers by the family's counting rule, for custom stages too."""
    return spec.family_type.depth(spec)


def other_depth(spec: Network) -> int | None:
    """Return the depth by the other paper's rule, for networks that two papers build alike but count differently.

    A pre-activation CIFAR network with option B shortcuts has 6N + 4 layers as a Wide ResNet (Zagoruyko & Komodakis)
    and 6N + 2 by the rule of He et al. None for all other networks.
    """
    if not isinstance(spec, NetworkSpec) or not spec.wide_or_preact:
        return None
    return main_path(spec) if spec.counts_projections else wide(spec)


def printed_depth(spec: Network) -> int | None:
    """Return the depth in the network's name in the paper, if it differs from the number of layers; otherwise None."""
    if not isinstance(spec, NetworkSpec):
        return None
    known = known_depth(spec)
    named = spec.family is Family.DENSENET or spec.stem is Stem.DEEP
    return known if named and known != depth(spec) else None
