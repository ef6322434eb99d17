"""What flows through the network: activations and gradients, with and without its skip connections."""

import streamlit as st

from models.names import describe
from viz import experiment_bar, folding, headline, measure, readings, state

spec, experiment = state.spec(), state.experiment()
name = describe(spec)

heading, sharing = st.container(key="heading").columns([7, 1], vertical_alignment="center")
with heading:
    headline.title(name)
notices = st.container()

own = measure.with_skips(spec)
trace, groups = measure.trace(own), measure.groups(own)
view = state.keep_known({*trace.by_path, *(group.path for group in folding.walk(groups))})
with notices:
    headline.messages()
with sharing:
    headline.share(name)
picture = experiment_bar.show(spec, experiment)
readings.show(spec, experiment, view, picture)
