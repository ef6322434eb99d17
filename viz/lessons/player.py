"""The Lessons page: the list of lessons, and one lesson step by step."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from models.runtime.messages import UserError
from viz.language import _, language, ngettext, speak, worded
from viz.lessons import measured, numbers, shelf, shown
from viz.lessons.errors import LessonError
from viz.lessons.handout import handout
from viz.lessons.lesson import MOST_BYTES, Lesson, Step, read
from viz.lessons.measured import Found
from viz.lessons.scenes import scene
from viz.state import session
from viz.state.lessons import Course
from viz.style import format
from viz.ui import hall, header, origin
from viz.ui.widgets import download

_OPENED = "opened_lesson"  # in the session state: a file that was opened on the page
_FILE = "file"  # its id
_MINUTES = 1.5  # of a step


def show() -> None:
    course = session.course()
    found, wrong = shelf.lessons(language())
    by_id = {lesson.id: lesson for lesson in found}
    if (own := st.session_state.get(_OPENED)) is not None:
        by_id[_FILE] = own
    lesson = by_id.get(course.lesson)
    if lesson is None:
        _list(found, wrong, course)
    else:
        _lesson(lesson, course, list(by_id.values()))


def _list(found: list[Lesson], wrong: list[LessonError], course: Course) -> None:
    st.title(_("Lessons"), anchor=False)
    st.markdown(_("Short lessons with live figures: predict first, then see what was measured."))
    if course.lesson:
        st.warning(_("There is no lesson {name}.", name=format.as_it_is(course.lesson[:60])))
    for place in range(0, len(found), 3):
        for column, lesson in zip(st.columns(3), found[place : place + 3], strict=False):
            with column.container(border=True, height="stretch"):
                st.markdown(f"### {lesson.title}")
                st.markdown(lesson.about)
                steps = len(lesson.steps)
                minutes = round(_MINUTES * steps)
                st.caption(ngettext("{n} step, {minutes} minutes", "{n} steps, {minutes} minutes", steps,
                                    minutes=minutes))  # fmt: skip
                st.button(
                    _("Start"), key=f"start_{lesson.id}", type="primary" if lesson is found[0] else "secondary",
                    on_click=_go, args=(Course(lesson=lesson.id),), width="stretch",
                )  # fmt: skip
    for error in wrong:
        st.warning(format.as_it_is(worded(error)))
    with st.expander(_("Open a lesson of your own")):
        _upload()


def _upload() -> None:
    how = _("A Markdown file, as CONTRIBUTING.md describes it. It stays on this server for this visit only.")
    file = st.file_uploader(how, type=["md"], key="lesson_file", max_upload_size=1)
    if file is None:
        return
    try:
        lesson = _read(file.name, file.getvalue())
    except LessonError as error:
        st.error(format.as_it_is(worded(error)))
        return
    st.session_state[_OPENED] = lesson
    st.button(_("Start {lesson}", lesson=lesson.title), on_click=_go, args=(Course(lesson=_FILE),), type="primary")


def _read(name: str, data: bytes) -> Lesson:
    """Read a lesson that was opened on the page, with the scenes of its steps. Raises `LessonError`."""
    if len(data) > MOST_BYTES:
        raise LessonError("{file}: is larger than {most:,} bytes", file=name, most=MOST_BYTES)
    lesson = read(_FILE, [(name, data.decode("utf-8", errors="replace"))])
    for step in lesson.steps:
        scene(step)
    return lesson


def _lesson(lesson: Lesson, course: Course, others: list[Lesson]) -> None:
    number = min(course.step, len(lesson.steps))
    step = lesson.steps[number - 1]
    _top(lesson, number)
    st.title(step.title, anchor=False)
    with st.container(key="lesson"):  # words and ways beside the picture; on a phone below each other
        words, picture, ways = (st.container(key=f"lesson_{part}") for part in ("words", "picture", "ways"))
    words.markdown(step.text)
    try:
        _content(step, course, number, words, picture)
    except UserError as error:  # a lesson of one's own may have a scene that can't be shown
        picture.error(format.as_it_is(worded(error)))
    with ways:
        _ways(lesson, course, number, others)


def _content(step: Step, course: Course, number: int, words: DeltaGenerator, picture: DeltaGenerator) -> None:
    """Draw the figure and the question. Raises `UserError` if the scene can't be shown."""
    staged = scene(step)
    asked = bool(step.answers) and not course.answer(number)
    with picture:
        early = step.figure == "graph" or not asked  # the other figures give the answer away
        known = measured.found(staged)
        if known is not None and early:
            shown.show(step, staged, known)
        elif known is not None:
            st.info(_("Answer first; then the figure appears."), icon=":material/lock:")
    with words:
        if step.answers:
            _question(step, course, number, known)
        elif step.reveal and known is not None:
            st.markdown(_revealed(step, known))


