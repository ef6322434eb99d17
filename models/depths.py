"""The depths that a family is known by, and the blocks per stage behind each. No torch here."""

from collections.abc import Mapping

from models.spec import Block, Family, NetworkSpec, Stem

_BASIC = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
_BOTTLENECK = {26: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}
_DENSE = {121: (6, 12, 24, 16), 161: (6, 12, 36, 24), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32), 264: (6, 12, 64, 48)}
_EQUAL_STAGES = 3
_MOST_PER_STAGE = 200  # ResNet-1202


def depths(spec: NetworkSpec) -> Mapping[int, tuple[int, ...]]:
    """Depth -> blocks per stage, for networks that differ from `spec` in depth alone; empty where none are known.

    On CIFAR the papers make three stages of n blocks: 6n+2 (He 2015), 9n+2 with bottlenecks, 6n+4 (Wide ResNet;
    DenseNet-BC), 3n+4 (DenseNet).
    """
    if spec.stem is Stem.IMAGENET:
        if spec.family is Family.DENSENET:
            return _DENSE if spec.block is Block.DENSE_BOTTLENECK else {}
        return _BOTTLENECK if spec.bottleneck else _BASIC
    per_block = _per_block(spec)
    outside = 4 if spec.counts_projections or spec.family is Family.DENSENET else 2
    return {_EQUAL_STAGES * per_block * n + outside: (n,) * _EQUAL_STAGES for n in range(1, _MOST_PER_STAGE + 1)}


def known_depth(spec: NetworkSpec) -> int | None:
    """The depth that the family gives the network's stages; None for stages of one's own."""
    return next((depth for depth, stages in depths(spec).items() if stages == spec.stages), None)


def depth(spec: NetworkSpec) -> int:
    """What the layers of the network come to by its family's count, stages of one's own too."""
    if not spec.counts_projections:
        return _main_path(spec)
    channels = [spec.base_width, *(out for _, _, out in spec.residual_stages)]
    return _wide(spec) - (channels[0] == channels[1])  # then the first stage has no projection to count


def other_depth(spec: NetworkSpec) -> int | None:
    """The depth by the other paper's count, for networks that two papers build alike and count differently.

    A pre-activation network for CIFAR with option B is a Wide ResNet, of 6N + 4 layers, to Zagoruyko & Komodakis, and
    of 6N + 2 to He et al.; None for all others.
    """
    if not spec.wide_or_preact:
        return None
    return _main_path(spec) if spec.counts_projections else _wide(spec)


def printed_depth(spec: NetworkSpec) -> int | None:
    """The depth in the name that the family's paper gives the network, where its layers come to another one."""
    known = known_depth(spec)
    return known if spec.family is Family.DENSENET and known != depth(spec) else None


def _wide(spec: NetworkSpec) -> int:
    """6N + 4, whatever the width: stem, convolutions of the blocks and a projection a stage, without the classifier."""
    return 1 + _per_block(spec) * sum(spec.stages) + len(spec.stages)


def _main_path(spec: NetworkSpec) -> int:
    """Stem, convolutions of the blocks, transitions and classifier."""
    transitions = len(spec.stages) - 1 if spec.family is Family.DENSENET else 0
    return 1 + _per_block(spec) * sum(spec.stages) + transitions + 1


def _per_block(spec: NetworkSpec) -> int:
    return 3 if spec.bottleneck else 1 if spec.block is Block.DENSE else 2
