"""What is known of a step's scene: its numbers, and the measurement that its figure draws."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from models.signals.compact import Stamp
from models.signals.records import Pair
from models.training.stored_run import Status
from viz.backend import cached, shipped, signal_jobs, training_jobs
from viz.language import N_, _
from viz.lessons import numbers
from viz.lessons.errors import LessonError
from viz.lessons.lesson import Step
from viz.lessons.scenes import Scene
from viz.state.compare import entries
from viz.state.subjects import Curve
from viz.state.training import runners
from viz.ui.job_widget import ask

_PAIRS = "lesson_pairs"  # in the session state
_MOST_PAIRS = 12


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of a scene, and where its measurement is from; None if it isn't measured yet."""

    numbers: dict[str, float]
    origin: str = ""
    pair: Pair | None = None
    curves: tuple[Curve, ...] = ()


def found(step: Step, scene: Scene) -> Found | None:
    """Return a scene's numbers. A measurement that is missing starts, or its button is drawn.

    Raises `UserError` if the scene can't be shown, or lacks a number that the step tells or asks for.
    """
    if scene.page == "signals":
        return _checked(step, _signals(scene))
    if scene.page == "training":
        known = _race(scene)
        if known is None:
            st.info(_("These networks are not trained yet. Train them on the Training page."))
        return _checked(step, known)
    return quiet(step, scene, {})


def quiet(step: Step, scene: Scene, pairs: Mapping[str, Pair]) -> Found | None:
    """Return a scene's numbers if they are known; nothing is measured, and nothing drawn. Raises as `found` does.

    `pairs` are signals that were measured here, by request.
    """
    if scene.page == "signals":
        request = signal_jobs.pair(scene.spec, scene.experiment, None)
        before = shipped.pair(scene.spec, request)
        if before is not None:
            return _checked(step, _shipped(*before))
        pair = pairs.get(request.key)
        return _checked(step, Found(numbers.of_pair(pair), pair=pair) if pair is not None else None)
    if scene.page == "training":
        return _checked(step, _race(scene))
    if scene.page == "compare":
        compared = entries(scene.comparison.slots, scene.spec)
        return _checked(step, Found(numbers.of_several([cached.trace(one.spec) for one in compared])))
    return _checked(step, Found(numbers.of_trace(cached.trace(scene.spec), scene.view.layer)))


def measured_here() -> dict[str, Pair]:
    """Return the signals that this visitor has measured in lessons, by request."""
    pairs: dict[str, Pair] = st.session_state.setdefault(_PAIRS, {})
    return pairs


def _checked(step: Step, known: Found | None) -> Found | None:
    """Raise `LessonError` if a number is missing that the step tells or asks for."""
    if known is None:
        return None
    for name in sorted(step.fields):
        if name not in known.numbers:
            raise LessonError("the scene has no number {field}: is a layer selected, or a network missing?",
                              field=repr(name))  # fmt: skip
    return known


def _signals(scene: Scene) -> Found | None:
    request = signal_jobs.pair(scene.spec, scene.experiment, None)
    before = shipped.pair(scene.spec, request)
    if before is not None:
        return _shipped(*before)
    answer = ask("lesson", request, button=N_("Measure it ({time})"), wanted=True)
    if answer.result is None or not answer.fresh:
        return None
    pairs = measured_here()
    pairs[request.key] = answer.result
    while len(pairs) > _MOST_PAIRS:
        pairs.pop(next(iter(pairs)))
    return Found(numbers.of_pair(answer.result), _("Measured here."), answer.result)


def _shipped(pair: Pair, stamp: Stamp) -> Found:
    return Found(numbers.of_pair(pair), _("Measured before, on {date}.", date=stamp.date), pair)


def _race(scene: Scene) -> Found | None:
    """The runs that come with the program, so that a lesson's answers stay those that were tested, else those here."""
    curves, origin = [], ""
    for runner in runners(scene.race, scene.spec):
        before = shipped.run(runner.run)
        own, made = before if before is not None else (training_jobs.kept(runner.run), "")
        if own is None or own.status is not Status.DONE or not own.epochs:
            return None
        origin = _("Trained before, on {made}.", made=made) if made else origin or _("Trained here.")
        curves.append(Curve(runner.name, runner.run, own))
    return Found(numbers.of_race(curves), origin, curves=tuple(curves))
