"""The tabs below the curves. Only the open one is drawn."""

from collections.abc import Callable

from viz.state import session
from viz.state.training import Lesson
from viz.training import (
    tab_before_after,
    tab_class_maps,
    tab_deeper,
    tab_inside,
    tab_landscape,
    tab_pictures,
    tab_results,
    tab_runs,
)
from viz.training.scene import Scene
from viz.ui import widgets


def show(scene: Scene) -> None:
    bodies: dict[Lesson, Callable[[Scene], None]] = {
        Lesson.RESULTS: tab_results.accuracies,
        Lesson.PREDICTIONS: tab_pictures.predicted,
        Lesson.CONFUSION: tab_pictures.confusion,
        Lesson.OWN: tab_pictures.own,
        Lesson.MAPS: tab_class_maps.show,
        Lesson.GRADIENTS: tab_inside.layers,
        Lesson.LESIONS: tab_inside.lesions,
        Lesson.RESPONSES: tab_inside.responses,
        Lesson.REUSE: tab_inside.reuse,
        Lesson.PATHS: tab_deeper.paths,
        Lesson.LANDSCAPE: tab_landscape.show,
        Lesson.CURVATURE: tab_deeper.curvature,
        Lesson.AGREEMENT: tab_before_after.agreement,
        Lesson.UNITS: tab_before_after.units,
        Lesson.RUNS: lambda __: tab_runs.show(),
        Lesson.NUMBERS: tab_results.epochs,
    }
    widgets.tabs(
        bodies,
        scene.race.lesson,
        "race_tab",
        lambda lesson: session.put_race(lesson=lesson),
        lambda lesson: bodies[lesson](scene),
    )
