"""Tasks that measure a network and its twin, or many networks side by side."""

from dataclasses import replace
from typing import Any

from ..results.task import task
from ..runtime.device import release
from ..runtime.messages import Message, UserError
from ..runtime.progress import Progress, ProgressCallback, part, share_of
from ..runtime.settings import Weights
from ..signals import alike as similar
from ..signals import feature_maps as maps
from ..signals import strength as strengths
from ..signals import sweep as sweeps
from ..signals.grid import Axis
from ..signals.grid import points as grid_points
from ..signals.grid_point import point as grid_point_of
from ..signals.grid_records import PointResult
from ..signals.measure import measure
from ..signals.measure_spec import MeasureSpec
from ..signals.prepare import Prepare, preparation
from ..signals.records import FeatureMaps, Pair, SweepPoint, Timing
from ..signals.skip_records import AlikePair, StrengthPoint
from ..signals.timing import timing as time_of
from ..specs.choices import Norm
from ..specs.depth import depth
from ..specs.external import Network
from ..specs.spec import NetworkSpec
from ..specs.twins import twin, with_skips
from ..tracing.tracer import trace
from ..training.run_store import RunStore
from ..training.weights import preparation as kept_preparation
from .points import OfPoints, Points


def pair(
    progress: Progress, *, spec: Network, setting: MeasureSpec, picture: bytes | None, trained: str, stamp: int
) -> Pair:
    """Measure a network and its twin alike; `stamp` distinguishes the weights of run `trained` from earlier ones."""
    try:
        return _pair(progress.tell, spec, setting, picture, trained)
    finally:
        release()


def regimes(
    progress: Progress, *, spec: NetworkSpec, setting: MeasureSpec, picture: bytes | None
) -> tuple[tuple[Norm, Pair], ...]:
    """Measure the network with batch norm and without norms, each with its twin."""
    norms = (Norm.BATCH, Norm.NONE)
    try:
        return tuple(
            (norm, _pair(share_of(progress.tell, place, len(norms)), replace(spec, norm=norm), setting, picture, ""))
            for place, norm in enumerate(norms)
        )
    finally:
        release()


@OfPoints
def sweep(*, spec: NetworkSpec, setting: MeasureSpec, picture: bytes | None, deepest: int) -> Points:
    """Measure networks of many depths, with and without skips; the result is a tuple of `SweepPoint`."""
    plan = sweeps.sweep_plan(spec, setting, most=deepest)
    return Points(
        tuple(
            task("work.signals:sweep_point", spec=one.spec, setting=one.setting, picture=picture, depth=one.depth,
                 skips=one.skips)
            for one in plan
        ),
        tuple(float(one.depth) for one in plan),
    )  # fmt: skip


def sweep_point(
    progress: Progress, *, spec: NetworkSpec, setting: MeasureSpec, picture: bytes | None, depth: int, skips: bool
) -> SweepPoint:
    """Measure a network of a depth sweep."""
    try:
        planned = sweeps.Planned(depth=depth, skips=skips, spec=spec, setting=setting)
        return sweeps.sweep_point(planned, picture=picture, progress=progress.tell)
    finally:
        release()


@OfPoints
def strength(*, spec: Network, setting: MeasureSpec, picture: bytes | None) -> Points:
    """Measure a network with weaker and weaker skips; the result is a tuple of `StrengthPoint`."""
    plan = strengths.strength_plan(spec, setting)
    work = (task("work.signals:strength_point", spec=own, setting=one, picture=picture) for own, one in plan)
    return Points(tuple(work), (1.0,) * len(plan))


def strength_point(progress: Progress, *, spec: Network, setting: MeasureSpec, picture: bytes | None) -> StrengthPoint:
    """Measure a network with weaker skips."""
    try:
        return strengths.strength_point(spec, setting, picture=picture, progress=progress.tell)
    finally:
        release()


@OfPoints
def grid(*, base: NetworkSpec, setting: MeasureSpec, axes: tuple[Axis, ...]) -> Points:
    """Measure all networks of a grid; the result is a tuple of `PointResult` or, where there is none, `Message`."""
    points = grid_points(base, setting, axes)
    real = tuple((one.spec, one.setting) for one in points if one.spec is not None)

    def whole(results: tuple[PointResult | Message, ...]) -> tuple[PointResult | Message | None, ...]:
        measured = iter(results)
        return tuple(next(measured) if one.spec is not None else one.why for one in points)

    work = (task("work.signals:grid_point", spec=spec.essential, setting=own) for spec, own in real)
    return Points(tuple(work), tuple(float(depth(spec)) for spec, _ in real), apart=True, wrap=whole)


