"""Tabs on what trained networks' gradients show: along single paths, and how curved the loss is."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from models.training.run_spec import RunSpec
from viz import text
from viz.backend import training_jobs
from viz.backend.job import Request
from viz.language import N_, _, sentences
from viz.text.curvature import Curved
from viz.text.paths import Along
from viz.training import deeper_figures
from viz.training.scene import FILE, Scene
from viz.ui import chart
from viz.ui.job_widget import ask


def paths(scene: Scene) -> None:
    """Draw number, gradient and product of both for each length of a path."""
    st.caption(
        _(
            "At every addition a path takes the skip or the branch. The gradient is sent back along single paths, up "
            "to 8 of each length, after a whole forward pass of test images, as in Veit et al. 2016."
        )
    )
    found = _all(scene, "paths", training_jobs.path_gradients, N_("Measure the paths ({time})"))
    if found is None:
        return
    along = [Along(curve.name, curve.run.network, one) for (curve, __), one in zip(scene.trained, found, strict=True)]
    compared, lines = text.paths.compared(along), text.paths.each(along)
    _say(compared, lines)
    drawn = [
        (one.name, one.found, look)
        for one, (__, look) in zip(along, scene.trained, strict=True)
        if one.found is not None and one.found.skips and one.found.finite
    ]
    if drawn:
        alt = sentences(filter(None, (compared, *lines)))
        chart.show(partial(deeper_figures.paths, drawn), "paths", alt=alt, name=FILE)


def curvature(scene: Scene) -> None:
    """Draw the largest curvature before and after training."""
    st.caption(
        _(
            "The largest eigenvalue of the Hessian, the matrix of the loss's second derivatives: how steeply the loss "
            "bends along the direction in which it bends most. On one batch of training images, the same for all."
        )
    )
    found = _all(scene, "curvature", training_jobs.curvatures, N_("Measure the curvature ({time})"))
    if found is None:
        return
    curved = [Curved(curve.name, curve.run, one) for (curve, __), one in zip(scene.trained, found, strict=True)]
    compared, lines = text.curvature.compared(curved), text.curvature.each(curved)
    _say(compared, lines)
    looks = [look for __, look in scene.trained]
    alt = sentences(filter(None, (compared, *lines)))
    named = [(one.name, one.found) for one in curved]
    chart.show(partial(deeper_figures.curvature, named, looks), "curvature", alt=alt, name=FILE)
    st.caption(
        _(
            "The loss is no bowl, and its curvature changes in training: the limit holds for the first steps from "
            "these weights. Measured on {n} images; another batch gives another value.",
            n=found[0].images,
        )
    )


def _say(compared: str, lines: Sequence[str]) -> None:
    if compared:
        st.markdown(f"**{compared}**")
    st.markdown("\n".join(f"- {line}" for line in lines))


def _all(scene: Scene, what: str, task: Callable[[Sequence[tuple[RunSpec, int]]], Request[Any]], button: str) -> Any:
    """Measure every trained network in one job; return the results, None until they are there."""
    if not scene.trained:
        st.info(_("After the first epoch, this can be measured."))
        return None
    asked = task([(curve.run, curve.stamp) for curve, __ in scene.trained])
    answer = ask(what, asked, button=button, wanted=True)
    return answer.result if answer.result is not None and answer.fresh else None
