"""Whether the visitor is making an exercise of the page."""

import streamlit as st

_WANTED = "making_exercise"  # in the session state


def want() -> None:
    st.session_state[_WANTED] = True


def leave() -> None:
    st.session_state[_WANTED] = False


def wanted() -> bool:
    return bool(st.session_state.get(_WANTED))
