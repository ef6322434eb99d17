"""Presenting a page to a hall: large text, no controls, and the keys of a clicker."""

from pathlib import Path

import streamlit as st

from viz.language import _, language
from viz.state import visit

_STYLE = Path(__file__).parents[2] / "assets" / "hall.css"
_KEYS = st.components.v2.component(
    "skipscope_keys",
    html="<span></span>\n",
    css="span { display: none; }\n",
    js=Path(__file__).with_name("hall.js").read_text(),
)


def show(place: str, answers: str) -> None:
    """Apply the style and take the keys, if the page is presented.

    The page begins at the top when `place` changes, and shows what was told when `answers` change.
    """
    hall = visit.hall()
    if hall:
        st.html(_STYLE)
        st.button(_("Leave"), key="leave", on_click=visit.put_hall, args=(False,), help=_("Escape"))
    with st.container(key="keys"):
        _KEYS(key="keys_pressed", data={"place": place, "answers": answers, "hall": hall, "language": language()})


def button() -> None:
    """Draw the button that starts presenting."""
    how = _("Large text, no controls. Keys: arrows or a clicker; Enter shows the answer; F full screen; Escape leaves.")
    st.button(_("Present"), key="begin_hall", on_click=visit.put_hall, args=(True,), help=how, width="stretch")
