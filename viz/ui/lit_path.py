"""The choice of a path that the graph lights up."""

from dataclasses import replace
from math import gcd

import streamlit as st

from models.specs.external import Network
from models.tracing.paths import Paths
from viz import text
from viz.backend import cached
from viz.language import _
from viz.state import session
from viz.state.architecture import View
from viz.ui.widgets import Form

_MOST = 10**6  # paths of one length that the button goes through


def switch(spec: Network, view: View) -> None:
    """Draw the switch; at first a path of the most usual length is lit up. Nothing for a network with one path."""
    found = cached.counted(spec)
    if isinstance(found, Paths) and found.total > 1:
        usual = max(range(len(found.counts)), key=lambda length: (found.counts[length], -length))
        put = lambda lit: session.put_view(lit=lit, branches=usual if lit else 0, path=0)  # noqa: E731
        Form(view, put, "view", in_popover=True).switch("lit", _("One path lit up"))


def chosen(spec: Network, view: View) -> tuple[int, int] | None:
    """Return the length and the number of the path that is lit up, after its controls are drawn; None if none is."""
    found = cached.counted(spec)
    if not view.lit or not isinstance(found, Paths) or found.total == 1:
        return None
    length = min(view.branches, found.longest)
    while not found.counts[length]:  # of a network whose paths have not all lengths
        length -= 1
    count = found.counts[length]
    with st.container(horizontal=True, vertical_alignment="bottom", key="lit_path"):
        form = Form(replace(view, branches=length), lambda **new: session.put_view(path=0, **new), "view")
        form.number("branches", _("Branches on the path"), max_value=found.longest, width=180)
        st.button(
            _("Another path"),
            key="another_path",
            disabled=count == 1,
            on_click=lambda: session.put_view(path=(view.path + 1) % _MOST),
        )
        st.caption(text.network_paths.lit(found, length))
    return length, (view.path + 1) * _stride(count) % count


def _stride(count: int) -> int:
    """A step that visits all of so many numbers, in turn, far apart."""
    step = count * 618 // 1000 or 1  # near the golden ratio: neighbours differ much
    while gcd(step, count) > 1:
        step += 1
    return step
