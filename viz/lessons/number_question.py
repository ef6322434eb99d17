"""A question whose answer is a number: the field to type it, and what is said of what was typed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import isfinite

import streamlit as st

from models.runtime.messages import UserError
from viz.language import _, worded
from viz.lessons.typed import number_in, right
from viz.style import format

RIGHT, SHOWN = 1, 2  # how a question ended: answered, or the answer was asked for
_UNREADABLE, _UNKNOWN, _INFINITE = "unreadable", "unknown", "infinite"
_LARGE, _SMALL, _WRONG, _CLOSE = "large", "small", "wrong", "close"
_NEAR = 1.0  # percent from which on a number is close to the exact one that is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question for a number."""

    key: str  # of the field
    truth: Callable[[], float | None]  # the right number, None if it isn't measured yet; called on Check
    end: Callable[[int], None]  # called with `RIGHT` or `SHOWN`
    tolerance: float = 0.0  # in percent
    percent: bool = False  # the number is a share, typed in percent
    about: object = None  # what is asked about: what was said of an answer is dropped when it changes

    @property
    def said(self) -> str:
        """The key of what is said of the last answer: (what, the answer, what it was about)."""
        return f"said_{self.key}"


def draw(asked: Question) -> None:
    """Draw the field, and what is said of the number that stands in it."""
    with (
        st.form(f"form_{asked.key}", border=False, enter_to_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(_("Your answer"), key=asked.key, max_chars=40, width=240)
        checked, shown = partial(_check, asked), partial(_show, asked)
        st.form_submit_button(_("Check"), key=f"check_{asked.key}", type="primary", on_click=checked)
        st.form_submit_button(_("Show the answer"), key=f"show_{asked.key}", type="tertiary", on_click=shown)
    what, text, about = st.session_state.get(asked.said, ("", "", None))
    if what and text == st.session_state[asked.key] and about == asked.about:
        st.warning(_told(what, text), icon=":material/close:")
    if asked.tolerance:
        st.caption(_("Right within {percent}.", percent=f"{asked.tolerance:g} %"))


def _told(what: str | UserError, text: str) -> str:
    if isinstance(what, UserError):
        return format.as_it_is(worded(what))
    number = format.as_it_is(text.strip())
    return {
        _UNREADABLE: _("Type a number, such as 36,864, 11.7M, 2.5e-8 or 45 %."),
        _UNKNOWN: _("The number is not known yet: it has to be measured first."),
        _INFINITE: _("There is no such number here: the network's is not finite."),
        _LARGE: _("{number} is too large.", number=number),
        _SMALL: _("{number} is too small.", number=number),
        _WRONG: _("{number} is not right.", number=number),
        _CLOSE: _("{number} is close, but the exact number is asked for.", number=number),
    }[what]


def _show(asked: Question) -> None:
    st.session_state.pop(asked.said, None)
    asked.end(SHOWN)


def _check(asked: Question) -> None:
    text = str(st.session_state[asked.key])
    try:
        what: str | UserError = _judged(asked, text)
    except UserError as error:
        what = error
    st.session_state[asked.said] = what, text, asked.about
    if not what:
        asked.end(RIGHT)


def _judged(asked: Question, text: str) -> str:
    """What is to be said of an answer; "" if it is right."""
    value = number_in(text, percent=asked.percent)
    if value is None:
        return _UNREADABLE
    truth = asked.truth()
    if truth is None:
        return _UNKNOWN
    if not isfinite(truth):  # the quotient of two zeros
        return _INFINITE
    if right(value, truth, asked.tolerance, percent=asked.percent):
        return ""
    return _amiss(value, truth, exact=not asked.tolerance)


def _amiss(value: float, truth: float, *, exact: bool) -> str:
    """How a number is wrong."""
    if exact and right(value, truth, _NEAR):
        return _CLOSE
    if value < 0 or truth < 0:  # of negative numbers "too large" is misread
        return _WRONG
    return _LARGE if value > truth else _SMALL
