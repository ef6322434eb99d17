"""A network that can't be shown: why, and its graph as far as its forward went."""

import streamlit as st

from models.runtime.messages import UserError
from models.tracing.records import Trace
from viz.graph import drawing, render
from viz.graph.folding import Folding, Level
from viz.graph.view import graph_view
from viz.language import _, worded
from viz.style import format


def show(error: UserError) -> None:
    """Show the error; the sidebar stays, to change the network."""
    st.error(format.as_it_is(worded(error.message)))
    trace = getattr(error, "trace", None)
    if not isinstance(trace, Trace):
        return
    title = _("The graph as far as the forward went")
    st.subheader(title, anchor=False)
    drawn = drawing.picture(trace, title=title, folding=Folding(Level.LAYERS))
    graph_view(
        drawn,
        render.svg(drawn),
        key="broken",
        network=repr(trace),
        shown=trace.layers[-1].path,
        height="max(440px, 57vh)",
        on_pick=lambda __: None,
    )
