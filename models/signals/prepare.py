"""Preparation of a measurement: a network with its weights, and a batch of images with their labels."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..networks.build import build
from ..networks.pretrained import load
from ..runtime.device import choose, computing
from ..runtime.errors import SpecError
from ..runtime.images import images as drawn_images
from ..runtime.progress import ProgressCallback
from ..runtime.settings import Weights
from ..specs.spec import NetworkSpec
from ..specs.twins import with_skips
from ..tracing.budget import afford
from ..tracing.records import Trace
from ..tracing.tracer import trace
from .measure_spec import MeasureSpec

_LABELS = 1 << 20  # added to the seed, so that labels and images come from different random streams


@dataclass(frozen=True, slots=True)
class Prepared:
    """Network and batch of one seed, on the CPU so that every device starts from the same values."""

    network: nn.Module
    images: Tensor  # (N, C, H, W), normalised
    labels: Tensor  # (N,), int64
    classes: tuple[str, ...] = ()  # their names, if known
    borrowed: bool = False  # trained in another network: for a plain one, the same network with skips


Prepare = Callable[[int, ProgressCallback | None], Prepared]  # the argument is a seed


def preparation(spec: NetworkSpec, setting: MeasureSpec, picture: bytes | None = None) -> Prepare:
    """Return a function that prepares random or torchvision weights, images of the setting's source and random labels.

    That function raises `WeightsError` or `PictureError` if the weights or the picture are unavailable. Raises
    `SpecError` for trained weights: `training.weights.preparation` prepares those of a stored run.
    """
    if setting.weights is Weights.TRAINED:
        raise SpecError("weights", "must be random or pretrained if no run is given", setting.weights)

    def prepare(seed: int, progress: ProgressCallback | None) -> Prepared:
        network = build(spec, seed=seed)
        pretrained = setting.weights is Weights.PRETRAINED
        classes = load(network, spec, progress) if pretrained else ()
        images = drawn_images(setting.source, setting.batch, spec.input_shape, seed=seed, picture=picture)
        # torchvision has no plain networks: their weights are those of the networks with skips
        borrowed = pretrained and spec != with_skips(spec)
        return Prepared(network, images, random_labels(spec, setting.batch, seed), classes, borrowed)

    return prepare


def random_labels(spec: NetworkSpec, batch: int, seed: int) -> Tensor:
    """Return labels drawn uniformly from all classes: (batch,), int64."""
    return torch.randint(spec.classes, (batch,), generator=torch.Generator().manual_seed(seed + _LABELS))


def affordable(spec: NetworkSpec, setting: MeasureSpec) -> tuple[torch.device, Trace]:
    """Return the device and the trace, after all checks that are possible before the network is built.

    Raises `SpecError` for an unavailable device or precision, `TooLargeError` if the memory is insufficient.
    """
    chosen = choose(setting.device)
    with computing(chosen, setting.precision):
        pass
    traced = trace(spec)
    afford(spec, setting.batch, chosen, setting.precision, traced=traced)
    return chosen, traced
