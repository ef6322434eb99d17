"""A question whose answer is a number: the field to type it, and what is said of what was typed."""

from collections.abc import Callable
from functools import partial
from math import isfinite

import streamlit as st

from models.runtime.messages import UserError
from viz.language import _, worded
from viz.lessons.typed import number_in, right
from viz.style import format

RIGHT, SHOWN = 1, 2  # how a question ended: answered, or the answer was asked for


def draw(key: str, truth: Callable[[], float | None], tolerance: float, end: Callable[[int], None]) -> None:
    """Draw the field. `truth` returns the right number, None if it isn't measured yet; it is called on Check.

    `end` is called with `RIGHT` or `SHOWN`.
    """
    with (
        st.form(f"form_{key}", border=False, enter_to_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(_("Your answer"), key=key, max_chars=40, width=240)
        checked = partial(_check, key, truth, tolerance, end)
        st.form_submit_button(_("Check"), key=f"check_{key}", type="primary", on_click=checked)
        shown = partial(_show, key, end)
        st.form_submit_button(_("Show the answer"), key=f"show_{key}", type="tertiary", on_click=shown)
    if said := st.session_state.get(_said(key)):
        st.warning(said, icon=":material/close:")
    if tolerance:
        st.caption(_("Right within {percent}.", percent=f"{tolerance:g} %"))


def _said(key: str) -> str:
    """The key of what is said of the last answer."""
    return f"said_{key}"


def _show(key: str, end: Callable[[int], None]) -> None:
    st.session_state.pop(_said(key), None)
    end(SHOWN)


def _check(key: str, truth: Callable[[], float | None], tolerance: float, end: Callable[[int], None]) -> None:
    text = str(st.session_state[key])
    value = number_in(text)
    if value is None:
        st.session_state[_said(key)] = _("Type a number, such as 36,864, 11.7M, 2.5e-8 or 45 %.")
        return
    try:
        known = truth()
    except UserError as error:
        st.session_state[_said(key)] = format.as_it_is(worded(error))
        return
    if known is None:
        st.session_state[_said(key)] = _("The number is not known yet: it has to be measured first.")
        return
    if not isfinite(known):  # the quotient of two zeros
        st.session_state[_said(key)] = _("There is no such number here: the network's is not finite.")
        return
    if right(value, known, tolerance):
        st.session_state.pop(_said(key), None)
        end(RIGHT)
        return
    typed = format.as_it_is(text.strip())
    if (value < 0) != (known < 0):
        said = _("{number} has the wrong sign.", number=typed)
    elif value > known:
        said = _("{number} is too large.", number=typed)
    else:
        said = _("{number} is too small.", number=typed)
    st.session_state[_said(key)] = said
