"""Preparation of a measurement: a network with its weights, and a batch of images with their labels."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..networks.build import build
from ..networks.pretrained import WeightsError, load
from ..networks.weights_file import load_weights
from ..runtime.device import choose, computing
from ..runtime.errors import SpecError
from ..runtime.images import images as drawn_images
from ..runtime.progress import ProgressCallback
from ..runtime.settings import Weights
from ..specs.external import ExternalSpec, Network
from ..specs.own import OWN_WEIGHTS
from ..specs.spec import NetworkSpec, image_shape
from ..specs.twins import with_skips
from ..tracing.budget import afford
from ..tracing.layers import Shape, shapes_of
from ..tracing.module_trace import structure
from ..tracing.records import Trace
from ..tracing.structure import Structure
from ..tracing.tracer import trace
from .measure_spec import MeasureSpec

# added to the seed, so that labels, further inputs and images come from different random streams
_LABELS, _OTHERS = 1 << 20, 1 << 21


@dataclass(frozen=True, slots=True)
class Prepared:
    """Network and batch of one seed, on the CPU so that every device starts from the same values."""

    network: nn.Module
    images: Tensor  # (N, C, H, W), normalised
    labels: Tensor  # (N,), int64
    classes: tuple[str, ...] = ()  # their names, if known
    borrowed: bool = False  # trained in another network: for a plain one, the same network with skips
    others: tuple[Tensor, ...] = ()  # further inputs of a module, each (N, ...)


Prepare = Callable[[int, ProgressCallback | None], Prepared]  # the argument is a seed


def preparation(spec: Network, setting: MeasureSpec, picture: bytes | None = None) -> Prepare:
    """Return a function that prepares a network with its weights, images of the setting's source and random labels.

    That function raises `WeightsError` or `PictureError` if the weights or the picture are unavailable. Raises
    `SpecError` for trained weights: `training.weights.preparation` prepares those of a stored run.
    """
    if setting.weights is Weights.TRAINED:
        raise SpecError("weights", "must be random or pretrained if no run is given", setting.weights)

    def prepare(seed: int, progress: ProgressCallback | None) -> Prepared:
        network = build(spec, seed=seed)
        pretrained = setting.weights is Weights.PRETRAINED
        classes = load(network, spec, progress) if pretrained else ()
        if setting.weights is Weights.FILE:
            if not OWN_WEIGHTS:
                raise WeightsError("This server was started without a file of weights: `skipscope --weights FILE`.")
            load_weights(network, OWN_WEIGHTS[0], spec=spec, part=isinstance(spec, NetworkSpec) and spec.plain)
        images = drawn_images(setting.source, setting.batch, spec.input_shape, seed=seed, picture=picture)
        # torchvision has no plain networks: their weights are those of the networks with skips
        borrowed = pretrained and spec != with_skips(spec)
        return Prepared(network, images, random_labels(spec, setting.batch, seed), classes, borrowed)

    return prepare


def random_labels(spec: Network, batch: int, seed: int) -> Tensor:
    """Return labels drawn uniformly from all classes: (batch,), int64."""
    known = spec.classes
    if isinstance(spec, ExternalSpec) and spec.library.name == "own":  # a module of one's own may have fewer
        known = min(known, trace(spec).classes or known)
    return _drawn(known, batch, seed)


def affordable(spec: Network, setting: MeasureSpec) -> tuple[torch.device, Trace]:
    """Return the device and the trace, after all checks that are possible before the network is built.

    Raises `SpecError` for an unavailable device or precision, `TooLargeError` if the memory is insufficient.
    """
    chosen = _device(setting)
    traced = trace(spec)
    afford(spec, setting.batch, chosen, setting.precision, traced=traced)
    return chosen, traced


def prepared_module(
    module: nn.Module, input_shape: Shape | Sequence[Shape] | None, setting: MeasureSpec, picture: bytes | None
) -> tuple[torch.device, Structure, Prepare]:
    """Return the device, how the module's forward is followed, and a function that prepares a copy of it.

    Of several inputs the first is images, and the others are noise, of any shape.

    Raises `SpecError` without an input shape or for other weights than the module's, `TooLargeError` if the memory is
    insufficient, and `UntraceableError`.
    """
    if input_shape is None:
        raise SpecError("input_shape", "must be given for a module, such as (3, 224, 224)", None)
    if setting.weights is not Weights.RANDOM:
        raise SpecError("weights", "must be random for a module, which is measured with its own", setting.weights)
    chosen = _device(setting)
    followed = structure(module, input_shape)
    first, *rest = shapes_of(input_shape)
    shape = image_shape("input_shape", first)
    afford(None, setting.batch, chosen, setting.precision, traced=followed.trace)

    def prepare(seed: int, progress: ProgressCallback | None) -> Prepared:  # nothing takes long
        images = drawn_images(setting.source, setting.batch, shape, seed=seed, picture=picture)
        labels = _drawn(max(followed.trace.classes, 1), setting.batch, seed)
        own = copy.deepcopy(module)
        own.zero_grad()
        noise = torch.Generator().manual_seed(seed + _OTHERS)
        others = tuple(torch.randn(setting.batch, *one, generator=noise) for one in rest)
        return Prepared(own, images, labels, others=others)

    return chosen, followed, prepare


def _device(setting: MeasureSpec) -> torch.device:
    chosen = choose(setting.device)
    with computing(chosen, setting.precision):
        pass
    return chosen


def _drawn(classes: int, batch: int, seed: int) -> Tensor:
    return torch.randint(classes, (batch,), generator=torch.Generator().manual_seed(seed + _LABELS))
