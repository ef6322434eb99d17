"""Finished runs of any races in one chart, by data set."""

import contextlib
from collections.abc import Callable
from functools import partial

import streamlit as st

from models.runtime.messages import UserError
from models.specs.depth import depth
from models.specs.external import ExternalSpec
from models.specs.naming import kind
from models.specs.spec import NetworkSpec
from models.tracing.layers import EdgeKind
from models.training.data_registry import DATA
from models.training.stored_run import Summary
from viz import text
from viz.backend import cached, training_jobs
from viz.language import _, ngettext
from viz.state import session
from viz.state.training import Across, Grouped
from viz.text.labels import label
from viz.training import runs_figure
from viz.training.runs_figure import Point
from viz.training.scene import FILE
from viz.ui import chart
from viz.ui.widgets import Form


def show() -> None:
    """Draw the choice of what is compared, the sentence and the chart; nothing with fewer than two finished runs."""
    found = training_jobs.finished()
    names = [name for name in DATA if sum(one.run is not None and one.run.data == name for one in found) > 1]
    if not names:
        return
    race, form = session.race(), Form(session.race(), session.put_race, "runs")
    data = race.runs_on if race.runs_on in names else names[0]
    with st.container(horizontal=True, key="frame_runs"):
        form.choice("runs_on", _("Data set"), {name: _(DATA[name].title) for name in names})
        form.choice("across", _("Test error by"))
        form.choice("grouped", _("Colours by"))
    runs = [one for one in found if one.run is not None and one.run.data == data]
    said = text.runs.compared(runs, data)
    st.markdown(f"**{said}**")
    points = []
    for one in runs:
        with contextlib.suppress(UserError):  # of a library or a module that is not here, or has changed
            group, own = _group(one, race.grouped)
            points.append(Point(_name(one), group, _place(one, race.across), _error(one), own))
    if len(points) < len(runs):
        st.caption(_("Not in the chart, since their networks can't be built here: {n}.", n=len(runs) - len(points)))
    if not points:
        return
    draw = partial(
        runs_figure.runs, points, label(race.across), logarithmic=race.across in (Across.PARAMS, Across.RATE)
    )
    chart.show(draw, "runs_compared", alt=said, name=FILE)


def _error(one: Summary) -> float:
    return 1 - (one.accuracy or 0.0)


def _name(one: Summary) -> str:
    return f"{text.runs.title(one)}, {one.id}"


def _place(one: Summary, across: Across) -> float:
    if one.run is None:
        raise ValueError(one.id)
    network = one.run.network
    by: dict[Across, Callable[[], float]] = {
        Across.DEPTH: lambda: cached.trace(network).depth if isinstance(network, ExternalSpec) else depth(network),
        Across.PARAMS: lambda: cached.trace(network).params,
        Across.EPOCHS: lambda: one.epochs,
        Across.RATE: lambda: one.run.learning_rate if one.run else 0.0,
    }
    return float(by[across]())


def _group(one: Summary, grouped: Grouped) -> tuple[str, str]:
    """What a run's colour stands for, in words, and the kind of network whose colour that is; "" for none."""
    run = one.run
    if run is None or grouped is Grouped.KIND:
        network = run.network if run is not None else None
        return text.runs.kind_of(one), kind(network) if isinstance(network, NetworkSpec) else ""
    if grouped is Grouped.SEED:
        return _("seed {n}", n=run.seed), ""
    if grouped is Grouped.EPOCHS:
        return ngettext("{n} epoch", "{n} epochs", run.all_epochs), ""
    if grouped is Grouped.RATE:
        return _("learning rate {rate:g}", rate=run.learning_rate), ""
    skips = any(edge.kind is not EdgeKind.FLOW for edge in cached.trace(run.network).edges)
    if skips and not run.network.plain:
        return _("with skip connections"), "ResNet"
    return _("without skip connections"), "Plain"
