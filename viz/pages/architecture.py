"""What the network is: its graph, its layers, and the arithmetic behind each number."""

import streamlit as st

from models.names import describe
from viz import details, folding, graph_panel, headline, layer_card, measure, state

spec = state.spec()
name = describe(spec)

headline.skip_link("Skip to the graph", "graph-start")
heading, sharing, saving = st.container(key="heading").columns([6, 1, 1], vertical_alignment="center")
with heading:
    headline.title(name)
notices = st.container()

trace, groups = measure.trace(spec), measure.groups(spec)
known = {*trace.by_path, *(group.path for group in folding.walk(groups))}
view = state.keep_known(known)
with notices:
    headline.messages()

with sharing:
    headline.share(name.title)
headline.numbers(spec, trace, name)
left, right = st.container(key="picture").columns([5, 3], gap="medium")
with left:
    graph_panel.show(spec, view, files=saving)
with right:
    layer_card.show(trace, groups, view)
details.show(spec, trace, view)
