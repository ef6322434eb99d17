"""What is known of a step's scene: its numbers, and the measurement that its figure draws."""

from dataclasses import dataclass

import streamlit as st

from models.signals.records import Pair
from models.training.stored_run import Status
from viz.backend import cached, shipped, signal_jobs, training_jobs
from viz.language import N_, _
from viz.lessons import numbers
from viz.lessons.scenes import Scene
from viz.state.compare import entries
from viz.state.subjects import Curve
from viz.state.training import runners
from viz.ui.job_widget import ask, known


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of a scene, and where its measurement is from; None if it isn't measured yet."""

    numbers: dict[str, float]
    origin: str = ""
    pair: Pair | None = None
    curves: tuple[Curve, ...] = ()


def found(scene: Scene) -> Found | None:
    """Return a scene's numbers. A measurement that is missing starts, or its button is drawn."""
    if scene.page == "architecture":
        return Found(numbers.of_trace(cached.trace(scene.spec), scene.view.layer))
    if scene.page == "compare":
        compared = entries(scene.comparison.slots, scene.spec)
        return Found(numbers.of_several([cached.trace(one.spec) for one in compared]))
    return _signals(scene) if scene.page == "signals" else _race(scene)


def quiet(scene: Scene) -> Found | None:
    """Return a scene's numbers if they are known; nothing is measured, and nothing drawn."""
    if scene.page != "signals":
        return found(scene) if scene.page != "training" else _race(scene, quiet=True)
    request = signal_jobs.pair(scene.spec, scene.experiment, None)
    before = shipped.pair(scene.spec, request)
    pair = before[0] if before is not None else known("lesson", request)
    return Found(numbers.of_pair(pair), pair=pair) if pair is not None else None


def _signals(scene: Scene) -> Found | None:
    request = signal_jobs.pair(scene.spec, scene.experiment, None)
    before = shipped.pair(scene.spec, request)
    if before is not None:
        pair, stamp = before
        return Found(numbers.of_pair(pair), _("Measured before, on {date}.", date=stamp.date), pair)
    answer = ask("lesson", request, button=N_("Measure it ({time})"), wanted=True)
    if answer.result is None or not answer.fresh:
        return None
    return Found(numbers.of_pair(answer.result), _("Measured here."), answer.result)


def _race(scene: Scene, *, quiet: bool = False) -> Found | None:
    curves, origin = [], _("Trained here.")
    for runner in runners(scene.race, scene.spec):
        own = training_jobs.kept(runner.run)
        if own is None or own.status is not Status.DONE:
            before = shipped.run(runner.run)
            if before is None:
                if quiet:
                    return None
                st.info(_("These networks are not trained yet. Train them on the Training page."))
                return None
            own, made = before
            origin = _("Trained before, on {made}.", made=made)
        curves.append(Curve(runner.name, runner.run, own))
    return Found(numbers.of_race(curves), origin, curves=tuple(curves))
