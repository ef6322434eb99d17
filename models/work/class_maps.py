"""Task that shows where trained networks find their answers: Grad-CAM and occlusion of test images or a picture."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ..runtime.device import exactly, release
from ..runtime.progress import Progress, ProgressCallback, part, share_of
from ..runtime.settings import Precision
from ..signals.grad_cam import grad_cam, map_layers
from ..signals.map_records import COVERED, ClassMaps, usual
from ..signals.occlusion import occlusion, without_the_marked
from ..tracing.tracer import trace
from ..training.datasets import Split
from ..training.predict import Trained, seen_as, shown
from ..training.run_spec import RunSpec
from ..training.run_store import RunStore
from .trained import fitting

_IMAGES, SHOWN = 64, 10  # of the test split: on which numbers are measured, and those that are shown


def class_maps(
    progress: Progress, *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...], picture: bytes | None = None
) -> tuple[ClassMaps, ...]:
    """Measure Grad-CAM and occlusion of trained networks, on 64 test images or on a picture, for their own answers.

    The test images begin with the first one of each of up to ten classes. `stamps` distinguish the runs' weights from
    earlier ones. Raises `PictureError`, and `TooLargeError` if memory is short.
    """
    try:
        return tuple(_of(run, picture, share_of(progress.tell, place, len(runs))) for place, run in enumerate(runs))
    finally:
        release()


def _of(run: RunSpec, picture: bytes | None, progress: ProgressCallback) -> ClassMaps:
    trained, traced = Trained.load(run, RunStore()), trace(run.network)
    if picture is None:
        places = chosen(trained.data.test)
        images, labels = trained.data.test.images[places], trained.data.test.labels[places].tolist()
    else:
        images, labels = seen_as(trained.data, picture)[0].to(trained.device), [-1]
    ready = trained.ready(images)
    probabilities, answers = trained.probabilities(ready).max(1)
    layers = map_layers(traced)
    maps = _maps(trained, ready, answers, layers) if layers else []
    first = usual([(one.shape[1], one.shape[2]) for one in maps])
    marked, elsewhere = _tried(trained, ready, answers, maps[first]) if layers else (None, None)
    nothing = torch.full((len(ready),), float("nan"))
    return ClassMaps(
        images=shown(images[:SHOWN].cpu()),
        labels=tuple(labels),
        answers=tuple(answers.tolist()),
        probabilities=_array(probabilities),
        classes=trained.data.classes,
        layers=layers,
        maps=tuple(_array(one[:SHOWN]) for one in maps),
        occlusion=_array(occlusion(trained.probabilities, ready, answers, progress=part(progress, 0.2, 0.8))),
        sides=(ready.shape[-2], ready.shape[-1]),
        marked=_array(nothing if marked is None else marked),
        elsewhere=_array(nothing if elsewhere is None else elsewhere),
    )


def chosen(split: Split) -> Tensor:
    """Return the places of up to 64 images: the first of each of up to ten classes, then the first others."""
    labels = split.labels.tolist()
    first = {label: place for place, label in reversed(list(enumerate(labels)))}
    ahead = [first[label] for label in sorted(first)][:SHOWN]
    rest = [place for place in range(min(len(labels), _IMAGES + SHOWN)) if place not in ahead]
    return torch.tensor((ahead + rest)[:_IMAGES], device=split.images.device)


def _maps(trained: Trained, ready: Tensor, answers: Tensor, layers: tuple[str, ...]) -> list[Tensor]:
    """Grad-CAM for each layer, as many images at a time as memory allows."""
    run = trained.run
    count, found = fitting(run, len(ready), 1), []
    with exactly(trained.device, Precision.FLOAT32):
        for start in range(0, len(ready), count):
            some = slice(start, start + count)
            found.append(grad_cam(trained.network, run.network, trace(run.network), ready[some], answers[some], layers))
    return [torch.cat(each) for each in zip(*found, strict=True)]


def _tried(trained: Trained, ready: Tensor, answers: Tensor, maps: Tensor) -> tuple[Tensor, Tensor]:
    """Probabilities of the answers with a quarter of the image covered: as its map marks, as another image's does.

    NaN for an image whose map, or the other's, is the same everywhere.
    """
    large = interpolate(maps.unsqueeze(1), ready.shape[-2:], mode="bilinear", align_corners=False).squeeze(1)
    flat = large.flatten(1)
    has = flat.amax(1) > flat.amin(1).clamp_min(0) * (1 + 1e-4)  # a constant map marks nothing
    valid = has & has.roll(1) if len(ready) > 1 else torch.zeros_like(has)
    found = []
    for own in (large, large.roll(1, 0)):
        left = trained.probabilities(without_the_marked(ready, own, COVERED)).gather(1, answers.unsqueeze(1)).squeeze(1)
        found.append(left.masked_fill(~valid, float("nan")))
    return found[0], found[1]


def _array(values: Tensor) -> Any:
    return values.detach().float().cpu().numpy()
