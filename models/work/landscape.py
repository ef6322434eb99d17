"""Tasks that measure the loss around the weights of trained networks."""

from collections.abc import Sequence

import numpy as np
import torch

from ..landscape.cut import cut
from ..landscape.directions import Walk
from ..landscape.records import COARSE, FINE, Cut, Surface, TrainingPath, steps
from ..landscape.surface import Measured, on_line, row
from ..landscape.trajectory import plane
from ..results.task import task
from ..runtime.device import release
from ..runtime.progress import Progress, ProgressCallback, share_of
from ..tracing.tracer import trace
from ..tracing.without_skips import built
from ..training.epoch_weights import stored
from ..training.predict import Trained
from ..training.run_files import WEIGHTS
from ..training.run_spec import RunSpec
from ..training.run_store import RunStore
from ..training.weights import read_checkpoint
from .points import OfPoints, Points

_ACROSS, _MARGIN = 13, 0.2  # places along each direction of a path's plane, and beyond the path, of its extent
_LEAST = 0.7  # extent of the shorter side, of the longer one's
_POINTS = 21  # of a cut


@OfPoints
def surfaces(
    *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...], half: int, seed: int, training_images: bool
) -> Points:
    """Measure a surface of `half` steps to each side around each of several trained networks; the result is a tuple.

    The points are rows. Those of a coarse surface are a part of the full one's, so that nothing is measured twice.
    """
    places = steps(half)
    rows = [(run, stamp, across, along) for run, stamp in zip(runs, stamps, strict=True) for across in places
            for along in _parts(half, across)]  # fmt: skip
    work = tuple(
        task("work.landscape:surface_row", run=run, stamp=stamp, across=across, along=along, seed=seed,
             training_images=training_images)
        for run, stamp, across, along in rows
    )  # fmt: skip
    weights = tuple(float(trace(run.network).macs) * len(along) for run, _, _, along in rows)

    def whole(results: tuple[tuple[Measured, ...], ...]) -> tuple[Surface, ...]:
        return tuple(
            _surface(places, {
                (across, place): value
                for (run, _, across, along), found in zip(rows, results, strict=True) if run == own
                for place, value in zip(along, found, strict=True)
            })
            for own in runs
        )  # fmt: skip

    return Points(work, weights, wrap=whole)


def surface_row(
    progress: Progress,
    *,
    run: RunSpec,
    stamp: int,
    across: int,
    along: tuple[int, ...],
    seed: int,
    training_images: bool,
) -> tuple[Measured, ...]:
    """Measure a part of a row; `stamp` distinguishes the run's weights from earlier ones."""
    try:
        return row(
            Trained.load(run, RunStore()), across / FINE, [place / FINE for place in along],
            seed=seed, training_images=training_images, progress=progress.tell,
        )  # fmt: skip
    finally:
        release()


def training_paths(
    progress: Progress, *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...], training_images: bool
) -> tuple[TrainingPath | None, ...]:
    """Measure the path of several runs' weights and the loss around it; None for a run of which too few are kept."""
    try:
        return tuple(
            _training_path(run, training_images, share_of(progress.tell, place, len(runs)))
            for place, run in enumerate(runs)
        )
    finally:
        release()


def _training_path(run: RunSpec, training_images: bool, progress: ProgressCallback) -> TrainingPath | None:  # noqa: FBT001
    store = RunStore()
    trained = Trained.load(run, store)
    network = trained.network
    reached = read_checkpoint(store.folder / store.id_of(run) / WEIGHTS).facts["step"] / run.steps_per_epoch
    own = {name: weight.detach().cpu() for name, weight in network.named_parameters() if weight.ndim > 1}
    start = dict(built(run.network, seed=run.seed).named_parameters())
    kept = {
        epoch: {name: weights[name] for name in own}
        for epoch, weights in stored(store, run).items()
        if epoch < reached and all(name in weights and weights[name].shape == own[name].shape for name in own)
    }
    if not kept:
        return None
    points = [{name: start[name].detach() for name in own}, *kept.values(), own]
    found = plane(points)
    if found is None:
        return None
    walk = Walk(network, [{name: one.to(trained.device) for name, one in each.items()} for each in found.directions])
    across, along = _window(found.places)
    split = trained.data.train if training_images else trained.data.test
    rows = [
        on_line(trained, walk, place, across, split, progress=share_of(progress, number, len(along)))
        for number, place in enumerate(along)
    ]
    both = np.array(rows)
    return TrainingPath(
        epochs=(0.0, *map(float, kept), reached), places=found.places, shares=found.shares,
        size=float(torch.cat([weight.flatten() for weight in own.values()]).norm()),
        across=across, along=along, loss=both[..., 0].copy(), error=both[..., 1].copy(),
    )  # fmt: skip


def _window(places: Sequence[tuple[float, float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Places along both directions, from below a path's lowest to above its highest; neither side is much shorter."""
    ends = [(min(each), max(each)) for each in zip(*places, strict=True)]
    least = _LEAST * max(high - low for low, high in ends)
    found = []
    for low, high in ends:
        margin = max(_MARGIN * (high - low), (least - (high - low)) / 2)
        found.append(tuple(np.linspace(low - margin, high + margin, _ACROSS).tolist()))
    return found[0], found[1]


def cuts(progress: Progress, *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...]) -> tuple[Cut, ...]:
    """Measure the loss on the straight line from the initial weights of several runs to their trained ones."""
    try:
        return tuple(
            cut(
                Trained.load(run, RunStore()), dict(built(run.network, seed=run.seed).named_parameters()),
                points=_POINTS, progress=share_of(progress.tell, place, len(runs)),
            )
            for place, run in enumerate(runs)
        )  # fmt: skip
    finally:
        release()


def cut_between(progress: Progress, *, runs: tuple[RunSpec, RunSpec], stamps: tuple[int, int]) -> Cut:
    """Measure the loss on the straight line between the trained weights of two runs of one network."""
    try:
        first, last = (Trained.load(run, RunStore()) for run in runs)
        return cut(last, dict(first.network.named_parameters()), points=_POINTS, progress=progress.tell)
    finally:
        release()


def _parts(half: int, across: int) -> tuple[tuple[int, ...], ...]:
    """The places of a row: first those that a coarse surface has, then the others."""
    places, coarse = steps(half), steps(COARSE)
    if half == COARSE or across not in coarse:
        return (places,)
    return coarse, tuple(place for place in places if place not in coarse)


def _surface(places: tuple[int, ...], values: dict[tuple[int, int], Measured]) -> Surface:
    both = np.array([[values[across, along] for along in places] for across in places])
    return Surface(places=tuple(place / FINE for place in places), loss=both[..., 0].copy(), error=both[..., 1].copy())
