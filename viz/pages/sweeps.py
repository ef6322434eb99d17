"""Sweeps page: many networks at once, every combination of the values of some fields."""

import streamlit as st

from models.specs.naming import describe
from viz.backend import preload
from viz.language import _, worded
from viz.state import hidden, session
from viz.state.sweeps import usual
from viz.ui import header, measure_controls

base, settings = session.own(), session.sweep()
axes = settings.axes or usual(base)
name = worded(describe(base).title)

if hidden.hidden():
    st.title(_("Sweeps"), anchor=False)
    st.info(_("This page is closed while a link hides parts of the others: it would tell them."))
    st.stop()

heading, sharing = st.container(key="heading").columns([7, 1], vertical_alignment="center")
heading.title(_("Around {network}", network=name), anchor=False)
with sharing:
    header.share(name)
header.messages()
if base is not session.spec():
    st.info(_("Sweeps are of networks that are built here: this is the last one of those."))
experiment = measure_controls.possible(session.experiment()).untrained

preload.wait()
from viz.sweeps import board, toolbar  # imported late: loads plotly and pandas

toolbar.show(base, axes)
with st.popover(_("Batch, device")):
    measure_controls.machine(session.experiment())
board.show(base, experiment.measure, axes, settings)
