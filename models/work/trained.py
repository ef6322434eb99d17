"""Tasks that measure trained networks by gradients: along single paths, and the curvature of the loss."""

import torch

from ..landscape.curvature import curvature
from ..landscape.records import Curvatures
from ..runtime.device import exactly, release
from ..runtime.messages import UserError
from ..runtime.progress import Progress, ProgressCallback, share_of
from ..runtime.settings import Precision
from ..signals.path_gradients import path_gradients
from ..signals.path_records import PathGradients
from ..tracing.kinds import Kind
from ..tracing.paths import paths
from ..tracing.tracer import trace
from ..tracing.without_skips import built
from ..training.predict import Trained
from ..training.run_spec import RunSpec
from ..training.run_store import RunStore

_IMAGES = 64  # of the test split, along paths
_BATCH, _LEAST, _ROOM = 256, 16, 4 * 10**9  # images of the training split for a curvature, and bytes for its graph
_KEPT = 12  # bytes of that graph for each byte of activations: two backward passes are recorded


def gradients(
    progress: Progress, *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...]
) -> tuple[PathGradients | None, ...]:
    """Measure the gradient along single paths of trained networks, on their first test images.

    None for a network whose skip connections do not follow one another, or are concatenations. `stamps` distinguish
    the runs' weights from earlier ones.
    """
    try:
        return tuple(
            _along_paths(run, share_of(progress.tell, place, len(runs))) if _in_series(run) else None
            for place, run in enumerate(runs)
        )
    finally:
        release()


def curvatures(progress: Progress, *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...]) -> tuple[Curvatures, ...]:
    """Measure the curvature of the loss before and after training; on one batch for both."""
    try:
        return tuple(_curvatures(run, share_of(progress.tell, place, len(runs))) for place, run in enumerate(runs))
    finally:
        release()


def _in_series(run: RunSpec) -> bool:
    """Whether any set of branches is a path, and every skip connection an addition."""
    traced = trace(run.network)
    try:
        found = paths(traced)
    except UserError:
        return False
    additions = sum(layer.kind == Kind.ADD for layer in traced.layers if len(traced.incoming[layer.path]) > 1)
    return found.in_series and found.longest <= additions


def _along_paths(run: RunSpec, progress: ProgressCallback) -> PathGradients:
    trained = Trained.load(run, RunStore())
    test = trained.data.test
    with exactly(trained.device, Precision.FLOAT32):
        return path_gradients(
            trained.network, trained.ready(test.images[:_IMAGES]), test.labels[:_IMAGES], progress=progress
        )


def _curvatures(run: RunSpec, progress: ProgressCallback) -> Curvatures:
    trained = Trained.load(run, RunStore())
    train = trained.data.train
    count = min(_BATCH, len(train), max(_LEAST, _ROOM // (_KEPT * trace(run.network).activation_bytes)))
    chosen = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))[:count].to(trained.device)
    images, labels = trained.ready(train.images[chosen]), train.labels[chosen]
    with exactly(trained.device, Precision.FLOAT32):
        start = curvature(
            built(run.network, seed=run.seed).to(trained.device), images, labels, progress=share_of(progress, 0, 2)
        )
        end = curvature(trained.network, images, labels, progress=share_of(progress, 1, 2))
    return Curvatures(start=start, trained=end, images=count)
