"""One step of a lesson: its figure, its question with the answer, and the ways on."""

from dataclasses import replace
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from models.runtime.messages import UserError
from viz.language import _, ngettext, worded
from viz.lessons import measured, number_question, numbers, shown
from viz.lessons.handout import handout
from viz.lessons.lesson import Lesson, Step
from viz.lessons.measured import Found
from viz.lessons.number_question import Question
from viz.lessons.scenes import scene
from viz.state import session, visit
from viz.state.lessons import Course
from viz.style import format
from viz.ui import hall, header, origin
from viz.ui.widgets import download


def content(step: Step, course: Course, number: int, words: DeltaGenerator, picture: DeltaGenerator) -> None:
    """Draw the figure and the question, or why the scene of a lesson of one's own can't be shown."""
    asked = step.asks and not course.answer(number)
    known = None
    if asked:
        with words:  # before the figure, which may have to be measured
            _question(step, course, number, None)
    with picture:
        try:
            staged = scene(step)
            known = measured.found(step, staged)
            if known is not None and (step.figure == "graph" or not asked):  # other figures give the answer away
                shown.show(step, staged, known, asked=asked)
            elif known is not None and step.figure != "none":
                st.info(_("Answer first; then the figure appears."), icon=":material/lock:")
        except UserError as error:
            st.error(format.as_it_is(worded(error)))
            return
    with words:
        if step.asks and not asked:
            _question(step, course, number, known)
        elif not step.asks and step.reveal and known is not None:
            st.markdown(_revealed(step, known))


def top(lesson: Lesson, number: int) -> None:
    """Draw the way back to the list, where in the lesson this is, and the link."""
    place = st.container(key="lesson_top").columns([6, 1, 1, 1], vertical_alignment="center")
    top, paper, present, sharing = place
    with top.container(horizontal=True, vertical_alignment="center"):
        if not visit.hall():
            words = _("All lessons")
            st.button(
                words, on_click=session.put_course, args=(Course(),), icon=":material/arrow_back:", type="tertiary"
            )
        st.caption(_("{lesson}, step {n} of {all}", lesson=lesson.title, n=number, all=len(lesson.steps)))
    if not visit.hall():
        with paper:
            _handout(lesson)
        with present:
            hall.button()
        with sharing:
            header.share(_("this step"))
    st.progress(number / len(lesson.steps))


def _handout(lesson: Lesson) -> None:
    page = partial(handout, lesson, origin.comment(), dict(measured.measured_here()))

    how = _("The whole lesson as one page to print, with the figures, and the answers at the end.")
    download(_("Handout"), page, f"{lesson.id}.html", "text/html", key="handout", width="stretch", help=how)


def _question(step: Step, course: Course, number: int, known: Found | None) -> None:
    st.markdown(f"## {step.question}")
    chosen = course.answer(number)
    if not chosen and step.ask:
        number_question.draw(
            Question(
                key=f"typed_{course.lesson}_{number}", truth=partial(_truth, step), tolerance=step.tolerance,
                percent=numbers.is_share(step.ask),
                end=lambda how: session.put_course(session.course().answered(number, how)),
            )
        )  # fmt: skip
    elif not chosen:
        for place, answer in enumerate(step.answers, start=1):
            st.button(
                answer.text, key=f"answer_{number}_{place}", width="stretch", on_click=session.put_course,
                args=(course.answered(number, place),),
            )  # fmt: skip
        st.button(
            _("Show the answer"), key="reveal", type="tertiary", on_click=session.put_course,
            args=(course.answered(number, len(step.answers) + 1),),
        )  # fmt: skip
    elif known is None:
        st.caption(_("The answer is told when the numbers are known."))
    else:
        _answered(step, chosen, known)


def _truth(step: Step) -> float | None:
    """The number that a step asks for; None if it isn't measured yet."""
    known = measured.quiet(step, scene(step), measured.measured_here())
    return None if known is None else known.numbers[step.ask]


def _answered(step: Step, chosen: int, known: Found) -> None:
    """Draw the answers with a tick at the right one, and the sentence with the measured numbers."""
    lines = []
    right = bool(step.ask) and chosen == number_question.RIGHT
    if step.ask:
        number = f"**{numbers.shown(step.ask, known.numbers)}**"
        lines.append(f":green[**✓**] {number}" if right else number)
    for place, answer in enumerate(step.answers, start=1):
        holds = answer.when.holds(known.numbers)
        right |= holds and place == chosen
        own = _("{answer} (your answer)", answer=answer.text) if place == chosen else answer.text
        lines.append(f"- :green[**✓ {own}**]" if holds else f"- ✗ {own}" if place == chosen else f"- {own}")
    st.markdown("\n".join(lines))
    told = _revealed(step, known)
    if right and told:
        st.success(told, icon=":material/check:")
    elif told:
        st.info(told, icon=":material/info:")


def _revealed(step: Step, known: Found) -> str:
    return step.told([numbers.told(known.numbers[field], how) for field, how in step.places()])


def ways(lesson: Lesson, course: Course, number: int, others: list[Lesson]) -> None:
    last = number == len(lesson.steps)
    with st.container(horizontal=True):
        before = replace(course, step=max(number - 1, 1))
        st.button(_("Back"), key="back", disabled=number == 1, on_click=session.put_course, args=(before,))
        if not last:
            st.button(
                _("Next"),
                key="next",
                type="primary",
                on_click=session.put_course,
                args=(replace(course, step=number + 1),),
            )
    if not last:
        return
    right, asked = _score(lesson, course)
    if asked:
        st.markdown(ngettext("{right} of {n} answer was right.", "{right} of {n} answers were right.", asked,
                             right=right))  # fmt: skip
    ids = [one.id for one in others]
    following = others[ids.index(lesson.id) + 1 :]
    if following:
        words = _("Next lesson: {lesson}", lesson=following[0].title)
        st.button(
            words,
            key="next_lesson",
            type="primary",
            on_click=session.put_course,
            args=(Course(lesson=following[0].id),),
        )


def _score(lesson: Lesson, course: Course) -> tuple[int, int]:
    """How many answers were right, and how many there are."""
    right = 0
    for number in lesson.questions:
        step, chosen = lesson.steps[number - 1], course.answer(number)
        if step.ask:
            right += chosen == number_question.RIGHT
        elif 0 < chosen <= len(step.answers):
            try:
                known = measured.quiet(step, scene(step), measured.measured_here())
            except UserError:
                continue
            right += known is not None and step.answers[chosen - 1].when.holds(known.numbers)
    return right, len(lesson.questions)
