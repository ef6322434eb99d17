"""Architecture page: the network's graph, its layers, and the arithmetic behind each number."""

import streamlit as st

from models.specs.naming import describe
from viz.architecture import layer_card
from viz.backend import cached
from viz.graph import folding
from viz.language import _, worded
from viz.state import session
from viz.text.architecture import opening
from viz.ui import graph_panel, header

spec = session.spec()
name = describe(spec)
header.skip_link(_("Skip to the graph"), "graph-start")
heading, sharing, saving = st.container(key="heading").columns([6, 1, 1], vertical_alignment="center")
with heading:
    header.title(name)
notices = st.container()

trace, groups = cached.trace(spec), cached.groups(spec)
view = session.keep_known({*trace.by_path, *(group.id for group in folding.walk(groups))})
with notices:
    header.messages()
with sharing:
    header.share(worded(name.title))
st.markdown(opening(trace, first=session.first_visit()))
header.numbers(spec, trace, name)
# a graph that is not one column has the whole width, with the card below
sides = st.container(key="picture").columns([5, 3] if graph_panel.narrow(view) else 1, gap="medium")
with sides[0]:
    graph_panel.show(spec, view, saving=saving)
with sides[-1]:
    layer_card.show(spec, trace, groups, view)

from viz.architecture import tabs  # imported late: loads plotly and pandas

tabs.show(spec, trace, view)