def grid_point(progress: Progress, *, spec: NetworkSpec, setting: MeasureSpec) -> PointResult:
    """Measure a network of a grid, with and without skips."""
    try:
        return grid_point_of(spec, setting, progress=progress.tell)
    finally:
        release()


def alike(
    progress: Progress, *, spec: Network, setting: MeasureSpec, picture: bytes | None, trained: str, stamp: int
) -> AlikePair:
    """Measure how alike positions and images become in a network and in its twin."""
    try:
        ours, theirs = (
            similar.alike(
                own, setting,
                prepare=_preparation(own, setting, picture, trained), progress=part(progress.tell, place / 2, 1 / 2),
            )
            for place, own in enumerate((with_skips(spec), twin(spec)))
        )  # fmt: skip
        return AlikePair(ours, theirs)
    finally:
        release()


def feature_maps(
    progress: Progress,
    *,
    spec: Network,
    path: str,
    image: int,
    setting: MeasureSpec,
    picture: bytes | None,
    trained: str,
    stamp: int,
) -> tuple[FeatureMaps, FeatureMaps | None, Any]:
    """Return a layer's channels with and without skips (None if the twin lacks the layer), and the first filters."""
    try:
        return _feature_maps(progress, spec, path, image, setting, picture, trained)
    finally:
        release()


def _feature_maps(
    progress: Progress,
    spec: Network,
    path: str,
    image: int,
    setting: MeasureSpec,
    picture: bytes | None,
    trained: str,
) -> tuple[FeatureMaps, FeatureMaps | None, Any]:
    found: list[FeatureMaps | None] = []
    for place, own in enumerate((with_skips(spec), twin(spec))):
        if path in trace(own).by_path:
            prepare = _preparation(own, setting, picture, trained)
            share = part(progress.tell, place / 2, 1 / 2)
            found.append(maps.feature_maps(own, path, setting, image=image, prepare=prepare, progress=share))
        else:
            found.append(None)
    ours, theirs = found
    if ours is None:
        raise UserError("The network has no layer {layer}.", layer=path)
    smallest = replace(setting, batch=2)
    network = _preparation(with_skips(spec), smallest, picture, trained)(setting.seed, progress.tell).network
    return ours, theirs, maps.filters(network)


@OfPoints
def timings(*, specs: tuple[Network, ...], setting: MeasureSpec) -> Points:
    """Measure the cost of each network on this machine; the result is a tuple of (network, `Timing` or `Message`)."""
    return _each("work.signals:timing", specs, alone=True, setting=setting)


@OfPoints
def curves(*, specs: tuple[Network, ...], setting: MeasureSpec) -> Points:
    """Measure each network and its twin; the result is a tuple of (network, `Pair` or `Message`)."""
    return _each("work.signals:pair", specs, setting=setting, picture=None, trained="", stamp=0)


def _each(function: str, specs: tuple[Network, ...], *, alone: bool = False, **arguments: Any) -> Points:
    """The same for several networks; for one that does not fit or is invalid, the result is the reason."""
    return Points(
        tuple(task(function, spec=spec, **arguments) for spec in specs),
        tuple(float(trace(spec).macs) for spec in specs),
        apart=True,
        alone=alone,
        wrap=lambda results: tuple(zip(specs, results, strict=True)),
    )


def timing(progress: Progress, *, spec: Network, setting: MeasureSpec) -> Timing:
    """Measure the cost of a network on this machine."""
    try:
        return time_of(spec, setting, progress=progress.tell)
    finally:
        release()


def _pair(
    tell: ProgressCallback | None, spec: Network, setting: MeasureSpec, picture: bytes | None, trained: str
) -> Pair:
    ours, theirs = (
        measure(
            own,
            setting,
            prepare=_preparation(own, setting, picture, trained),
            progress=part(tell, place / 2, 1 / 2),
        )
        for place, own in enumerate((with_skips(spec), twin(spec)))
    )
    return Pair(ours, theirs)


def _preparation(spec: Network, setting: MeasureSpec, picture: bytes | None, trained: str) -> Prepare:
    if setting.weights is Weights.TRAINED:
        return kept_preparation(trained, spec, setting, RunStore(), picture)
    return preparation(spec, setting, picture)
