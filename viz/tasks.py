"""Heavy work as tasks for the server's queue: what is measured in a network and its twin, and in many side by side.

A task's key says all that its result depends on. torch is imported where the work is done: see `warm`.
"""

from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from models.measured import FeatureMaps, Pair, Pulse, Signals, SweepPoint, Timing
from models.runs import Runs
from models.settings import Source, Weights
from models.spec import NetworkSpec, Norm
from models.twins import twin, with_skips
from viz import measure, pace, warm
from viz.experiment import Experiment
from viz.jobs import Job, Result, Task

Found = dict[NetworkSpec, Result | str]  # by the essential network; a text says why there is no result


def pair(spec: NetworkSpec, experiment: Experiment, picture: bytes | None) -> Task[Pair]:
    """A network and its twin, measured alike."""

    def work(job: Job) -> Pair:
        return _pair(job, spec, experiment, experiment.numbers, picture, 0.0, 1.0)

    return Task(
        ("pair", *_both(spec), experiment.measured, _digest(picture), _stamp(experiment)),
        work,
        _cost(spec, experiment, 2 * experiment.seeds),
        lambda found: _weight(found.skips) + _weight(found.plain),
        kind=_kind(experiment),
    )


def regimes(spec: NetworkSpec, experiment: Experiment, picture: bytes | None) -> Task[dict[str, Pair]]:
    """With batch norm and without any, each with its twin, of random weights: not all four have others."""
    experiment = experiment.untrained
    norms = {"batch norm": Norm.BATCH, "no norm": Norm.NONE}

    def work(job: Job) -> dict[str, Pair]:
        share = 1 / len(norms)
        return {
            words: _pair(job, replace(spec, norm=norm), experiment, experiment.numbers, picture, place * share, share)
            for place, (words, norm) in enumerate(norms.items())
        }

    return Task(
        ("regimes", *_both(replace(spec, norm=Norm.BATCH)), experiment.measured, _digest(picture)),
        work,
        _cost(spec, experiment, 4 * experiment.seeds),
        lambda found: sum(_weight(own.skips) + _weight(own.plain) for own in found.values()),
    )


def sweep(spec: NetworkSpec, experiment: Experiment, picture: bytes | None) -> Task[tuple[SweepPoint, ...]]:
    """Networks of many depths, with skips and without; points are parts of the job as they come."""
    settings = {name: value for name, value in experiment.settings.items() if name not in ("weights", "trained")}

    def work(job: Job) -> tuple[SweepPoint, ...]:
        from models import signals  # noqa: PLC0415

        for point in signals.sweep(
            spec, most=experiment.deepest, seeds=experiment.numbers, picture=picture, pulse=job.pulse, **settings
        ):
            job.part(point)
        _release()
        return job.parts

    depths = sweep_depths(spec, experiment.deepest)
    relative = sum(depth for depth, _ in depths) / max(measure.trace(spec).depth, 1)
    measured = experiment.measured.untrained
    return Task(
        ("sweep", *_both(replace(spec, stages=depths[0][1])), depths, measured, _digest(picture)),
        work,
        _cost(spec, experiment, 2 * experiment.seeds * relative),
        lambda _: 100,
    )


