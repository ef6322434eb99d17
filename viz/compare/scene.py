"""The data that the tabs of the Compare page draw."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from models.specs.naming import kind
from viz.backend import cached, signal_jobs
from viz.compare.metric_list import METRICS
from viz.compare.metrics import Row, rows
from viz.state import session
from viz.state.compare import Comparison, Entry
from viz.state.hidden import hides
from viz.state.signals import Experiment
from viz.state.subjects import Subject
from viz.style import theme
from viz.style.theme import SeriesStyle
from viz.ui import chart, job_widget

FILE = "comparison"  # base name of downloaded files


@dataclass(frozen=True, slots=True)
class Scene:
    """The networks with their styles, the rows of the table, and the page's settings."""

    subjects: tuple[Subject, ...]
    looks: tuple[SeriesStyle, ...]
    rows: tuple[Row, ...]
    comparison: Comparison
    experiment: Experiment


def of(named: Sequence[Entry], comparison: Comparison, experiment: Experiment) -> Scene:
    """Return the scene of these networks, with their traces and, if they were measured, their timings."""
    specs = tuple(entry.spec for entry in named)
    measured = job_widget.known("timings", signal_jobs.timings(specs, experiment))
    timed = dict(measured or ())
    subjects = tuple(
        Subject(entry, cached.trace(entry.spec), cached.keeps(entry.spec), timed.get(entry.spec.essential))
        for entry in named
    )
    looks = theme.series_styles([kind(spec) for spec in specs])
    shown = [metric for metric in METRICS if not hides(metric.quantity)]
    return Scene(subjects, looks, rows(shown, subjects, experiment.measure.batch), comparison, experiment)


def draw(figure: chart.Draw, key: str, alt: str) -> None:
    chart.show(figure, f"compare_{key}", alt=alt, name=FILE)


def choose(scene: Scene, field: str, label: str) -> Subject:
    """Draw a menu of the networks; return the one whose place is in `field` of the comparison."""
    names = [one.name for one in scene.subjects]
    place = min(int(getattr(scene.comparison, field)), len(names))
    key = f"compare_{field}"
    session.set_if_changed(key, names[place - 1])

    def changed() -> None:
        chosen: str = st.session_state[key]
        if chosen in names:
            session.put_comparison(**{field: names.index(chosen) + 1})

    st.selectbox(label, names, key=key, on_change=changed)
    return scene.subjects[place - 1]
