"""Tab: whether positions of an image, and images of the batch, become alike along the network."""

from functools import partial

import streamlit as st

from viz import text
from viz.backend import signal_jobs
from viz.language import N_, _
from viz.signals import strength_figures
from viz.signals.scene import Scene
from viz.ui import chart
from viz.ui.job_widget import ask


def show(scene: Scene) -> None:
    st.caption(
        _(
            "The mean cosine of the angles between the outputs of a block: at all pairs of positions of an image, and "
            "for all pairs of images. Attention without skips is known to make all positions alike (arXiv 2103.03404)."
        )
    )
    answer = ask(
        "alike",
        signal_jobs.alike(scene.spec, scene.experiment, scene.picture),
        button=N_("Measure ({time})"),
        wanted=True,
    )
    if answer.result is None:
        return
    with st.container(key="fresh_alike" if answer.fresh else "stale_alike"):
        said = text.strength.alike(answer.result)
        st.markdown(f"**{said}**")
        for column, positions in zip(st.columns(2), (True, False), strict=True):
            with column:
                draw = partial(strength_figures.alike, answer.result, positions=positions, selected=scene.view.layer)
                chart.show(draw, "alike_positions" if positions else "alike_images", alt=said, name=scene.name)
