"""What is measured on a button: time and memory here, and the signals of all networks."""

from dataclasses import replace
from functools import partial

import streamlit as st

from models.measured import Timing
from viz import format, sentences, state, tasks, verdict
from viz.facets import Scene, draw
from viz.waiting import ask


def timing(scene: Scene) -> None:
    from viz.figures import comparison  # noqa: PLC0415

    specs = tuple(one.entry.spec for one in scene.subjects)
    answer = ask(
        "timings",
        tasks.timings(specs, scene.experiment),
        button="Measure latency, throughput and memory",
        wanted=scene.comparison.timed,
        on_run=lambda: state.put_comparison(timed=True),
    )
    found = answer.result or {}
    subjects = tuple(replace(one, timing=found.get(one.entry.spec.essential)) for one in scene.subjects)
    if not any(one.timing for one in subjects):
        st.markdown(
            "**What you will see:** how long one image takes, how many images a second go through forward and in "
            f"training at batch {scene.experiment.batch}, and the memory at the peak, measured on this machine. The "
            "rows appear in the table above too."
        )
        return
    if answer.fresh and not any(one.timing for one in scene.subjects):
        state.rerun()  # it was there at once: the table above does not know of it yet
    for one in subjects:
        if isinstance(one.timing, str) and answer.fresh:
            st.warning(f"{one.name} was not measured. {format.as_it_is(one.timing)}")
    timed = [(one.name, one.timing) for one in subjects if isinstance(one.timing, Timing)]
    if not timed:
        return
    said = verdict.timings(timed)
    with st.container(key="fresh_timings" if answer.fresh else "stale_timings"):
        st.markdown(f"**{said}**")
        draw(partial(comparison.timings, subjects, scene.looks), "timings", said)
        st.caption(
            f"In {timed[0][1].precision}, after a warm-up; bars are medians, whiskers the middle half of the runs. "
            "Training is forward and back, without an optimiser's step."
        )


def signals(scene: Scene) -> None:
    from viz.figures import comparison  # noqa: PLC0415

    specs = tuple(one.entry.spec for one in scene.subjects)
    answer = ask(
        "curves",
        tasks.curves(specs, scene.experiment),
        button="Measure the signals of all",
        wanted=scene.comparison.curves,
        on_run=lambda: state.put_comparison(curves=True),
    )
    pairs = answer.result or {}
    known = [pairs.get(one.entry.spec.essential) for one in scene.subjects]
    if not any(known):
        st.markdown(
            "**What you will see:** the gradient that reaches each layer and the size of what each block puts out, for "
            "every network with its skip connections and without them, each along its own depth from 0 to 1. Random "
            f"weights, one seed, batch {scene.experiment.batch}."
        )
        return
    lines = [
        f"{look.glyph} {words}"
        for look, words in zip(
            scene.looks, sentences.curves([(one.name, one.entry.spec) for one in scene.subjects], pairs), strict=True
        )
        if words
    ]
    with st.container(key="fresh_curves" if answer.fresh else "stale_curves"):
        st.markdown("\n\n".join(lines))
        for column, quantity in zip(st.columns(2), ("weight_gradient_norm", "activation_rms"), strict=True):
            with column:
                figure = partial(comparison.signals, scene.subjects, scene.looks, pairs, quantity)
                draw(figure, quantity, " ".join(lines).replace("**", ""))
        st.caption("Solid lines and filled markers: with skip connections; dashed and open: the same network without.")
