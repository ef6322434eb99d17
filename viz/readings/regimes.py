"""With batch norm and without any, each with skips and without, at a glance."""

from functools import partial

import streamlit as st

from models.measured import Pair
from viz import chart, sentences, tasks
from viz.jobs import Task
from viz.readings import Scene
from viz.waiting import ask


def show(scene: Scene) -> None:
    from viz.figures import experiments  # noqa: PLC0415

    task: Task[dict[str, Pair]] = tasks.regimes(scene.spec, scene.experiment, scene.picture)
    answer = ask("regimes", task, button="Measure the four", wanted=scene.experiment.run, on_run=lambda: None)
    if answer.result is None:
        return
    with st.container(key="fresh_regimes" if answer.fresh else "stale_regimes"):
        lines = sentences.regimes(answer.result, scene.experiment.of)
        st.markdown("\n".join(f"- {line}" for line in lines))
        draw = partial(experiments.regimes, answer.result, scene.experiment.of)
        chart.show(draw, "regimes", alt=scene.alt(" ".join(lines).replace("**", "")), name=scene.name)
