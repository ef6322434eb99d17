"""Tabs on what trained networks' gradients show: along single paths, and how curved the loss is."""

from functools import partial

import streamlit as st

from viz import text
from viz.backend import examination_jobs
from viz.language import N_, _
from viz.text.curvature import Curved
from viz.training import deeper_figures
from viz.training.examined import examined, together, told
from viz.training.scene import FILE, Scene
from viz.ui import chart


def paths(scene: Scene) -> None:
    """Draw number, gradient and product of both for each length of a path."""
    st.caption(
        _(
            "At every addition a path takes the skip or the branch. The gradient is sent back along single paths, up "
            "to 8 of each length, after a whole forward pass of test images, as in Veit et al. 2016."
        )
    )
    found = examined(scene.trained, "paths", examination_jobs.path_gradients, N_("Measure the paths ({time})"))
    if found is None:
        return
    along = together(scene.trained, found)
    alt = told(text.paths.compared(along), text.paths.each(along))
    drawn = [
        (one.name, one.found, look)
        for one, (__, look) in zip(along, scene.trained, strict=True)
        if one.found is not None and one.found.skips and one.found.finite
    ]
    if drawn:
        chart.show(partial(deeper_figures.paths, drawn), "paths", alt=alt, name=FILE)


def curvature(scene: Scene) -> None:
    """Draw the largest curvature before and after training."""
    st.caption(
        _(
            "The largest eigenvalue of the Hessian, the matrix of the loss's second derivatives: how steeply the loss "
            "bends along the direction in which it bends most. On one batch of training images, the same for all."
        )
    )
    found = examined(scene.trained, "curvature", examination_jobs.curvatures, N_("Measure the curvature ({time})"))
    if found is None:
        return
    curved = [Curved(curve.name, curve.run, one) for (curve, __), one in zip(scene.trained, found, strict=True)]
    alt = told(text.curvature.compared(curved), text.curvature.each(curved))
    looks = [look for __, look in scene.trained]
    named = [(one.name, one.found) for one in curved]
    chart.show(partial(deeper_figures.curvature, named, looks), "curvature", alt=alt, name=FILE)
    st.caption(
        _(
            "The loss is not quadratic, and its curvature changes in training: the limit holds for the first steps "
            "from these weights. Measured on {n} images; another batch gives another value.",
            n=found[0].images,
        )
    )
