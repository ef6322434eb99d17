"""How the gradients' ratio grows with depth, filling in while it is measured."""

from functools import partial

import streamlit as st

from viz import chart, format, sentences, state, tasks
from viz.jobs import Job
from viz.readings import Scene
from viz.waiting import ask


def show(scene: Scene) -> None:
    from viz.figures import experiments  # noqa: PLC0415

    state.seed("experiment_deepest", scene.experiment.deepest)
    left, right = st.columns([2, 5], vertical_alignment="bottom")
    left.number_input(
        "Deepest, layers",
        14,
        1_202,
        key="experiment_deepest",
        on_change=lambda: state.put_experiment(deepest=st.session_state["experiment_deepest"]),
        help="From the family's shallowest network to the last one that is not deeper.",
    )
    task = tasks.sweep(scene.spec, scene.experiment, scene.picture)
    depths = [depth for depth, _ in tasks.sweep_depths(scene.spec, scene.experiment.deepest)]
    if len(depths) < 2:
        st.info("This family knows fewer than two depths up to that one.")
        return
    seeds = format.plural(scene.experiment.seeds, "seed")
    right.caption(f"Depths {format.listing(depths)}, each with and without skips, {seeds}.")
    answer = ask(
        "sweep",
        task,
        button="Run the sweep",
        wanted=scene.experiment.sweep,
        on_run=lambda: state.put_experiment(sweep=True),
    )
    if answer.job is not None and not answer.job.over:
        _filling(answer.job, depths, scene.name)
        return
    points = answer.job.parts if answer.job is not None and answer.job.parts else answer.result
    if points:
        said = sentences.sweep(points)
        st.markdown(f"**{said}**")
        draw = partial(experiments.sweep, points, depths)
        chart.show(draw, "sweep", alt=scene.alt(said), name=scene.name)


@st.fragment(run_every=1.0)
def _filling(job: Job, depths: list[int], name: str) -> None:
    """The sweep's chart while its points come in."""
    from viz.figures import experiments  # noqa: PLC0415

    points = job.parts
    said = sentences.sweep(points)
    st.markdown(f"**{said}**")
    chart.show(partial(experiments.sweep, points, depths), "sweep", alt=said, name=name)
