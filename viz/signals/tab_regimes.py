"""Tab: gradients with batch norm and without norms, each with and without skips."""

from functools import partial

import streamlit as st

from models.specs.spec import NetworkSpec
from viz import text
from viz.backend import signal_jobs
from viz.language import N_
from viz.signals import sweep_figures
from viz.signals.scene import Scene
from viz.text.labels import label
from viz.ui import chart
from viz.ui.job_widget import ask


def show(scene: Scene) -> None:
    if not isinstance(scene.spec, NetworkSpec):  # this tab is not shown then
        return
    request = signal_jobs.regimes(scene.spec, scene.experiment, scene.picture)
    answer = ask("regimes", request, button=N_("Measure all four ({time})"), wanted=scene.experiment.run)
    if answer.result is None:
        return
    pairs = {label(norm): pair for norm, pair in answer.result}
    with st.container(key="fresh_regimes" if answer.fresh else "stale_regimes"):
        lines = text.signals.regimes(pairs, scene.experiment.of)
        st.markdown("\n".join(f"- {line}" for line in lines))
        draw = partial(sweep_figures.regimes, pairs, scene.experiment.of)
        chart.show(draw, "regimes", alt=scene.alt(" ".join(lines).replace("**", "")), name=scene.name)
