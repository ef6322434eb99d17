"""The results of a sweep: the sentence, a chart for each axis, and the table."""

from functools import partial
from typing import Any

import streamlit as st

from models.signals.grid import Axis
from models.signals.grid import points as points_of
from models.signals.measure_spec import MeasureSpec
from models.specs.spec import NetworkSpec
from viz.backend import cached, signal_jobs
from viz.backend.job import Job
from viz.language import N_, _, ngettext
from viz.state import session
from viz.state.sweeps import Sweep
from viz.sweeps import figures, tables, toolbar
from viz.sweeps.scene import Scene
from viz.text import labels
from viz.text import sweeps as text
from viz.ui import chart, table_export
from viz.ui.job_widget import ask
from viz.ui.widgets import Form

_COLUMNS = 2


def show(base: NetworkSpec, setting: MeasureSpec, axes: tuple[Axis, ...], settings: Sweep) -> None:
    """Ask for the sweep, and show what is known of it."""
    points = points_of(base, setting.changed(seeds=1), axes)
    possible = sum(one.spec is not None for one in points)
    if not possible:
        st.warning(_("None of these combinations gives a network."))
        _missing(Scene.of(axes, points, (), only=(), quantity=settings.quantity))
        return
    st.caption(_counted(len(points), possible))
    answer = ask(
        "sweeps",
        signal_jobs.swept(base, setting, axes),
        button=N_("Measure them, with and without skip connections ({time})"),
        wanted=settings.run,
        on_run=lambda: session.put_sweep(run=True),
    )
    by = next((place for place, axis in enumerate(axes) if axis.field == settings.by and len(axis.values) > 1), None)
    shown = partial(Scene.of, axes, points, only=settings.only, quantity=settings.quantity, by=by)
    if answer.job is not None and not answer.job.over:
        _filling(answer.job, shown, cached.file_name(base))
    elif answer.fresh and answer.result is not None:
        _results(shown(enumerate(answer.result)), cached.file_name(base), over=True)


def _counted(all_: int, possible: int) -> str:
    if possible == all_:
        return ngettext("{n:,} network, with and without skips.", "{n:,} networks, each with and without skips.", all_)
    return ngettext(
        "{n:,} combination gives a network, of {all:,}; the table says why the others don't.",
        "{n:,} combinations give a network, of {all:,}; the table says why the others don't.",
        possible,
        all=all_,
    )


@st.fragment(run_every=2.0)
def _filling(job: Job, shown: Any, name: str) -> None:
    """Draw what is measured so far."""
    _results(shown((part.place, part.result) for part in job.parts), name, over=False)


def _results(scene: Scene, name: str, *, over: bool) -> None:
    rows = scene.rows
    if over:
        _controls(scene)
    if rows:
        said = text.summary(rows, scene.axes, scene.quantity, whole=over)
        st.markdown(f"**{said}**")
        varied = [place for place, axis in enumerate(scene.axes) if len(axis.values) > 1] or [0]
        for start in range(0, len(varied), _COLUMNS):
            for column, place in zip(st.columns(_COLUMNS), varied[start : start + _COLUMNS], strict=False):
                with column:
                    draw = partial(figures.by_axis, rows, scene.axes, place, scene.quantity, by=scene.by)
                    field = scene.axes[place].field
                    chart.show(draw, f"sweeps_{field}", alt=said, name=f"{name}-{field}")
    if over and rows:
        _table(scene, f"{name}-sweep")
    if over:
        _missing(scene)


def _controls(scene: Scene) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        form = Form(session.sweep(), session.put_sweep, "sweep")
        form.choice("quantity", _("Show"), widget=st.segmented_control)
        lines = {"": _("all together")} | {
            axis.field: labels.field(axis.field) for axis in scene.axes if 1 < len(axis.values) <= figures.MOST_LINES
        }
        if len(scene.axes) > 1:
            form.choice("by", _("Lines by"), lines, width=200)
        with st.popover(_("Filter")):
            toolbar.filters(scene.axes, scene.only)


def _table(scene: Scene, name: str) -> None:
    frame = tables.points(scene)
    st.header(_("Table"), anchor=False)
    digits = {own: st.column_config.NumberColumn(format="%.4g") for own in frame.select_dtypes("float").columns}
    digits |= {own: st.column_config.NumberColumn(format="localized") for own in (_("Parameters"), _("MACs"))}
    alt = _("Table of the measured networks of the sweep.")
    with st.container(key="sweeps_table"):
        with st.container(horizontal=True):
            table_export.buttons(frame, name, "sweeps")
        st.dataframe(frame, key="sweeps_rows", hide_index=True, alt=alt, column_config=digits)


def _missing(scene: Scene) -> None:
    if scene.missing:
        st.header(_("Not measured"), anchor=False)
        st.dataframe(
            tables.missing(scene),
            key="sweeps_missing",
            hide_index=True,
            alt=_("Table of the combinations without a result."),
        )
