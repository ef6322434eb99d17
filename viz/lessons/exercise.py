"""The exercise that a link asks, above its page: the question, the field for the number, right or wrong and why."""

from dataclasses import replace
from functools import partial
from html import escape

import streamlit as st

from models.runtime.messages import UserError
from viz.backend import cached, signal_jobs
from viz.language import _, labelled, sentences, worded
from viz.lessons import arithmetic, measured, number_question, numbers
from viz.lessons.asked import ASKED
from viz.lessons.errors import LessonError
from viz.lessons.lesson import Step
from viz.lessons.number_question import Question
from viz.lessons.scenes import Scene
from viz.lessons.typed import number_in
from viz.state import hidden, session
from viz.state.compare import entries
from viz.state.exercise import Exercise, Page
from viz.style import format
from viz.text.labels import label
from viz.ui import job_widget

_ENDED = "exercise_ended"  # in the session state: ((exercise, right number), how), once it was answered or shown


def show() -> None:
    """Draw the exercise of the link, if it asks one; on other pages only where it is."""
    asked, page = session.exercise(), session.page() or Page.ARCHITECTURE
    if page == "lessons":
        return
    with st.container(border=True, key="exercise"):
        if page != asked.page:
            st.caption(_("This exercise is about the page {page}.", page=label(asked.page)))
        else:
            st.html(f'<h2 class="question">{escape(question(asked))}</h2>')  # whoever made the link wrote it
            if asked.ask or asked.answer:  # else it is a question to talk about
                with st.container():  # what stands in it varies: the buttons below would be seen twice for a moment
                    _answer(asked)
        with st.container(horizontal=True):
            if page == asked.page and hidden.hidden():
                words = _("Show what is hidden")
                st.button(words, key="show_hidden", on_click=session.put_hidden, args=((),), type="tertiary")
            st.button(_("Close the exercise"), key="close_exercise", on_click=_close, type="tertiary")


def _close() -> None:
    session.put_exercise(Exercise())
    session.put_hidden(())


def _answer(asked: Exercise) -> None:
    """Draw the field, or how the question ended, as long as the right number stays the same."""
    about = asked, _number(asked)
    before, how = st.session_state.get(_ENDED, (None, 0))
    if before == about:
        _told(asked, right=how == number_question.RIGHT)
        return
    number_question.draw(
        Question(
            key="exercise_number", truth=partial(truth, asked), tolerance=asked.tolerance,
            percent=numbers.is_share(asked.ask), about=about, end=partial(_end, asked),
        )
    )  # fmt: skip


def question(asked: Exercise) -> str:
    """Return the lecturer's question, else the usual one."""
    if asked.question:
        return asked.question
    known = ASKED[asked.page].get(asked.ask)
    if known is None:
        return _("How large is {number}?", number=asked.ask)
    return _(known.question, layer=asked.layer)


def truth(asked: Exercise) -> float | None:
    """Return the right number; None if it isn't measured yet. Raises `LessonError` if the page has no such number."""
    if not asked.ask:
        own = number_in(asked.answer)
        if own is None:
            raise LessonError("exercise.answer: must be a number, got {value}", value=repr(asked.answer[:40]))
        return own
    step = Step(title="", text="", page=asked.page, query="", figure="none", ask=asked.ask)
    staged = _scene(asked)
    pairs = {}
    if asked.page is Page.SIGNALS:
        request = signal_jobs.pair(staged.spec, staged.experiment, None)
        pair = job_widget.known("pair", request)
        pairs = {request.key: pair} if pair is not None else {}
    known = measured.quiet(step, staged, pairs)
    return None if known is None else known.numbers[asked.ask]


def _scene(asked: Exercise) -> Scene:
    """The state of the exercise's page as it is now."""
    view = replace(session.view(), layer=asked.layer)
    return Scene(asked.page, session.spec(), view, session.experiment(), session.comparison(), session.race())


def _end(asked: Exercise, how: int) -> None:
    st.session_state[_ENDED] = ((asked, _number(asked)), how)


def _number(asked: Exercise) -> float | None:
    """The right number; None if there is none, or if it isn't measured yet."""
    try:
        return truth(asked)
    except UserError:
        return None


def _told(asked: Exercise, *, right: bool) -> None:
    try:
        known = truth(asked)
    except UserError as error:
        st.error(format.as_it_is(worded(error)))
        return
    if known is None:
        st.info(_("The number is not known yet: it has to be measured first."))
        return
    number = numbers.shown(asked.ask, {asked.ask: known})
    words = _("Right: {number}.", number=number) if right else _("The answer is {number}.", number=number)
    shown = how_computed(asked)
    (st.success if right else st.info)(sentences([words, labelled(_("Arithmetic"), f"`{shown}`") if shown else ""]))


def how_computed(asked: Exercise) -> str:
    """Return the arithmetic behind the right number; "" if it was measured, or is the lecturer's own."""
    if asked.page is Page.ARCHITECTURE and asked.ask:
        return arithmetic.of_trace(asked.ask, cached.trace(session.spec()), asked.layer)
    if asked.page is Page.COMPARE and asked.ask:
        compared = entries(session.comparison().slots, session.spec())
        return arithmetic.of_several(asked.ask, [cached.trace(one.spec) for one in compared])
    return ""
