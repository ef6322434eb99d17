"""Tasks that measure networks before and after their training: whether gradients agree, and how channels are used."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from ..runtime.device import exactly, release
from ..runtime.progress import Progress, ProgressCallback, part, share_of
from ..runtime.settings import Precision
from ..signals.agreement import along_ways, between_batches, holding_statistics, points_between
from ..signals.agreement_records import Agreement, Agreements, UnitUse
from ..signals.observed import followed, leave_nothing_out
from ..signals.unit_use import unit_use
from ..tracing.layers import FLOAT32
from ..tracing.tracer import trace
from ..tracing.without_skips import built
from ..training.data_registry import DATA
from ..training.datasets import DataError
from ..training.predict import Trained
from ..training.run_spec import RunSpec
from ..training.run_store import RunStore
from .trained import fitting

_WAYS, _POINTS = 8, 33
_BATCH, _BATCHES = 64, 16
_FEW = 4  # batches at least
_IMAGES = 256
_GRADIENTS = 10**9  # bytes of all batches' gradients


def agreements(progress: Progress, *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...]) -> tuple[Agreements, ...]:
    """Measure whether gradients agree between neighbouring inputs and between batches, on the same training images.

    Between inputs, batch norms hold the statistics of these; between batches they use each batch's own, as in training.
    Nothing is left out at random. `stamps` distinguish the runs' weights from earlier ones. Raises `TooLargeError` if
    memory is short, and `DataError` for a data set of fewer than eight training images.
    """
    try:
        count = _counts(runs)
        return tuple(
            _agreements(run, count, share_of(progress.tell, place, len(runs))) for place, run in enumerate(runs)
        )
    finally:
        release()


def unit_uses(progress: Progress, *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...]) -> tuple[UnitUse, ...]:
    """Measure how the channels after activation functions are used by the same training images of all runs.

    Norms use the statistics of these images. Raises as `agreements`.
    """
    try:
        count = min(fitting(run, min(_IMAGES, DATA[run.data].train), 2) for run in runs)
        return tuple(_units(run, count, share_of(progress.tell, place, len(runs))) for place, run in enumerate(runs))
    finally:
        release()


@dataclass(frozen=True)
class _Counts:
    """How much is measured, the same for all networks that are compared."""

    ways: int
    batch: int
    batches: int


def _counts(runs: tuple[RunSpec, ...]) -> _Counts:
    images = min(DATA[run.data].train for run in runs)
    if images < 2 * _FEW:
        raise DataError("This needs at least {n} training images, got {images}.", n=2 * _FEW, images=images)
    most = min(_BATCH, images // _FEW, *(run.batch for run in runs))
    batch = min(fitting(run, most, 2) for run in runs)
    params = max(trace(run.network).params for run in runs)
    return _Counts(
        ways=min(images // 2, *(max(2, fitting(run, _WAYS * _POINTS, 2 * _POINTS) // _POINTS) for run in runs)),
        batch=batch,
        batches=max(_FEW, min(_BATCHES, _GRADIENTS // (FLOAT32 * params), images // batch)),
    )


def _agreements(run: RunSpec, count: _Counts, progress: ProgressCallback) -> Agreements:
    trained = Trained.load(run, RunStore())
    order = _order(trained, max(2 * count.ways, count.batch * count.batches))
    images, labels = trained.ready(trained.data.train.images[order]), trained.data.train.labels[order]
    starts, ends = images[: count.ways], images[count.ways : 2 * count.ways]
    some = slice(count.batch * count.batches)
    direction = torch.randn(run.network.classes, generator=torch.Generator().manual_seed(0)).to(trained.device)
    found = []
    with exactly(trained.device, Precision.FLOAT32):
        for place, network in enumerate(_both(trained)):
            told = share_of(progress, place, 2)
            with holding_statistics(network, points_between(starts, ends, _POINTS)):
                along = along_ways(network, starts, ends, direction, points=_POINTS)
            between = between_batches(network, images[some], labels[some], count.batch, progress=part(told, 0.3, 0.7))
            found.append(Agreement(along=tuple(along), batches=tuple(between)))
    return Agreements(start=found[0], trained=found[1], ways=count.ways, batch=count.batch)


def _units(run: RunSpec, count: int, progress: ProgressCallback) -> UnitUse:
    trained, traced = Trained.load(run, RunStore()), trace(run.network)
    order = _order(trained, count)
    images = trained.ready(trained.data.train.images[order])
    found = []
    with exactly(trained.device, Precision.FLOAT32):
        for place, network in enumerate(_both(trained)):
            progress(place / 2)
            found.append(unit_use(network, run.network, traced, images))
    return UnitUse(start=found[0], trained=found[1], images=len(order))


def _both(trained: Trained) -> Iterator[nn.Module]:
    """The run's network with its initial weights, and with the trained ones, in train mode with nothing left out."""
    run = trained.run
    for network in (built(run.network, seed=run.seed).to(trained.device), trained.network):
        network.train()
        leave_nothing_out(network, followed(run.network))
        yield network


def _order(trained: Trained, count: int) -> torch.Tensor:
    """The places of so many training images, the same for all runs of a data set."""
    images = trained.data.train.images
    return torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:count].to(images.device)
