"""The top of the Compare page: the table of quantities, accuracy against MACs, and the report to download."""

from functools import partial

import streamlit as st

from viz import text
from viz.backend import signal_jobs
from viz.compare import figures, html_tables, report
from viz.compare.scene import FILE, Scene, draw
from viz.language import _
from viz.state import links, session
from viz.state.hidden import QUANTITIES, hides
from viz.ui import job_widget, origin, widgets


def heading(scene: Scene) -> None:
    if not hides("summary", *QUANTITIES):
        st.markdown(text.compare.comparison(scene.subjects, scene.experiment.measure.batch))


def show(scene: Scene) -> None:
    if hides("scores"):
        return
    table = html_tables.scores(scene.rows, scene.subjects, scene.looks, dark=session.dark())
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
        alt = _(
            "Published ImageNet accuracy against MACs: {name} has the highest, {top1:.3f}%.",
            name=best[1].name,
            top1=best[0],
        )
        draw(partial(figures.accuracy, scene.subjects, scene.looks), "accuracy", alt)
        if any(row.newer for one in scene.subjects for row in one.published):
            st.caption(_("Open markers: longer training with newer augmentation."))


def save(scene: Scene, title: str) -> None:
    """Draw the download of the report; call it in a popover."""
    if hides("scores", "summary", *QUANTITIES):
        st.caption(_("The report tells what this exercise hides."))
        return
    st.write(_("This page as one HTML file that opens offline:"))
    specs = tuple(one.entry.spec for one in scene.subjects)
    found = job_widget.known("curves", signal_jobs.curves(specs, scene.experiment))
    page = partial(report.page, scene, title, links.link(), origin.words(), None if found is None else dict(found))
    widgets.download(_("HTML report"), page, f"{FILE}.html", "text/html", key="report", width="stretch")