def _top(lesson: Lesson, number: int) -> None:
    """Draw the way back to the list, where in the lesson this is, and the link."""
    place = st.container(key="lesson_top").columns([6, 1, 1, 1], vertical_alignment="center")
    top, paper, present, sharing = place
    with top.container(horizontal=True, vertical_alignment="center"):
        if not session.hall():
            words = _("All lessons")
            st.button(words, on_click=_go, args=(Course(),), icon=":material/arrow_back:", type="tertiary")
        st.caption(_("{lesson}, step {n} of {all}", lesson=lesson.title, n=number, all=len(lesson.steps)))
    if not session.hall():
        with paper:
            _handout(lesson)
        with present:
            hall.button()
        with sharing:
            header.share(_("this step"))
    st.progress(number / len(lesson.steps))


def _handout(lesson: Lesson) -> None:
    made, spoken = origin.comment(), language()

    def page() -> str:
        speak(spoken)  # it is written in a thread of its own
        return handout(lesson, made)

    how = _("The whole lesson as one page to print, with the figures, and the answers at the end.")
    download(_("Handout"), page, f"{lesson.id}.html", "text/html", key="handout", width="stretch", help=how)


def _question(step: Step, course: Course, number: int, known: Found | None) -> None:
    st.markdown(f"#### {step.question}")
    chosen = course.answer(number)
    if not chosen:
        for place, answer in enumerate(step.answers, start=1):
            st.button(
                answer.text, key=f"answer_{number}_{place}", width="stretch", on_click=_go,
                args=(course.answered(number, place),),
            )  # fmt: skip
        st.button(
            _("Show the answer"), key="reveal", type="tertiary", on_click=_go,
            args=(course.answered(number, len(step.answers) + 1),),
        )  # fmt: skip
    elif known is None:
        st.info(_("The figure is being measured."))
    else:
        _answered(step, chosen, known)


def _answered(step: Step, chosen: int, known: Found) -> None:
    """Draw the answers with a tick at the right one, and the sentence with the measured numbers."""
    lines = []
    right = False
    for place, answer in enumerate(step.answers, start=1):
        holds = answer.when.holds(known.numbers)
        right |= holds and place == chosen
        own = _("{answer} (your answer)", answer=answer.text) if place == chosen else answer.text
        lines.append(f"- :green[**✓ {own}**]" if holds else f"- ✗ {own}" if place == chosen else f"- {own}")
    st.markdown("\n".join(lines))
    told = _revealed(step, known)
    if right:
        st.success(told, icon=":material/check:")
    else:
        st.info(told, icon=":material/info:")


def _revealed(step: Step, known: Found) -> str:
    return step.told([numbers.told(known.numbers[field], how) for field, how in step.places()])


def _ways(lesson: Lesson, course: Course, number: int, others: list[Lesson]) -> None:
    last = number == len(lesson.steps)
    with st.container(horizontal=True):
        st.button(
            _("Back"), key="back", disabled=number == 1, on_click=_go, args=(replace(course, step=number - 1),)
            if number > 1 else (course,),
        )  # fmt: skip
        if not last:
            st.button(_("Next"), key="next", type="primary", on_click=_go, args=(replace(course, step=number + 1),))
    if not last:
        return
    right, asked = _score(lesson, course)
    if asked:
        st.markdown(ngettext("{right} of {n} question answered as measured.",
                             "{right} of {n} questions answered as measured.", asked, right=right))  # fmt: skip
    ids = [one.id for one in others]
    following = others[ids.index(lesson.id) + 1 :]
    if following:
        words = _("Next lesson: {lesson}", lesson=following[0].title)
        st.button(words, key="next_lesson", type="primary", on_click=_go, args=(Course(lesson=following[0].id),))


def _score(lesson: Lesson, course: Course) -> tuple[int, int]:
    """How many questions were answered as measured, and how many there are."""
    right = 0
    for number in lesson.questions:
        step, chosen = lesson.steps[number - 1], course.answer(number)
        if 0 < chosen <= len(step.answers):
            try:
                known = measured.quiet(scene(step))
            except UserError:
                continue
            right += known is not None and step.answers[chosen - 1].when.holds(known.numbers)
    return right, len(lesson.questions)


def _go(course: Course) -> None:
    session.put_course(course)
