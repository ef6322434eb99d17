"""Requests to the queue that measure a network and its twin, or many networks side by side.

What is measured with a visitor's own picture is stored nowhere: maps of the first layers show it.
"""

from functools import partial
from math import inf
from typing import Any

from models.results.task import task
from models.runtime.messages import Message
from models.runtime.server_limits import limits
from models.runtime.settings import Source, Weights
from models.signals import grid
from models.signals.grid_records import PointResult
from models.signals.measure_spec import MeasureSpec
from models.signals.records import FeatureMaps, Pair, SweepPoint, Timing
from models.signals.skip_records import AlikePair, StrengthPoint
from models.specs.choices import Norm
from models.specs.external import Network
from models.specs.own import weights_stamp
from models.specs.spec import NetworkSpec
from models.specs.sweep_depths import sweep_depths
from models.specs.twins import with_skips
from models.training.run_store import RunStore
from viz.backend import cached, pace
from viz.backend.job import Request
from viz.state.signals import Experiment

_SAMPLED = 12  # points of a grid from which its cost is estimated
STRENGTHS = 9  # strengths of the skips that are measured, as in `models.signals.strength`
Found = tuple[tuple[Network, Any], ...]  # (essential network, result); a `Message` says why there is none


def pair(spec: Network, experiment: Experiment, picture: bytes | None) -> Request[Pair]:
    """Return the request to measure a network and its twin alike."""
    setting = experiment.measure
    work = task("work.signals:pair", spec=_own(spec), setting=setting, picture=picture, **_trained(experiment))
    return Request(work, _cost(spec, setting, 2 * setting.seeds), _kind(experiment), stored=picture is None)


def regimes(spec: NetworkSpec, experiment: Experiment, picture: bytes | None) -> Request[tuple[tuple[Norm, Pair], ...]]:
    """Return the request to measure the network with batch norm and without norms, each with its twin.

    The weights are random, because not all four networks have trained ones.
    """
    setting = experiment.untrained.measure
    own = _own(spec.changed(norm=Norm.BATCH))
    work = task("work.signals:regimes", spec=own, setting=setting, picture=picture)
    return Request(work, _cost(spec, setting, 4 * setting.seeds), stored=picture is None)


def sweep(spec: NetworkSpec, experiment: Experiment, picture: bytes | None) -> Request[tuple[SweepPoint, ...]]:
    """Return the request to measure many depths, with and without skips; each point is a part of the job."""
    setting = experiment.untrained.measure
    depths = sweep_depths(spec, most=experiment.deepest)
    relative = sum(depth for depth, __ in depths) / max(cached.trace(spec).depth, 1)
    own = _own(spec.changed(stages=depths[0][1]))  # the same request for every depth of `spec`
    work = task("work.signals:sweep", spec=own, setting=setting, picture=picture, deepest=experiment.deepest)
    return Request(work, _cost(spec, setting, 2 * setting.seeds * relative), stored=picture is None)


def strength(spec: Network, experiment: Experiment, picture: bytes | None) -> Request[tuple[StrengthPoint, ...]]:
    """Return the request to measure the network with skips of several strengths; each point is a part of the job."""
    setting = experiment.untrained.measure
    own = _own(spec)
    if isinstance(own, NetworkSpec):
        own = own.changed(skip_scale=1.0)  # the same request whatever the strength is now
    work = task("work.signals:strength", spec=own, setting=setting, picture=picture)
    return Request(work, _cost(spec, setting, STRENGTHS * setting.seeds), stored=picture is None)


