"""What flows through the network: activations and gradients, with and without its skip connections."""

import streamlit as st

from models.names import describe
from models.spec import SpecError
from models.twins import with_skips
from viz import experiment_bar, folding, headline, measure, readings, state

spec = state.spec()
name = describe(spec)

heading, sharing = st.container(key="heading").columns([7, 1], vertical_alignment="center")
with heading:
    headline.title(name)
notices = st.container()

try:
    own = with_skips(spec)
except SpecError as error:
    st.error(f"This plain network has no counterpart with skip connections: {error}")
    st.stop()
trace, groups = measure.trace(own), measure.groups(own)
view = state.keep_known({*trace.by_path, *(group.path for group in folding.walk(groups))})
with notices:
    headline.messages()
    headline.memory()
with sharing:
    headline.share(name.title)
experiment, picture = experiment_bar.show(spec, state.experiment())
readings.show(spec, experiment, view, picture)
