"""Tab on the loss around the trained weights: a first picture soon, all its points on request."""

from functools import partial

import streamlit as st

from models.landscape.records import FINE, Surface
from viz import text
from viz.backend import training_jobs
from viz.language import N_, _
from viz.state import session
from viz.state.training import Drawn, Images
from viz.text.landscape import Around
from viz.training import landscape_figure
from viz.training.examined import told
from viz.training.scene import FILE, Scene
from viz.ui import chart
from viz.ui.job_widget import ask
from viz.ui.widgets import Form


def show(scene: Scene) -> None:
    """Draw the surface of every trained network, on one scale."""
    if not scene.trained:
        st.info(_("After the first epoch, this can be measured."))
        return
    st.caption(
        _(
            "The loss where the trained weights are moved along two random directions, each filter by up to its own "
            "size, as in Li et al. 2018."
        )
    )
    race, form = scene.race, Form(scene.race, session.put_race, "surface")
    with st.container(horizontal=True):
        form.choice("loss_on", _("Loss on"), widget=st.segmented_control)
        form.choice("drawn", _("Drawn as"), widget=st.segmented_control)
    own = [(curve.run, curve.stamp) for curve, __ in scene.trained]
    there = race.loss_on is Images.TRAIN
    first = ask(
        "landscape", training_jobs.surfaces(own, training_images=there),
        button=N_("Measure the loss surface ({time})"), wanted=True,
    )  # fmt: skip
    if first.result is None or not first.fresh:
        return
    picture = st.container()  # above the button for the rest
    full = ask(
        "landscape_full", training_jobs.surfaces(own, half=FINE, training_images=there),
        button=N_("Refine to 25 × 25 points ({time})"), wanted=race.fine,
        on_run=lambda: session.put_race(fine=True),
    )  # fmt: skip
    with picture:
        _draw(scene, full.result if full.result is not None and full.fresh else first.result)


def _draw(scene: Scene, found: tuple[Surface, ...]) -> None:
    around = [
        Around(curve.name, curve.run.network, surface)
        for (curve, __), surface in zip(scene.trained, found, strict=True)
    ]
    alt = told(text.landscape.compared(around), text.landscape.surfaces(around))
    form = scene.race.drawn
    draw = landscape_figure.relief if form is Drawn.RELIEF else landscape_figure.contours
    named = [(one.name, one.surface) for one in around]
    chart.show(partial(draw, named), f"landscape_{form}", alt=alt, name=FILE, about="landscape")
    st.caption(
        _(
            "A network has as many directions as weights, and these are two: along others the loss may rise faster, or "
            "fall. The running statistics of norms stay those of the trained network."
        )
    )
