"""The switch of the language, in the bar at the top of every page."""

import streamlit as st

from viz.language import language, languages
from viz.state import session, visit


def show() -> None:
    """Draw the switch, if there are several languages."""
    names = languages()
    if len(names) < 2:
        return
    session.set_if_changed("language", language())
    with st.container(key="languages"):
        st.segmented_control(
            "Language",  # not translated, so that it can be found in any language
            list(names),
            key="language",
            format_func=names.__getitem__,
            label_visibility="collapsed",
            required=True,
            on_change=lambda: visit.put_language(st.session_state["language"]),
        )
