"""Compare page: which network is smaller, which is cheaper, which needs more memory, and why."""

import streamlit as st

from viz.backend import preload
from viz.language import _, listing
from viz.state import session
from viz.state.compare import entries, joined
from viz.ui import header, measure_controls, network_picker

heading, sharing, saving = st.container(key="heading").columns([6, 1, 1], vertical_alignment="center")
notices = st.container()
comparison = session.comparison()
named = entries(comparison.slots, session.spec())
names = listing(entry.name for entry in named)
title = names if len(named) < 4 else _("{n} networks compared", n=len(named))
heading.title(title, anchor=False)
with sharing:
    header.share(names)
experiment = measure_controls.possible(session.experiment())
with notices:
    header.messages()
    header.memory()

preload.wait()
from viz.compare import board, scene, tabs  # imported late: loads plotly and pandas

shown = scene.of(named, comparison, experiment)
board.heading(shown)
with st.container(horizontal=True, vertical_alignment="center", key="line_up"):
    network_picker.show(named, shown.looks, lambda slots: session.put_comparison(networks=joined(slots)))
    network_picker.examples(comparison)
    with st.popover(_("Batch, device")):
        measure_controls.machine(experiment)
board.show(shown)
tabs.show(shown)
with saving, st.popover(_("Report"), width="stretch"):
    board.save(shown, title)
