"""The choices of a network's fields. Their values stand in links and never change. No torch here."""

from enum import StrEnum


class Shortcut(StrEnum):
    NONE = "none"
    PAD = "pad"  # option A of He et al. 2015
    PROJECTION = "projection"  # option B
    PROJECTION_ALL = "projection_all"  # option C
    CONCAT = "concat"


class Stem(StrEnum):
    IMAGENET = "imagenet"  # 7x7/2 and 3x3/2 max pooling
    DEEP = "deep"  # three 3x3, the first with stride 2, and the pooling: ResNet-C and -D
    CIFAR = "cifar"  # one 3x3
    POINT = "1x1"  # one 1x1

    @property
    def pools(self) -> bool:
        """Whether it reduces height and width to a quarter, for large images."""
        return self in (Stem.IMAGENET, Stem.DEEP)


class Norm(StrEnum):
    BATCH = "batch"
    GROUP = "group"
    NONE = "none"


class StrideIn(StrEnum):
    CONV3X3 = "3x3"  # v1.5, torchvision
    CONV1X1 = "1x1"  # v1, He et al. 2015


class StrideBlock(StrEnum):
    """Which block of a stage has the stride of 2."""

    FIRST = "first"  # He et al. 2015, torchvision
    LAST = "last"  # of all stages but the last, as in TensorFlow's networks of He et al. 2016


class Gate(StrEnum):
    """Gates on the paths to an addition; their factor is the sigmoid of a 1x1 convolution of the skip."""

    NONE = "none"
    HIGHWAY = "highway"  # skip * (1 - gate) + branch * gate
    SHORTCUT = "shortcut"  # skip * (1 - gate) + branch


class BlockForm(StrEnum):
    """The equal forms of a ResNeXt block (arXiv 1611.05431, figure 3)."""

    SUMMED = "summed"  # a: paths whose outputs are added
    CONCATENATED = "concatenated"  # b: paths that are concatenated before the last 1x1
    GROUPED = "grouped"  # c: grouped convolutions, as networks are built


class Init(StrEnum):
    DEFAULT = "default"  # PyTorch's own default
    KAIMING = "kaiming"
    XAVIER = "xavier"
    ORTHOGONAL = "orthogonal"
