"""Requests to the queue that examine trained networks."""

from collections.abc import Sequence
from math import inf
from typing import Any

from models.landscape.records import COARSE, FINE, Curvatures, Cut, Surface, TrainingPath, steps
from models.results.task import task
from models.runtime.server_limits import limits
from models.signals.agreement_records import Agreements, UnitUse
from models.signals.map_records import ClassMaps
from models.signals.path_records import PathGradients
from models.training.data_registry import DATA
from models.training.records import Answer, Lesions, Predictions, Response, Reuse
from models.training.run_spec import RunSpec
from viz.backend import cached, pace
from viz.backend.job import Request

_PATH, _CUT, _CUT_IMAGES = 13**2, 21, 1024  # points, and training images at each point of a cut


def predictions(run: RunSpec, stamp: int) -> Request[Predictions]:
    """Return the request for a trained network's predictions on the test images; `stamp` identifies its weights."""
    return Request(task("work.training:predictions", run=run, stamp=stamp), 3.0, "predict")


def lesions(runs: Sequence[tuple[RunSpec, int]]) -> Request[tuple[Lesions, ...]]:
    """Return the request for the test error without each block; each run comes with the stamp of its weights."""
    return _several("lesions", runs)


def responses(runs: Sequence[tuple[RunSpec, int]]) -> Request[tuple[tuple[Response, ...], ...]]:
    return _several("responses", runs)


def reuse(run: RunSpec, stamp: int) -> Request[tuple[Reuse, ...]]:
    return Request(task("work.training:reuse", run=run, stamp=stamp), 3.0, "reuse")


def surfaces(
    runs: Sequence[tuple[RunSpec, int]], *, half: int = COARSE, training_images: bool = False
) -> Request[tuple[Surface, ...]]:
    """Return the request for the loss around trained networks; one with all points gives way to shorter work."""
    specs, stamps = tuple(run for run, _ in runs), tuple(stamp for _, stamp in runs)
    images = [DATA[run.data].train if training_images else DATA[run.data].test for run in specs]
    forward = len(steps(half)) ** 2 / 3  # passes without their backward one
    whole, limit = half == FINE, limits().sweep_seconds
    return Request(
        task("work.landscape:surfaces", runs=specs, stamps=stamps, half=half, seed=0, training_images=training_images),
        sum(pace.passes(cached.trace(run.network), n, forward) for run, n in zip(specs, images, strict=True)),
        "landscape",
        longest=(inf if limit is None else limit) if whole else None,
        preemptible=whole,
    )


def training_paths(
    runs: Sequence[tuple[RunSpec, int]], *, training_images: bool = False
) -> Request[tuple[TrainingPath | None, ...]]:
    """Return the request for the paths of several trainings and the loss around them."""
    specs, stamps = tuple(run for run, _ in runs), tuple(stamp for _, stamp in runs)
    images = [DATA[run.data].train if training_images else DATA[run.data].test for run in specs]
    return Request(
        task("work.landscape:training_paths", runs=specs, stamps=stamps, training_images=training_images),
        sum(pace.passes(cached.trace(run.network), n, _PATH / 3) for run, n in zip(specs, images, strict=True)),
        "landscape",
    )


def cuts(runs: Sequence[tuple[RunSpec, int]]) -> Request[tuple[Cut, ...]]:
    """Return the request for the loss between the initial and the trained weights of several runs."""
    specs, stamps = tuple(run for run, _ in runs), tuple(stamp for _, stamp in runs)
    return Request(task("work.landscape:cuts", runs=specs, stamps=stamps), _cut(specs), "landscape")


def cut_between(one: tuple[RunSpec, int], other: tuple[RunSpec, int]) -> Request[Cut]:
    """Return the request for the loss between the trained weights of two runs of one network."""
    (first, earlier), (second, later) = one, other
    found = task("work.landscape:cut_between", runs=(first, second), stamps=(earlier, later))
    return Request(found, _cut((first,)), "landscape")


def _cut(runs: Sequence[RunSpec]) -> float:
    images = [DATA[run.data].test + 2 * min(DATA[run.data].train, _CUT_IMAGES) for run in runs]
    return sum(pace.passes(cached.trace(run.network), n, _CUT / 3) for run, n in zip(runs, images, strict=True))


def path_gradients(runs: Sequence[tuple[RunSpec, int]]) -> Request[tuple[PathGradients | None, ...]]:
    """Return the request for the gradient along single paths of trained networks."""
    return _by_gradients("gradients", runs, images=64, count=60)


def curvatures(runs: Sequence[tuple[RunSpec, int]]) -> Request[tuple[Curvatures, ...]]:
    """Return the request for the largest curvature of the loss before and after training."""
    return _by_gradients("curvatures", runs, images=256, count=120)


def class_maps(runs: Sequence[tuple[RunSpec, int]], picture: bytes | None = None) -> Request[tuple[ClassMaps, ...]]:
    """Return the request for Grad-CAM and occlusion of trained networks, on test images or a visitor's own picture."""
    specs, stamps = tuple(run for run, _ in runs), tuple(stamp for _, stamp in runs)
    images = 1 if picture else 64
    covered = 50 / 3  # passes without their backward one
    cost = sum(pace.passes(cached.trace(run.network), images, covered + 2) for run in specs)
    own = {} if picture is None else {"picture": picture}
    return Request(
        task("work.class_maps:class_maps", runs=specs, stamps=stamps, **own), cost, "maps", stored=picture is None
    )


def agreements(runs: Sequence[tuple[RunSpec, int]]) -> Request[tuple[Agreements, ...]]:
    """Return the request for how far gradients agree before and after training."""
    return _by_gradients("agreements", runs, images=256, count=10, module="before_after")


def unit_uses(runs: Sequence[tuple[RunSpec, int]]) -> Request[tuple[UnitUse, ...]]:
    """Return the request for how channels are used before and after training."""
    return _by_gradients("unit_uses", runs, images=256, count=2, module="before_after")


def _by_gradients(
    function: str, runs: Sequence[tuple[RunSpec, int]], *, images: int, count: int, module: str = "trained"
) -> Request[Any]:
    """One request that examines several trained networks by about so many passes over so many images."""
    specs, stamps = tuple(run for run, _ in runs), tuple(stamp for _, stamp in runs)
    cost = sum(pace.passes(cached.trace(run.network), images, count) for run in specs)
    return Request(task(f"work.{module}:{function}", runs=specs, stamps=stamps), cost, function)


def answer(run: RunSpec, stamp: int, picture: bytes) -> Request[Answer]:
    """Return the request to classify the visitor's own picture with a trained network."""
    return Request(task("work.training:answer", run=run, stamp=stamp, picture=picture), 1.0, "answer", stored=False)


def _several(function: str, runs: Sequence[tuple[RunSpec, int]]) -> Request[Any]:
    """One request that examines several trained networks in the same way."""
    specs, stamps = tuple(run for run, _ in runs), tuple(stamp for _, stamp in runs)
    return Request(task(f"work.training:{function}", runs=specs, stamps=stamps), 3.0, function)
