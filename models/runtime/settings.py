"""Enums for how networks are measured and trained: images, weights, device, precision, schedule. No torch here."""

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
    TF32 = "tf32"  # float32 with the factors of products rounded to 10 bits of mantissa, on NVIDIA's tensor cores
    BF16 = "bf16"  # autocast: convolutions and linear layers in bfloat16
    FP16 = "fp16"  # the same in float16, with loss scaling: for training


class Weights(StrEnum):
    RANDOM = "random"
    PRETRAINED = "pretrained"  # torchvision's
    TRAINED = "trained"  # of a stored training run
    FILE = "file"  # of a file that this server was started with


class Augment(StrEnum):
    """Augmentation of a training image, each time it is used."""

    NONE = "none"
    CROP = "crop"  # shifted by up to an eighth of its side, padded with zeros
    FLIP = "crop and flip"


class Schedule(StrEnum):
    """Learning rate schedule after the warm-up."""

    CONSTANT = "constant"
    STEP = "step"  # divided by 10 after half and by 100 after three quarters (He et al. 2015, section 4.2)
    COSINE = "cosine"  # cosine decay to zero
    ONE_CYCLE = "one-cycle"  # linear rise up to the middle, linear fall to zero (arXiv 1708.07120)
