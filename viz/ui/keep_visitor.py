"""The cookie by which a public server knows a visitor again, and the line that says that it is public."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from models.runtime.server_limits import limits, public
from viz.language import _
from viz.state import visitor

_YEAR = 365  # days
_KEEPER = st.components.v2.component(
    "skipscope_visitor",
    html="<i></i>\n",
    css="i { display: none; }\n",
    js=Path(__file__).with_name("keep_visitor.js").read_text(),
)


def show() -> None:
    """Keep the visitor's secret in the browser, if the server is public."""
    if not public():
        return
    days = limits().days or _YEAR

    def found() -> None:
        visitor.adopt(str(st.session_state["visitor_kept"].kept))

    with st.container(key="visitor"):
        data = {"name": visitor.COOKIE, "secret": visitor.secret(), "days": days}
        _KEEPER(key="visitor_kept", data=data, on_kept_change=found)


def foot(page: StreamlitPage) -> None:
    """Say at the end of a page that the server is public, with a link to what that means."""
    if public():
        with st.container(key="foot"):
            st.page_link(page, label=_("This server is public: its limits, and what it keeps of you"))
