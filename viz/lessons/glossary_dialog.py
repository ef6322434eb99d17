"""The glossary as a dialog: a menu of the terms, and the one that is open."""

import streamlit as st

from models.runtime.messages import UserError
from viz.language import ENGLISH, _, language, worded
from viz.lessons import glossary, measured, shown
from viz.lessons.scenes import scene
from viz.state import terms
from viz.style import format


def show(term: str) -> None:
    """Draw the dialog, at a term or, if there is none of this name, at the first."""
    st.dialog(_("Glossary"), width="large", on_dismiss=terms.leave)(_dialog)(term)


def _dialog(term: str) -> None:
    known = glossary.terms()
    order = sorted(known, key=lambda one: known[one].title.lower())
    if st.session_state.get("glossary_for") != term:  # another one was clicked
        st.session_state["glossary_for"] = term
        st.session_state["glossary_term"] = term if term in known else order[0]
    chosen = st.selectbox(
        _("Term"), order, key="glossary_term", format_func=lambda one: known[one].title if one in known else one,
        label_visibility="collapsed",
    )  # fmt: skip
    step = known[chosen]
    st.markdown(f"## {step.title}" if language() == ENGLISH else f"## {step.title} :small[:gray[{chosen}]]")
    st.markdown(step.text)
    try:
        staged = scene(step)
        known_numbers = measured.quiet(step, staged, {})
        if known_numbers is not None:
            shown.figure(step, staged, known_numbers, key="glossary")
    except UserError as error:
        st.error(format.as_it_is(worded(error)))
