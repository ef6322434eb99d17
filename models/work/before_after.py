"""Tasks that measure networks before and after their training: whether gradients agree, and how channels are used."""

from collections.abc import Iterator

import torch
from torch import nn

from ..runtime.device import exactly, release
from ..runtime.progress import Progress, ProgressCallback, part, share_of
from ..runtime.settings import Precision
from ..signals.agreement import along_ways, between_batches
from ..signals.agreement_records import Agreement, Agreements, UnitUse
from ..signals.observed import followed, leave_nothing_out
from ..signals.unit_use import unit_use
from ..tracing.layers import FLOAT32
from ..tracing.tracer import trace
from ..tracing.without_skips import built
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
    """Measure whether gradients agree between neighbouring inputs and between batches of training images.

    Norms use each batch's own statistics, as in training; nothing is left out at random. `stamps` distinguish the runs'
    weights from earlier ones. Raises `TooLargeError` if memory is short.
    """
    try:
        return tuple(_agreements(run, share_of(progress.tell, place, len(runs))) for place, run in enumerate(runs))
    finally:
        release()


def unit_uses(progress: Progress, *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...]) -> tuple[UnitUse, ...]:
    """Measure how the channels after activation functions are used by training images; arguments as `agreements`."""
    try:
        return tuple(_units(run, share_of(progress.tell, place, len(runs))) for place, run in enumerate(runs))
    finally:
        release()


def _agreements(run: RunSpec, progress: ProgressCallback) -> Agreements:
    trained = Trained.load(run, RunStore())
    ways = max(2, fitting(run, _WAYS * _POINTS, 2 * _POINTS) // _POINTS)
    batch = fitting(run, min(_BATCH, run.batch), 2)
    params = sum(weight.numel() for weight in trained.network.parameters())
    batches = max(_FEW, min(_BATCHES, _GRADIENTS // (FLOAT32 * params), len(trained.data.train) // batch))
    order = _order(trained, max(2 * ways, batch * batches))
    images, labels = trained.ready(trained.data.train.images[order]), trained.data.train.labels[order]
    direction = torch.randn(run.network.classes, generator=torch.Generator().manual_seed(0)).to(trained.device)
    found = []
    with exactly(trained.device, Precision.FLOAT32):
        for place, network in enumerate(_both(trained)):
            told = share_of(progress, place, 2)
            along = along_ways(network, images[:ways], images[ways : 2 * ways], direction, points=_POINTS)
            between = between_batches(
                network, images[: batch * batches], labels[: batch * batches], batch, progress=part(told, 0.3, 0.7)
            )
            found.append(Agreement(along=tuple(along), batches=tuple(between)))
    return Agreements(start=found[0], trained=found[1], ways=ways, batch=batch)


def _units(run: RunSpec, progress: ProgressCallback) -> UnitUse:
    trained, traced = Trained.load(run, RunStore()), trace(run.network)
    order = _order(trained, fitting(run, _IMAGES, 2))
    images = trained.ready(trained.data.train.images[order])
    found = []
    with exactly(trained.device, Precision.FLOAT32):
        for place, network in enumerate(_both(trained)):
            progress(place / 2)
            found.append(unit_use(network, run.network, traced, images))
    return UnitUse(start=found[0], trained=found[1], images=len(order))


def _both(trained: Trained) -> Iterator[nn.Module]:
    """The run's network with its initial weights, and with the trained ones, as in training with nothing left out."""
    run = trained.run
    for network in (built(run.network, seed=run.seed).to(trained.device), trained.network):
        network.train()
        leave_nothing_out(network, followed(run.network))
        yield network


def _order(trained: Trained, count: int) -> torch.Tensor:
    """The places of so many training images, the same for all runs of a data set."""
    images = trained.data.train.images
    return torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:count].to(images.device)
