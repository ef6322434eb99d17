"""The address of what a visitor sees, for others."""

from urllib.parse import urlencode

import streamlit as st

from viz.state import hidden, session, visit


def link(**more: str) -> str:
    """Return the address of the current state, with more fields."""
    base = (st.context.url or "").rstrip("/")
    query = session.query() | more
    base = base if session.page() else f"{base}/"
    return f"{base}?{urlencode(query)}" if query else base


def scene(page: str) -> str:
    """Return a page's path and the query of the current state, as a step of a lesson has it."""
    others = visit.FIELDS | {hidden.FIELD}
    return f"{page}?{urlencode({name: value for name, value in session.query().items() if name not in others})}"
