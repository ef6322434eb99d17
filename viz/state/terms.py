"""Which term of the glossary is open. No part of the link."""

import streamlit as st

_OPEN = "open_term"  # in the session state
FIRST = ""  # the glossary, without a term of one's own


def open_term(term: str = FIRST) -> None:
    st.session_state[_OPEN] = term


def leave() -> None:
    st.session_state[_OPEN] = None


def opened() -> str | None:
    """Return the id of the term that is open; None if the glossary is closed."""
    found: str | None = st.session_state.get(_OPEN)
    return found