def swept(
    base: NetworkSpec, setting: MeasureSpec, axes: tuple[grid.Axis, ...]
) -> Request[tuple[PointResult | Message, ...]]:
    """Return the request to measure a grid of networks; each finished point is a part of the job.

    It is interrupted for shorter work, and a point whose reason may be another the next time is not kept.
    """
    setting = setting.changed(seeds=1)
    points = grid.points(base, setting, axes)
    real = [one for one in points if one.spec is not None]
    some = real[:: max(len(real) // _SAMPLED, 1)]
    cost = sum(_cost(one.spec, one.setting, 2) for one in some if one.spec) * len(real) / max(len(some), 1)
    longest = limits().sweep_seconds
    return Request(
        task("work.signals:grid", base=base, setting=setting, axes=axes),
        cost,
        "sweep",
        longest=inf if longest is None else longest,
        preemptible=True,
        keep=partial(grid.lasting, points),
    )


def alike(spec: Network, experiment: Experiment, picture: bytes | None) -> Request[AlikePair]:
    """Return the request to measure how alike positions and images become, in a network and in its twin."""
    setting = experiment.measure.changed(seeds=1)
    work = task("work.signals:alike", spec=_own(spec), setting=setting, picture=picture, **_trained(experiment))
    return Request(work, _cost(spec, setting, 1), _kind(experiment), stored=picture is None)


def feature_maps(
    spec: Network, path: str, experiment: Experiment, picture: bytes | None
) -> Request[tuple[FeatureMaps, FeatureMaps | None, Any]]:
    """Return the request for a layer's channels with and without skips, and the first convolution's filters.

    The channels without skips are None if the twin has no such layer.
    """
    setting = experiment.measure.changed(source=pictured(experiment), seeds=1)
    work = task(
        "work.signals:feature_maps",
        spec=_own(spec),
        path=path,
        image=experiment.image,
        setting=setting,
        picture=picture,
        **_trained(experiment),
    )
    return Request(work, _cost(spec, setting, 1), _kind(experiment), stored=picture is None)


def timings(specs: tuple[Network, ...], experiment: Experiment) -> Request[Found]:
    """Return the request for each network's `Timing` on this machine, or the reason why it can't be measured."""
    asked = experiment.measure
    setting = MeasureSpec(batch=asked.batch, seed=asked.seed, device=asked.device, precision=asked.precision)
    work = task("work.signals:timings", specs=_apart(specs), setting=setting)
    return Request(work, sum(_cost(spec, setting, 9) for spec in specs) + 2 * len(specs), "timing")


def curves(specs: tuple[Network, ...], experiment: Experiment) -> Request[Found]:
    """Return the request for each network's `Pair` with one seed, or the reason why it can't be measured."""
    setting = experiment.untrained.measure.changed(seeds=1)
    if setting.source is Source.UPLOAD:  # a picture is uploaded on the Signals page
        setting = setting.changed(source=Source.NOISE)
    work = task("work.signals:curves", specs=_apart(specs), setting=setting)
    return Request(work, sum(_cost(spec, setting, 2) for spec in specs))


def pictured(experiment: Experiment) -> Source:
    """Return the images for feature maps: photographs instead of noise, whose maps show nothing.

    Networks trained here get test images of their own data set, unless a picture is uploaded.
    """
    source = experiment.measure.source
    return Source.PHOTOS if source is Source.NOISE else source


def _own(spec: Network) -> Network:
    """The network with skips, without unused fields: both it and its twin are measured."""
    return with_skips(spec).essential


def _built(spec: NetworkSpec) -> NetworkSpec:
    return with_skips(spec).essential


def _apart(specs: tuple[Network, ...]) -> tuple[Network, ...]:
    """Each network once, in an order that does not depend on the page's."""
    return tuple(sorted({spec.essential for spec in specs}, key=lambda spec: sorted(spec.to_query().items())))


def _trained(experiment: Experiment) -> dict[str, Any]:
    """The stored run whose weights are measured, and the stamp that distinguishes them from earlier ones."""
    if experiment.measure.weights is Weights.FILE:
        return {"trained": "", "stamp": weights_stamp()}
    trained = experiment.trained if experiment.measure.weights is Weights.TRAINED else ""
    return {"trained": trained, "stamp": RunStore().read(trained).stamp if trained else 0}


def _cost(spec: Network, setting: MeasureSpec, runs: float) -> float:
    """Cost of `runs` forward and backward passes."""
    return pace.passes(cached.trace(spec), setting.batch, runs)


def _kind(experiment: Experiment) -> str:
    """Kind of the request: the download of trained weights must not affect the pace of other measurements."""
    return "measurement" if experiment.measure.weights is Weights.RANDOM else "measurement-trained"


__all__ = [
    "Timing",
    "alike",
    "curves",
    "feature_maps",
    "pair",
    "pictured",
    "regimes",
    "strength",
    "sweep",
    "sweep_depths",
    "swept",
    "timings",
]
