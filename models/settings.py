"""The words for how something is measured: with which images and weights, where, and how exactly. No torch here."""

from enum import StrEnum


class Source(StrEnum):
    NOISE = "noise"
    DIGITS = "digits"
    PHOTOS = "photos"
    UPLOAD = "upload"


class Device(StrEnum):
    AUTO = "auto"
    CUDA = "cuda"
    MPS = "mps"
    CPU = "cpu"


class Precision(StrEnum):
    FLOAT32 = "float32"
    TF32 = "tf32"  # float32 with products rounded to 10 bits of mantissa, on NVIDIA's tensor cores
    BF16 = "bf16"  # autocast: convolutions and linear layers in bfloat16
    FP16 = "fp16"  # the same in float16, with a scaled loss: for training


class Weights(StrEnum):
    RANDOM = "random"
    PRETRAINED = "pretrained"  # torchvision's
    TRAINED = "trained"  # of a kept run


class DataSet(StrEnum):
    DIGITS = "digits"  # scikit-learn's, inside the package
    FASHION = "fashion-mnist"
    MNIST = "mnist"
    CIFAR10 = "cifar10"
    CIFAR100 = "cifar100"


class Augment(StrEnum):
    """What happens to a training image before each time it is seen."""

    NONE = "none"
    CROP = "crop"  # shifted by up to an eighth of its side, zeros come in
    FLIP = "crop and flip"


class Schedule(StrEnum):
    """How the learning rate goes, after the warm-up."""

    CONSTANT = "constant"
    STEP = "step"  # a tenth after half, a hundredth after three quarters (He et al. 2015, section 4.2)
    COSINE = "cosine"  # to zero
    ONE_CYCLE = "one-cycle"  # up to the middle, down to zero: arXiv 1708.07120, with straight lines
