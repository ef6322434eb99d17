"""The first glance of the Compare page: who is compared, the answer in words, the table beside accuracy and cost."""

from functools import partial

import streamlit as st

from models.names import kind
from viz import (
    comparison_table,
    experiment_bar,
    facets,
    format,
    headline,
    line_up,
    measure,
    quantities,
    report,
    state,
    tasks,
    theme,
    verdict,
    waiting,
)
from viz.comparison import entries, joined
from viz.facets import Scene, draw
from viz.quantities import Subject

_WORDS = {4: "Four", 5: "Five", 6: "Six"}


def show() -> None:
    heading, sharing, saving = st.container(key="heading").columns([6, 1, 1], vertical_alignment="center")
    notices = st.container()
    experiment = experiment_bar.possible(state.experiment())
    comparison = state.comparison()
    named = entries(comparison.slots, state.spec())
    looks = theme.looks([kind(entry.spec) for entry in named])
    specs = tuple(entry.spec for entry in named)
    timed = waiting.known("timings", tasks.timings(specs, experiment)) or {}
    subjects = tuple(
        Subject(entry, measure.trace(entry.spec), measure.keeps(entry.spec), timed.get(entry.spec.essential))
        for entry in named
    )
    rows = quantities.rows(subjects, experiment.batch)
    names = [entry.name for entry in named]
    title = format.listing(names) if len(names) < 4 else f"{_WORDS[len(names)]} networks side by side"
    with heading:
        st.title(title, anchor=False)
    with notices:
        headline.messages()
    headline.memory()
    with sharing:
        headline.share(format.listing(names))
    st.markdown(verdict.comparison(subjects, experiment.batch))
    with st.container(horizontal=True, vertical_alignment="center", key="line_up"):
        line_up.show(named, looks, lambda slots: state.put_comparison(compare=joined(slots)))
        with st.popover("Batch, device"):
            experiment_bar.machine(experiment)
    scene = Scene(subjects, looks, rows, comparison, experiment)
    _board(scene)
    facets.show(scene)
    with saving, st.popover("Report", width="stretch"):
        st.write("Everything on this page in one HTML file, which opens offline:")
        pairs = waiting.known("curves", tasks.curves(specs, experiment))
        st.download_button(
            "HTML report",
            partial(report.page, scene, title, state.link(), pairs),
            f"{facets.FILE}.html",
            "text/html",
            on_click="ignore",
            key="report",
            width="stretch",
        )


def _board(scene: Scene) -> None:
    from viz.figures import comparison  # plotly with it  # noqa: PLC0415

    table = comparison_table.scores(scene.rows, scene.subjects, scene.looks, dark=state.dark())
    if not any(one.published for one in scene.subjects):
        st.html(table)
        return
    wide = len(scene.subjects) > 3
    left, right = (st.container(), st.container()) if wide else st.columns([8, 5], gap="medium")
    with left:
        st.html(table)
    with right:
        known = [(one.published[0].top1, one) for one in scene.subjects if one.published]
        best = max(known, key=lambda pair: pair[0])
        alt = f"Published ImageNet accuracy against MACs: {best[1].name} has the most, {best[0]:.3f} %."
        draw(partial(comparison.accuracy, scene.subjects, scene.looks), "accuracy", alt)
        if any(row.newer for one in scene.subjects for row in one.published):
            st.caption("Open markers: after a longer, newer training.")
