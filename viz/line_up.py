"""The networks that are compared, as chips: each can be edited, moved and removed; others can be added."""

from collections.abc import Callable, Sequence

import streamlit as st

from models.names import describe
from models.presets import PRESETS
from models.spec import NetworkSpec
from viz import format, state
from viz.comparison import MOST, SIDEBAR, Entry, write
from viz.theme import Look

Put = Callable[[Sequence[str]], None]  # takes the networks as a link has them


def show(entries: Sequence[Entry], looks: Sequence[Look], put: Put) -> None:
    """A chip a network, with its marker, and the menu to add one. To be drawn in a row."""
    slots = [entry.slot for entry in entries]
    for place, (entry, look) in enumerate(zip(entries, looks, strict=True)):
        pencil = " ✎" if entry.slot == SIDEBAR else ""
        with st.popover(f"{look.glyph} {entry.name}{pencil}", key=f"chip_{place}_{entry.slot}"):
            _menu(slots, entry, place, put)
    _add(slots, entries, put)


def _menu(slots: Sequence[str], entry: Entry, place: int, put: Put) -> None:
    st.markdown(f"**{entry.name}**: {describe(entry.spec).badge}")
    if entry.slot == SIDEBAR:
        st.caption("It is the network in the sidebar: what changes there changes here.")
        st.button(
            "Keep it as it is now",
            key=f"keep_{place}",
            on_click=put,
            args=(_with(slots, place, entry.spec),),
        )
    else:
        st.button(
            "Edit in the sidebar", key=f"edit_{place}", on_click=lambda: put(state.edit(slots, place, entry.spec))
        )
    with st.container(horizontal=True):
        for label, step, possible in (("← Left", -1, place > 0), ("Right →", 1, place < len(slots) - 1)):
            st.button(
                label, key=f"move_{label}_{place}", disabled=not possible, on_click=put,
                args=(_moved(slots, place, step),),
            )  # fmt: skip
    left = [slot for index, slot in enumerate(slots) if index != place]
    st.button(
        "Remove",
        key=f"remove_{place}",
        disabled=not left,
        help=None if left else "One network must stay.",
        on_click=put,
        args=(left,),
    )


def _add(slots: Sequence[str], entries: Sequence[Entry], put: Put) -> None:
    """A menu of every preset, and of the sidebar's network."""
    if len(entries) >= MOST:
        st.caption(f"{MOST} networks are the most: remove one to add another.")
        return
    there = {entry.spec for entry in entries}
    options = [key for key, preset in PRESETS.items() if preset.spec not in there and write(preset.spec) not in slots]
    names = {key: f"{PRESETS[key].group}: {PRESETS[key].title}" for key in options}
    if SIDEBAR not in slots and state.spec() not in there:
        options.insert(0, SIDEBAR)
        names[SIDEBAR] = f"the network in the sidebar: {describe(state.spec()).title}"
    state.seed("add", None)

    def picked() -> None:
        chosen = st.session_state["add"]
        if chosen in names:
            slot = chosen if chosen == SIDEBAR else write(PRESETS[chosen].spec)
            put([*slots, slot])

    st.selectbox(
        "Add a network",
        options,
        key="add",
        index=None,
        format_func=lambda key: names.get(key, key),
        placeholder=f"+ add a network ({format.plural(MOST - len(entries), 'place')} left)",
        on_change=picked,
        label_visibility="collapsed",
        width=280,
    )


def _with(slots: Sequence[str], place: int, spec: NetworkSpec) -> list[str]:
    return [write(spec) if index == place else slot for index, slot in enumerate(slots)]


def _moved(slots: Sequence[str], place: int, step: int) -> list[str]:
    order = list(slots)
    other = min(max(place + step, 0), len(order) - 1)
    order[place], order[other] = order[other], order[place]
    return order
