"""The networks of a page as chips: each can be edited, moved and removed; others can be added."""

from collections.abc import Callable, Sequence

import streamlit as st

from models.specs.external import Network
from models.specs.naming import describe
from models.specs.presets import PRESETS
from viz.language import _, labelled, worded
from viz.state import session
from viz.state.compare import EXAMPLES, MOST, SIDEBAR, Comparison, Entry, write
from viz.state.hidden import hides
from viz.style.theme import SeriesStyle

Put = Callable[[Sequence[str]], None]  # called with the networks as encoded in a link


def show(entries: Sequence[Entry], looks: Sequence[SeriesStyle], put: Put) -> None:
    """Draw a chip per network, with its marker, and the menu to add one; call it in a horizontal container."""
    if hides("networks"):
        return
    slots = [entry.slot for entry in entries]
    for place, (entry, look) in enumerate(zip(entries, looks, strict=True)):
        pencil = " ✎" if entry.slot == SIDEBAR else ""
        with st.popover(f"{look.glyph} {entry.name}{pencil}", key=f"chip_{place}_{entry.slot}"):
            _menu(slots, entry, place, put)
    _add(slots, entries, put)


def examples(comparison: Comparison) -> None:
    """Draw a button for each comparison that the page offers."""
    if hides("networks"):
        return
    with st.popover(_("Examples")):
        for place, (title, example) in enumerate(EXAMPLES.items()):
            chosen = {"networks": example.networks, "facet": example.facet, "which": example.which}
            st.button(
                _(title),
                key=f"example_{place}",
                width="stretch",
                disabled=comparison.networks == example.networks,
                on_click=session.put_comparison,
                kwargs=chosen,
            )


def _menu(slots: Sequence[str], entry: Entry, place: int, put: Put) -> None:
    name = describe(entry.spec)
    st.markdown(f"**{entry.name}**: {worded(name.title)} {worded(name.detail)}")
    if entry.slot == SIDEBAR:
        st.caption(_("This is the network in the sidebar: it follows every change there."))
        st.button(
            _("Keep this network as it is now"),
            key=f"keep_{place}",
            on_click=put,
            args=(_with(slots, place, entry.spec),),
        )
    else:
        st.button(
            _("Edit in the sidebar"), key=f"edit_{place}", on_click=lambda: put(session.edit(slots, place, entry.spec))
        )
    with st.container(horizontal=True):
        for key, label, step, possible in (
            ("left", _("← Left"), -1, place > 0),
            ("right", _("Right →"), 1, place < len(slots) - 1),
        ):
            st.button(
                label, key=f"move_{key}_{place}", disabled=not possible, on_click=put,
                args=(_moved(slots, place, step),),
            )  # fmt: skip
    left = [slot for index, slot in enumerate(slots) if index != place]
    st.button(
        _("Remove"),
        key=f"remove_{place}",
        disabled=not left,
        help=None if left else _("At least one network must remain."),
        on_click=put,
        args=(left,),
    )


def _add(slots: Sequence[str], entries: Sequence[Entry], put: Put) -> None:
    """Draw a menu of the presets and of the sidebar's network, as far as they are not there yet."""
    if len(entries) >= MOST:
        st.caption(_("At most {n} networks. Remove one to add another.", n=MOST))
        return
    there = {entry.spec for entry in entries}
    options = [key for key, preset in PRESETS.items() if preset.spec not in there and write(preset.spec) not in slots]
    names = {key: labelled(_(PRESETS[key].group), _(PRESETS[key].title)) for key in options}
    if SIDEBAR not in slots and session.spec() not in there:
        options.insert(0, SIDEBAR)
        names[SIDEBAR] = _("the network in the sidebar: {network}", network=worded(describe(session.spec()).title))
    session.set_if_changed("add", None)

    def picked() -> None:
        chosen = st.session_state["add"]
        if chosen in names:
            slot = chosen if chosen == SIDEBAR else write(PRESETS[chosen].spec)
            put([*slots, slot])

    st.selectbox(
        _("Add a network"),
        options,
        key="add",
        index=None,
        format_func=lambda key: names.get(key, key),
        placeholder=_("+ add a network (up to {n} more)", n=MOST - len(entries)),
        on_change=picked,
        label_visibility="collapsed",
        width=280,
    )


def _with(slots: Sequence[str], place: int, spec: Network) -> list[str]:
    return [write(spec) if index == place else slot for index, slot in enumerate(slots)]


def _moved(slots: Sequence[str], place: int, step: int) -> list[str]:
    order = list(slots)
    other = min(max(place + step, 0), len(order) - 1)
    order[place], order[other] = order[other], order[place]
    return order
