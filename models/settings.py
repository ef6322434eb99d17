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


class Weights(StrEnum):
    RANDOM = "random"
    PRETRAINED = "pretrained"  # torchvision's
