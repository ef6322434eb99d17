"""The page of which the visitor is making an exercise."""

import streamlit as st

_WANTED = "making_exercise"  # in the session state: the page's path


def want(page: str) -> None:
    st.session_state[_WANTED] = page


def leave() -> None:
    st.session_state[_WANTED] = None


def stay(page: str) -> None:
    """Forget it if the visitor has left the page."""
    if not wanted(page):
        leave()


def wanted(page: str) -> bool:
    """Return whether an exercise of this page is made."""
    return bool(st.session_state.get(_WANTED) == page)
