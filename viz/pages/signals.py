"""Signals page: the activations and gradients of the network, with and without its skip connections."""

import streamlit as st

from models.specs.naming import describe
from viz.backend import cached
from viz.graph import folding
from viz.language import worded
from viz.signals import toolbar
from viz.state import session
from viz.ui import header

spec = session.spec()
name = describe(spec)

heading, sharing = st.container(key="heading").columns([7, 1], vertical_alignment="center")
with heading:
    header.title(name)
notices = st.container()

own = toolbar.counterpart(spec)
if own is not None:
    trace, groups = cached.trace(own), cached.groups(own)
    view = session.keep_known({*trace.by_path, *(group.id for group in folding.walk(groups))})
    with notices:
        header.messages()
        header.memory()
    with sharing:
        header.share(worded(name.title))
    experiment, picture = toolbar.show(spec, session.experiment())

    from viz.signals import tabs  # imported late: loads plotly and pandas

    tabs.show(spec, experiment, view, picture)
