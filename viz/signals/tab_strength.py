"""Tab: the gradients' ratio against the strength of the skips, drawn while it is measured."""

from functools import partial

import streamlit as st

from models.signals.skip_records import StrengthPoint
from models.specs.choices import Gate
from models.specs.spec import NetworkSpec
from viz import text
from viz.backend import signal_jobs
from viz.backend.job import Job
from viz.language import N_, _
from viz.signals import strength_figures
from viz.signals.scene import Scene
from viz.state import session
from viz.ui import chart
from viz.ui.job_widget import ask


def show(scene: Scene) -> None:
    if not any(layer.kind == "add" for layer in scene.pair.skips.trace.layers):
        st.info(_("This network has no addition whose skip could be made weaker."))
        return
    if isinstance(scene.spec, NetworkSpec) and scene.spec.gate is not Gate.NONE:
        st.info(_("The gates of this network say how much of the skip passes, so it has no strength of its own."))
        return
    st.caption(
        _(
            "How much skip does it take? At every addition the skip is multiplied by a number from 0 (without skips) "
            "to 1 (the network itself); weights, images and labels stay the same."
        )
    )
    answer = ask(
        "strength",
        signal_jobs.strength(scene.spec, scene.experiment, scene.picture),
        button=N_("Measure nine strengths ({time})"),
        wanted=scene.experiment.strength,
        on_run=lambda: session.put_experiment(strength=True),
    )
    if answer.job is not None and not answer.job.over:
        _filling(answer.job, scene.name)
    elif answer.result:
        _drawn(answer.result, scene.name)


@st.fragment(run_every=1.0)
def _filling(job: Job, name: str) -> None:
    """Draw the chart while its points are measured."""
    _drawn(job.parts, name)


def _drawn(points: tuple[StrengthPoint, ...], name: str) -> None:
    said = text.strength.strength(points)
    st.markdown(f"**{said}**")
    chart.show(partial(strength_figures.strength, points), "strength", alt=said, name=name)
