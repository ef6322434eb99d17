"""The glossary's button, and its terms in the texts of a page: underlined where they come first, opened by a click."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from viz.language import _
from viz.state import terms

_MARKS = st.components.v2.component(
    "skipscope_terms",
    html="<i></i>\n",
    css="i { display: none; }\n",
    js=Path(__file__).with_name("marked_terms.js").read_text(),
)
_KEY = "terms_clicked"


def show(words: Mapping[str, Sequence[str]]) -> None:
    """Draw the button, and mark these words of each term."""

    def clicked() -> None:
        terms.open_term(str(st.session_state[_KEY].term))

    with st.container(key="glossary"):
        st.button(
            _("Glossary"), key="open_glossary", icon=":material/menu_book:", type="tertiary", on_click=terms.open_term,
            help=_("Terms with a dotted line open it too."),
        )  # fmt: skip
    with st.container(key="terms"):
        _MARKS(key=_KEY, data={"terms": {term: list(own) for term, own in words.items()}}, on_term_change=clicked)
