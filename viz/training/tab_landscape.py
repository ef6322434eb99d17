"""Tab on the loss around the trained weights: a first picture soon, all its points on request."""

from functools import partial

import streamlit as st

from models.landscape.records import FINE, Surface
from viz import text
from viz.backend import training_jobs
from viz.language import N_, _, sentences
from viz.state import session
from viz.state.training import Drawn, Images
from viz.text.landscape import Around
from viz.training import landscape_figure
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
        form.choice("images", _("Loss on"), widget=st.segmented_control)
        form.choice("form", _("Drawn as"), widget=st.segmented_control)
    found = _measured(scene)
    if found is None:
        return
    subjects = [
        Around(curve.name, curve.run.network, surface)
        for (curve, __), surface in zip(scene.trained, found, strict=True)
    ]
    lines = text.landscape.surfaces(subjects)
    st.markdown("\n".join(f"- {line}" for line in lines))
    draw = landscape_figure.relief if race.form is Drawn.RELIEF else landscape_figure.contours
    named = [(one.name, one.surface) for one in subjects]
    chart.show(partial(draw, named), f"landscape_{race.form}", alt=sentences(lines), name=FILE, about="landscape")
    st.caption(
        _(
            "A network has as many directions as weights, and these are two: along others the loss may rise faster, or "
            "fall. The running statistics of norms stay those of the trained network."
        )
    )


def _measured(scene: Scene) -> tuple[Surface, ...] | None:
    """Return the surfaces that are known: with all points if there are any, else with few; None if there are none."""
    own = [(curve.run, curve.stamp) for curve, __ in scene.trained]
    there = scene.race.images is Images.TRAIN
    first = ask(
        "landscape", training_jobs.surfaces(own, training_images=there),
        button=N_("Measure the loss surface ({time})"), wanted=True,
    )  # fmt: skip
    if first.result is None or not first.fresh:
        return None
    full = ask(
        "landscape_full", training_jobs.surfaces(own, half=FINE, training_images=there),
        button=N_("Refine to 25 × 25 points ({time})"), wanted=scene.race.fine,
        on_run=lambda: session.put_race(fine=True),
    )  # fmt: skip
    return full.result if full.result is not None and full.fresh else first.result
