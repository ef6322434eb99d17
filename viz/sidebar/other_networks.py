"""The sidebar of a page that shows other networks than the sidebar's: a menu of those to edit."""

from collections.abc import Callable, Sequence

import streamlit as st

from models.specs.naming import describe
from viz.language import _, worded
from viz.state import session
from viz.state.compare import MOST, SIDEBAR, entries
from viz.state.training import TWIN


def show(slots: Sequence[str], put: Callable[[Sequence[str]], None] | None) -> bool:
    """If the page shows other networks than the sidebar's, offer to edit one of them; return whether it does."""
    if SIDEBAR in slots or TWIN in slots:
        return False
    if put is None:
        st.caption(_("The networks of this race are fixed. “Change or new race” prepares another one."))
        return True
    entered = entries(slots, session.spec())
    names = {place: entry.name for place, entry in enumerate(entered)}
    session.set_if_changed("edit_one", None)

    def chosen() -> None:
        place = st.session_state["edit_one"]
        if place in names:
            put(session.edit(slots, place, entered[place].spec))

    st.selectbox(
        _("Edit a network of this page"),
        list(names),
        key="edit_one",
        index=None,
        format_func=lambda place: names.get(place, str(place)),
        placeholder=_("Choose a network"),
        on_change=chosen,
    )
    if len(slots) < MOST:
        words = _("Add {network}", network=worded(describe(session.spec()).title))
        st.button(words, key="add_sidebar", on_click=put, args=([*slots, SIDEBAR],))
    return True
