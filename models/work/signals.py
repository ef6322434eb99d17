"""Tasks that measure a network and its twin, or many networks side by side."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ..runtime.device import release
from ..runtime.messages import OUT_OF_MEMORY, Message, UserError
from ..runtime.progress import Progress, ProgressCallback, part, share_of
from ..runtime.settings import Weights
from ..signals import alike as similar
from ..signals import feature_maps as maps
from ..signals import strength as strengths
from ..signals import sweep as sweeps
from ..signals.measure import measure
from ..signals.measure_spec import MeasureSpec
from ..signals.prepare import Prepare, preparation
from ..signals.records import FeatureMaps, Pair, SweepPoint, Timing
from ..signals.skip_records import AlikePair, StrengthPoint
from ..signals.timing import timing
from ..specs.choices import Norm
from ..specs.external import Network
from ..specs.spec import NetworkSpec
from ..specs.twins import twin, with_skips
from ..tracing.tracer import trace
from ..training.run_store import RunStore
from ..training.weights import preparation as kept_preparation

Result = TypeVar("Result")
Found = tuple[tuple[Network, Result | Message], ...]  # a message: the reason why there is no result


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


def sweep(
    progress: Progress, *, spec: NetworkSpec, setting: MeasureSpec, picture: bytes | None, deepest: int
) -> tuple[SweepPoint, ...]:
    """Measure networks of many depths, with and without skips; each point is reported as a part when it is measured."""
    points = []
    try:
        for point in sweeps.sweep(spec, setting, most=deepest, picture=picture, progress=progress.tell):
            points.append(point)
            progress.part(point)
    finally:
        release()
    return tuple(points)


def strength(
    progress: Progress, *, spec: Network, setting: MeasureSpec, picture: bytes | None
) -> tuple[StrengthPoint, ...]:
    """Measure a network with weaker and weaker skips; each point is reported as a part when it is measured."""
    points = []
    try:
        for point in strengths.strength(spec, setting, picture=picture, progress=progress.tell):
            points.append(point)
            progress.part(point)
    finally:
        release()
    return tuple(points)


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


def timings(progress: Progress, *, specs: tuple[Network, ...], setting: MeasureSpec) -> Found[Timing]:
    """Measure the cost of each network on this machine."""

    return _each(progress.tell, specs, lambda spec, share: timing(spec, setting, progress=share))


def curves(progress: Progress, *, specs: tuple[Network, ...], setting: MeasureSpec) -> Found[Pair]:
    """Measure each network and its twin."""
    return _each(progress.tell, specs, lambda spec, share: _pair(share, spec, setting, None, ""))


def _each(
    tell: ProgressCallback, specs: Sequence[Network], measured: Callable[[Network, ProgressCallback], Result]
) -> Found[Result]:
    """Measure one network after another; for one that does not fit or is invalid, the result is the reason."""
    macs = [trace(spec).macs for spec in specs]
    found: list[tuple[Network, Result | Message]] = []
    for place, spec in enumerate(specs):
        share = part(tell, sum(macs[:place]) / sum(macs), macs[place] / sum(macs))
        try:
            found.append((spec, measured(spec, share or tell)))
        except UserError as error:
            found.append((spec, error.message))
        except (MemoryError, RuntimeError) as error:
            if not isinstance(error, MemoryError) and "out of memory" not in str(error).lower():
                raise
            found.append((spec, OUT_OF_MEMORY))
        release()
    return tuple(found)


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
