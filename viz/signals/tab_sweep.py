"""Tab: the gradients' ratio against depth, drawn while it is measured."""

from functools import partial

import streamlit as st

from models.specs.spec import NetworkSpec
from models.specs.sweep_depths import sweep_depths
from viz import text
from viz.backend import signal_jobs
from viz.backend.job import Job
from viz.language import N_, _, listing, ngettext
from viz.signals import sweep_figures
from viz.signals.scene import Scene
from viz.state import session
from viz.ui import chart
from viz.ui.job_widget import ask


def show(scene: Scene) -> None:
    spec = scene.spec
    if not isinstance(spec, NetworkSpec):  # this tab is not shown then
        return
    left, right = st.columns([2, 5], vertical_alignment="bottom")
    with left:
        words = _("The sweep goes from the family's shallowest network up to this depth.")
        scene.form.number("deepest", _("Greatest depth, layers"), help=words)
    request = signal_jobs.sweep(spec, scene.experiment, scene.picture)
    depths = [depth for depth, __ in sweep_depths(spec, most=scene.experiment.deepest)]
    if len(depths) < 2:
        st.info(_("This family has fewer than two networks up to this depth."))
        return
    right.caption(
        ngettext(
            "Depths {depths}, each with and without skips, {n} seed.",
            "Depths {depths}, each with and without skips, {n} seeds.",
            scene.experiment.measure.seeds,
            depths=listing(depths),
        )
    )
    answer = ask(
        "sweep",
        request,
        button=N_("Run the sweep ({time})"),
        wanted=scene.experiment.sweep,
        on_run=lambda: session.put_experiment(sweep=True),
    )
    if answer.job is not None and not answer.job.over:
        _filling(answer.job, depths, scene.name)
        return
    points = answer.job.parts if answer.job is not None and answer.job.parts else answer.result
    if points:
        said = text.measured.sweep(points)
        st.markdown(f"**{said}**")
        draw = partial(sweep_figures.sweep, points, depths)
        chart.show(draw, "sweep", alt=scene.alt(said), name=scene.name)


@st.fragment(run_every=1.0)
def _filling(job: Job, depths: list[int], name: str) -> None:
    """Draw the chart of a sweep while its points are measured."""
    points = job.parts
    said = text.measured.sweep(points)
    st.markdown(f"**{said}**")
    chart.show(partial(sweep_figures.sweep, points, depths), "sweep", alt=said, name=name)
