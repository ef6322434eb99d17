"""Tab: how many paths lead through the network, by length."""

from functools import partial

import streamlit as st

from models.specs.external import Network
from models.tracing.paths import Paths
from models.tracing.records import Trace
from viz import text
from viz.architecture import figures
from viz.backend import cached
from viz.language import _, worded
from viz.state.architecture import View
from viz.style import format
from viz.ui import chart


def show(spec: Network, trace: Trace, view: View) -> None:
    """Draw the sentence and the chart."""
    found = cached.counted(spec)
    if not isinstance(found, Paths):
        st.info(format.as_it_is(worded(found)))
        return
    said = text.network_paths.counted(found)
    st.markdown(f"**{said}**")
    st.caption(
        _(
            "At each skip connection a path takes the skip or the branch; its length is the number of branches "
            "(Veit et al. 2016)."
        )
    )
    if found.longest:
        draw = partial(figures.paths, found, lit=view.branches if view.lit else None)
        chart.show(draw, "path_lengths", alt=said, name=cached.file_name(spec), height=336)
