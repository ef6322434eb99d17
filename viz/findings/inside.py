"""What is found inside trained networks: gradients over time, lesions, responses, feature reuse."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from models.learned import Lesions, Response
from models.recipe import RunSpec
from models.spec import Family, Shortcut
from viz import chart, lessons, trainings
from viz.findings import FILE, Scene
from viz.jobs import Task
from viz.waiting import ask


def gradients(scene: Scene) -> None:
    from viz.figures import training  # noqa: PLC0415

    shown = [curve for curve, _ in scene.trained]
    if not shown:
        st.info("When the first epoch is over, the gradient of every layer appears here.")
        return
    said = lessons.gradients(shown)
    st.markdown(f"**{said}**")
    chart.show(partial(training.gradients, shown), "heat", alt=said, name=FILE)
    st.caption("How large the gradient of each layer's weights was: a mean over each epoch's steps, on one scale.")


def lesions(scene: Scene) -> None:
    from viz.figures import training  # noqa: PLC0415

    st.caption(
        "One block is taken out of the trained network, the others stay as they are, and the test images are read "
        "again. Of a residual block the branch goes and the skip stays; of a plain one its input goes on."
    )
    answer = _all(scene, "lesions", trainings.lesions, "Take out blocks")
    if answer is not None:
        named: list[tuple[str, Lesions]] = answer
        lines = lessons.lesions(named)
        st.markdown("\n".join(f"- {line}" for line in lines))
        draw = partial(training.lesions, named, [look for _, look in scene.trained])
        chart.show(draw, "lesions", alt=" ".join(lines), name=FILE)


def responses(scene: Scene) -> None:
    from viz.figures import training  # noqa: PLC0415

    st.caption("The spread of what each convolution puts out behind its norm, on test images, as in He 2015, figure 7.")
    answer = _all(scene, "responses", trainings.responses, "Measure responses")
    if answer is not None:
        named: list[tuple[str, tuple[Response, ...]]] = answer
        said = lessons.responses(named)
        st.markdown(f"**{said}**")
        draw = partial(training.responses, named, [look for _, look in scene.trained])
        chart.show(draw, "responses", alt=said, name=FILE)


def reuse(scene: Scene) -> None:
    from viz.figures import training  # noqa: PLC0415

    dense = [curve for curve, _ in scene.trained if curve.run.network.family is Family.DENSENET]
    dense = [curve for curve in dense if curve.run.network.shortcut is Shortcut.CONCAT]
    if not dense:
        st.info("Here a DenseNet shows which of its earlier layers each layer leans on. Add one to the race.")
        return
    for place, curve in enumerate(dense):
        task = trainings.reuse(curve.run, curve.stamp)
        answer = ask(f"reuse_{place}", task, button="Look", wanted=True, on_run=lambda: None)
        if answer.result is not None and answer.fresh:
            alt = f"How strongly each layer of {curve.name} weighs what the earlier ones put out."
            st.markdown(f"**{curve.name}**: the mean absolute weight that each layer gives to each earlier one.")
            chart.show(partial(training.reuse, answer.result), f"reuse_{place}", alt=alt, name=FILE)


def _all(scene: Scene, what: str, task: Callable[[Sequence[tuple[RunSpec, int]]], Task[Any]], button: str) -> Any:
    """The same look at every trained network, in one job: (name, what was found) of each."""
    if not scene.trained:
        st.info("When the first epoch is over, the trained networks are looked into here.")
        return None
    asked = task([(curve.run, curve.stamp) for curve, _ in scene.trained])
    answer = ask(what, asked, button=button, wanted=True, on_run=lambda: None)
    if answer.result is None or not answer.fresh:
        return None
    return [(curve.name, found) for (curve, _), found in zip(scene.trained, answer.result, strict=True)]
