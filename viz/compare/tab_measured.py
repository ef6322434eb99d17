"""Tabs measured on request: time and memory on this machine, and the signals of all networks."""

from dataclasses import replace
from functools import partial

import streamlit as st

from models.runtime.messages import Message
from models.signals.records import Timing
from viz import text
from viz.backend import signal_jobs
from viz.compare import measured_figures
from viz.compare.scene import Scene, draw
from viz.language import N_, _, worded
from viz.state import session
from viz.style import format
from viz.ui.job_widget import ask


def timing(scene: Scene) -> None:
    specs = tuple(one.entry.spec for one in scene.subjects)
    answer = ask(
        "timings",
        signal_jobs.timings(specs, scene.experiment),
        button=N_("Measure latency, throughput and memory ({time})"),
        wanted=scene.comparison.timed,
        on_run=lambda: session.put_comparison(timed=True),
    )
    found = dict(answer.result or ())
    subjects = tuple(replace(one, timing=found.get(one.entry.spec.essential)) for one in scene.subjects)
    if not any(one.timing for one in subjects):
        st.markdown(
            _(
                "**What you will see:** the time for one image, the images per second in a forward pass and in "
                "training with a batch of {batch}, and the peak memory, all measured on this machine. The numbers also "
                "appear in the table above.",
                batch=scene.experiment.measure.batch,
            )
        )
        return
    if answer.fresh and not any(one.timing for one in scene.subjects):
        session.rerun()  # the table above was drawn before the result was there
    for one in subjects:
        if isinstance(one.timing, Message) and answer.fresh:
            reason = format.as_it_is(worded(one.timing))
            st.warning(_("{name} was not measured. {reason}", name=one.name, reason=reason))
    timed = [(one.name, one.timing) for one in subjects if isinstance(one.timing, Timing)]
    if not timed:
        return
    said = text.compare.timings(timed)
    with st.container(key="fresh_timings" if answer.fresh else "stale_timings"):
        st.markdown(f"**{said}**")
        draw(partial(measured_figures.timings, subjects, scene.looks), "timings", said)
        st.caption(
            _(
                "In {precision}, after a warm-up. Bars are medians, whiskers interquartile ranges. Training "
                "means a forward and a backward pass, without the optimiser's step.",
                precision=timed[0][1].precision,
            )
        )


def signals(scene: Scene) -> None:
    specs = tuple(one.entry.spec for one in scene.subjects)
    answer = ask(
        "curves",
        signal_jobs.curves(specs, scene.experiment),
        button=N_("Measure the signals of all networks ({time})"),
        wanted=scene.comparison.curves,
        on_run=lambda: session.put_comparison(curves=True),
    )
    pairs = dict(answer.result or ())
    known = [pairs.get(one.entry.spec.essential) for one in scene.subjects]
    if not any(known):
        st.markdown(
            _(
                "**What you will see:** the gradient that reaches each layer and the size of each block's output, for "
                "every network with and without its skip connections, along its depth from 0 to 1. Random weights, "
                "one seed, batch {batch}.",
                batch=scene.experiment.measure.batch,
            )
        )
        return
    lines = [
        f"{look.glyph} {words}"
        for look, words in zip(
            scene.looks, text.signals.curves([(one.name, one.entry.spec) for one in scene.subjects], pairs), strict=True
        )
        if words
    ]
    if between := text.spans.span([(one.name, one.entry.spec) for one in scene.subjects], pairs):
        lines.insert(0, between)
    with st.container(key="fresh_curves" if answer.fresh else "stale_curves"):
        st.markdown("\n\n".join(lines))
        for column, quantity in zip(st.columns(2), ("weight_gradient_norm", "activation_rms"), strict=True):
            with column:
                figure = partial(measured_figures.signals, scene.subjects, scene.looks, pairs, quantity)
                draw(figure, quantity, " ".join(lines).replace("**", ""))
        st.caption(
            _(
                "Solid lines, filled markers: with skip connections. Dashed lines, open markers: the same "
                "network without them."
            )
        )
