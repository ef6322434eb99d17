"""What is looked at behind the curves; only the open tab is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from viz import state
from viz.lessons import Curve
from viz.race import Lesson, Race
from viz.theme import Look

FILE = "training"  # what files are called


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a tab may draw from."""

    curves: tuple[Curve, ...]
    looks: tuple[Look, ...]
    race: Race

    @property
    def trained(self) -> list[tuple[Curve, Look]]:
        """The networks that have learnt for an epoch at least."""
        return [(curve, look) for curve, look in zip(self.curves, self.looks, strict=True) if curve.epochs]


def show(curves: Sequence[Curve], looks: Sequence[Look], race: Race) -> None:
    from viz.findings import inside, pictures, results, shelf  # noqa: PLC0415

    scene = Scene(tuple(curves), tuple(looks), race)
    bodies: dict[Lesson, Callable[[Scene], None]] = {
        Lesson.RESULTS: results.accuracies,
        Lesson.PREDICTIONS: pictures.predicted,
        Lesson.CONFUSION: pictures.confusion,
        Lesson.OWN: pictures.own,
        Lesson.GRADIENTS: inside.gradients,
        Lesson.LESIONS: inside.lesions,
        Lesson.RESPONSES: inside.responses,
        Lesson.REUSE: inside.reuse,
        Lesson.RUNS: lambda _: shelf.show(),
        Lesson.NUMBERS: results.epochs,
    }
    state.seed("lesson", str(race.lesson))
    tabs = st.tabs([str(lesson) for lesson in Lesson], key="lesson", on_change=_changed)
    for lesson, container in zip(Lesson, tabs, strict=True):
        if container.open:
            with container:
                bodies[lesson](scene)


def _changed() -> None:
    state.put_race(lesson=Lesson(st.session_state["lesson"]))


def choose(scene: Scene) -> Curve:
    """A menu of the trained networks; returns the chosen one, at first the one with the best test accuracy."""
    trained = [curve for curve, _ in scene.trained]
    names = [curve.name for curve in trained]
    chosen = scene.curves[scene.race.who - 1] if 0 < scene.race.who <= len(scene.curves) else None
    best = max(trained, key=lambda curve: curve.epochs[-1].test_accuracy)
    start = chosen if chosen in trained else best
    state.seed("race_who", start.name)

    def changed() -> None:
        chosen = st.session_state["race_who"]
        state.put_race(who=[curve.name for curve in scene.curves].index(chosen) + 1)

    st.segmented_control("Network", names, key="race_who", required=True, on_change=changed)
    return next(curve for curve in trained if curve.name == st.session_state["race_who"])
