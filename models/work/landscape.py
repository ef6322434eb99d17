"""Tasks that measure the loss around the weights of trained networks."""

import numpy as np

from ..landscape.records import COARSE, FINE, Surface, steps
from ..landscape.surface import Measured, row
from ..results.task import task
from ..runtime.device import release
from ..runtime.progress import Progress
from ..tracing.tracer import trace
from ..training.predict import Trained
from ..training.run_spec import RunSpec
from ..training.run_store import RunStore
from .points import OfPoints, Points


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


def _parts(half: int, across: int) -> tuple[tuple[int, ...], ...]:
    """The places of a row: first those that a coarse surface has, then the others."""
    places, coarse = steps(half), steps(COARSE)
    if half == COARSE or across not in coarse:
        return (places,)
    return coarse, tuple(place for place in places if place not in coarse)


def _surface(places: tuple[int, ...], values: dict[tuple[int, int], Measured]) -> Surface:
    both = np.array([[values[across, along] for along in places] for across in places])
    return Surface(places=tuple(place / FINE for place in places), loss=both[..., 0].copy(), error=both[..., 1].copy())
