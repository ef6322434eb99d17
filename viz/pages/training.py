"""Training page: networks trained side by side, with and without skip connections."""

import streamlit as st

from viz.backend import preload
from viz.language import _, listing
from viz.state import session
from viz.ui import header

heading, sharing = st.container(key="heading").columns([7, 1], vertical_alignment="center")
heading.title(_("Does it learn better with skip connections?"), anchor=False)
header.messages()
header.memory()
preload.wait()
from viz.training import parts, start, tabs, watch  # imported late: loads plotly and pandas
from viz.training.scene import Scene

race = session.race()
entered, looks = parts.entered(race)
if entered:
    with sharing:
        header.share(_("the race of {networks}", networks=listing(runner.name for runner in entered)))
    parts.choice(race, entered, looks)
    job = start.job_of(race, [runner.run for runner in entered])
    if job is not None and not job.over:
        watch.show(job, entered, looks)
    else:
        curves = watch.last_step(job, entered)
        if race.learn and any(curve.begun for curve in curves):
            watch.board(curves, looks)
            start.rest(curves)
            tabs.show(Scene(tuple(curves), tuple(looks), race))
        else:
            parts.empty(curves, looks)
