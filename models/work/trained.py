"""Tasks that measure trained networks by gradients: along single paths, and the curvature of the loss."""

import torch

from ..landscape.curvature import curvature
from ..landscape.records import Curvatures
from ..runtime.device import choose, exactly, free, release
from ..runtime.messages import UserError
from ..runtime.progress import Progress, ProgressCallback, share_of
from ..runtime.settings import Precision
from ..signals.path_gradients import path_gradients
from ..signals.path_records import PathGradients
from ..specs.external import ExternalSpec
from ..tracing.budget import afford
from ..tracing.paths import paths
from ..tracing.tracer import trace
from ..tracing.without_skips import built
from ..training.predict import Trained
from ..training.run_spec import RunSpec
from ..training.run_store import RunStore

_IMAGES, _FEW = 64, 8  # of the test split, along paths: at most, at least
_BATCH, _LEAST = 256, 16  # of the training split, for a curvature
_PART = 0.5  # of the free memory, for a graph
_ONE, _TWO = 4, 12  # bytes of a graph for each byte of activations, with one backward pass recorded, or with two


def gradients(
    progress: Progress, *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...]
) -> tuple[PathGradients | None, ...]:
    """Measure the gradient along single paths of trained networks, on their first test images.

    None for a network whose skip connections do not follow one another, are concatenations, or can't all be named.
    `stamps` distinguish the runs' weights from earlier ones. Raises `TooLargeError` if memory is short.
    """
    try:
        return tuple(_along_paths(run, share_of(progress.tell, place, len(runs))) for place, run in enumerate(runs))
    finally:
        release()


def curvatures(progress: Progress, *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...]) -> tuple[Curvatures, ...]:
    """Measure the curvature of the loss before and after training, on one batch for all runs of a data set.

    Raises `TooLargeError` if memory is short.
    """
    try:
        count = min(fitting(run, _BATCH, _LEAST, _TWO) for run in runs)
        return tuple(
            _curvatures(run, count, share_of(progress.tell, place, len(runs))) for place, run in enumerate(runs)
        )
    finally:
        release()


def fitting(run: RunSpec, most: int, least: int, bytes_each: int = _ONE) -> int:
    """Return how many images, at most `most`, have a graph that fits. Raises `TooLargeError` below `least`."""
    device, traced = choose(run.device), trace(run.network)
    afford(run.network, least * bytes_each // _ONE, device, Precision.FLOAT32, traced=traced)
    room = int(_PART * free(device))
    return max(least, min(most, room // (bytes_each * traced.activation_bytes)))


def _along_paths(run: RunSpec, progress: ProgressCallback) -> PathGradients | None:
    try:
        counted = paths(trace(run.network))
    except UserError:
        return None
    weaker = isinstance(run.network, ExternalSpec) and run.network.skip_scale not in (0.0, 1.0)
    if not counted.in_series or weaker:  # hooks that weaken skips add in another order
        return None
    count = fitting(run, _IMAGES, _FEW)
    trained = Trained.load(run, RunStore())
    images, labels = trained.data.test.images[:count], trained.data.test.labels[:count]
    with exactly(trained.device, Precision.FLOAT32):
        found = path_gradients(trained.network, trained.ready(images), labels, progress=progress)
    return found if found.skips == counted.longest else None


def _curvatures(run: RunSpec, count: int, progress: ProgressCallback) -> Curvatures:
    trained = Trained.load(run, RunStore())
    train = trained.data.train
    chosen = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))[:count].to(trained.device)
    images, labels = trained.ready(train.images[chosen]), train.labels[chosen]
    initial = built(run.network, seed=run.seed).to(trained.device)
    with exactly(trained.device, Precision.FLOAT32):
        start, end = (
            curvature(
                network, images, labels, label_smoothing=run.label_smoothing, progress=share_of(progress, place, 2)
            )
            for place, network in enumerate((initial, trained.network))
        )
    return Curvatures(start=start, trained=end, images=len(images))