def sweep_depths(spec: NetworkSpec, deepest: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """The depths of a sweep, with the blocks per stage of each."""
    warm.wait()
    from models.signals import sweep_depths as chosen  # noqa: PLC0415

    return chosen(spec, most=deepest)


def feature_maps(
    spec: NetworkSpec, path: str, experiment: Experiment, picture: bytes | None
) -> Task[tuple[FeatureMaps, FeatureMaps | None, Any]]:
    """A layer's channels with skips and without (None where the twin has no such layer), and the first filters."""
    settings = experiment.settings | {"source": pictured(experiment)}

    def work(job: Job) -> tuple[FeatureMaps, FeatureMaps | None, Any]:
        from models import signals  # noqa: PLC0415
        from models.trace import trace as traced  # noqa: PLC0415

        own, plain = with_skips(spec), twin(spec)
        shared: Any = settings | {"image": experiment.image, "seed": experiment.seed, "picture": picture}
        ours = signals.feature_maps(own, path, pulse=lambda done: job.pulse(done / 2), **shared)
        theirs = None
        if path in traced(plain).by_path:
            theirs = signals.feature_maps(plain, path, pulse=lambda done: job.pulse(0.5 + done / 2), **shared)
        first = signals.filters(
            own, seed=experiment.seed, weights=experiment.weights, trained=experiment.trained, pulse=job.pulse
        )
        _release()
        return ours, theirs, first

    return Task(
        ("maps", *_both(spec), path, experiment.image, experiment.measured, _digest(picture), _stamp(experiment)),
        work,
        _cost(spec, experiment, 1),
        lambda found: found[0].images.size // 10 + 100,
        kind=_kind(experiment),
    )


def timings(specs: tuple[NetworkSpec, ...], experiment: Experiment) -> Task[Found[Timing]]:
    """What each network costs here; for one that can't be measured the reason, and the others all the same."""

    def work(job: Job) -> Found[Timing]:
        from models.timing import timing  # noqa: PLC0415

        settings: Any = {name: getattr(experiment, name) for name in ("batch", "seed", "device", "precision")}
        return _each(job, specs, lambda spec, pulse: timing(spec, pulse=pulse, **settings))

    key = replace(Experiment(), batch=experiment.batch, seed=experiment.seed, device=experiment.device)
    return Task(
        ("timings", frozenset(spec.essential for spec in specs), replace(key, precision=experiment.precision)),
        work,
        sum(_cost(spec, experiment, 9) for spec in specs) + 2 * len(specs),
        lambda _: 100,
        kind="timing",
    )


def curves(specs: tuple[NetworkSpec, ...], experiment: Experiment) -> Task[Found[Pair]]:
    """Every network and its twin, of one seed; for one that can't be measured the reason."""

    def work(job: Job) -> Found[Pair]:
        from models import signals  # noqa: PLC0415

        def both(spec: NetworkSpec, pulse: Pulse) -> Pair:
            settings: Any = experiment.untrained.settings | {"seed": experiment.seed}
            if experiment.source is Source.UPLOAD:  # a picture belongs to the other page
                settings["source"] = Source.NOISE
            own = signals.measure(with_skips(spec), pulse=lambda done: pulse(done / 2), **settings)
            return Pair(own, signals.measure(twin(spec), pulse=lambda done: pulse(0.5 + done / 2), **settings))

        return _each(job, specs, both)

    return Task(
        (
            "curves",
            frozenset(spec.essential for spec in specs),
            replace(experiment.measured.untrained, seeds=1),
        ),
        work,
        sum(_cost(spec, experiment, 2) for spec in specs),
        lambda found: sum(_weight(one.skips) + _weight(one.plain) for one in found.values() if isinstance(one, Pair)),
    )


def _each(job: Job, specs: tuple[NetworkSpec, ...], measured: Callable[[NetworkSpec, Pulse], Result]) -> Found[Result]:
    """One measurement after the other; a network that does not fit or can't be says why, and the others go on."""
    apart = dict.fromkeys(spec.essential for spec in specs)
    whole, done = sum(measure.trace(spec).macs for spec in apart), 0
    found: Found[Result] = {}
    for spec in apart:
        start, share = done / whole, measure.trace(spec).macs / whole
        try:
            one: Result | str = measured(spec, lambda part, start=start, share=share: job.pulse(start + share * part))  # type: ignore[misc]
        except ValueError as error:
            one = str(error)
        except (MemoryError, RuntimeError) as error:
            if not isinstance(error, MemoryError) and "out of memory" not in str(error).lower():
                raise
            one = "The device ran out of memory; take a smaller batch or input."
        found[spec] = one
        done += measure.trace(spec).macs
        _release()
    return found


def pictured(experiment: Experiment) -> Source:
    """What feature maps are made of: there is nothing to see in those of noise. Trained networks see their own data."""
    return Source.PHOTOS if experiment.source is Source.NOISE else experiment.source


def _both(spec: NetworkSpec) -> tuple[NetworkSpec, NetworkSpec]:
    """The two networks that are measured: what keys are made of."""
    return with_skips(spec).essential, twin(spec).essential


def _pair(
    job: Job,
    spec: NetworkSpec,
    experiment: Experiment,
    seeds: tuple[int, ...],
    picture: bytes | None,
    start: float,
    share: float,
) -> Pair:
    from models import signals  # noqa: PLC0415

    found = []
    for place, own in enumerate((with_skips(spec), twin(spec))):
        first = start + share * place / 2
        found.append(
            signals.measure(
                own,
                seeds=seeds,
                picture=picture,
                pulse=lambda done, first=first: job.pulse(first + share * done / 2),  # type: ignore[misc]
                **experiment.settings,
            )
        )
    _release()
    return Pair(*found)


def _cost(spec: NetworkSpec, experiment: Experiment, runs: float) -> float:
    """Of so many passes forward and back."""
    return pace.passes(measure.trace(spec), experiment.batch, runs)


def _kind(experiment: Experiment) -> str:
    """Trained weights may have to be fetched first: that says nothing about the pace of other measurements."""
    return "measurement" if experiment.weights is Weights.RANDOM else "measurement with trained weights"


def _weight(signals: Signals) -> int:
    """Of a result that is kept: readings of layers."""
    return len(signals.layers) * len(signals.runs)


def _stamp(experiment: Experiment) -> int:
    """Tells a run's weights from those that it had before."""
    return Runs().read(experiment.trained).stamp if experiment.trained else 0


def _digest(picture: bytes | None) -> str:
    return "" if picture is None else blake2b(picture, digest_size=8).hexdigest()


def _release() -> None:
    from models.device import release  # noqa: PLC0415

    release()
