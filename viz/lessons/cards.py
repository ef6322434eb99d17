"""The list of lessons, and a lesson of one's own opened from a file."""

import streamlit as st

from viz.language import _, language, ngettext, worded
from viz.lessons import shelf
from viz.lessons.errors import LessonError
from viz.lessons.lesson import MOST_BYTES, Lesson, read
from viz.lessons.scenes import scene
from viz.state import session
from viz.state.lessons import Course
from viz.style import format

_OPENED = "opened_lesson"  # in the session state: a file that was opened on the page
_FILE = "file"  # its id
_MINUTES = 1.5  # of a step


def known() -> tuple[dict[str, Lesson], list[LessonError]]:
    """Return the lessons in the visitor's language by their ids, and why others can't be read."""
    found, wrong = shelf.lessons(language())
    by_id = {lesson.id: lesson for lesson in found}
    if (own := st.session_state.get(_OPENED)) is not None:
        by_id[_FILE] = own
    return by_id, wrong


def show(lessons: list[Lesson], wrong: list[LessonError], course: Course) -> None:
    """Draw a card for each lesson, and the field for a file."""
    st.markdown(_("Short lessons with live figures: predict first, then see what was measured."))
    if course.lesson:
        st.warning(_("There is no lesson {name}.", name=format.as_it_is(course.lesson[:60])))
    _cards([lesson for lesson in lessons if not lesson.exercises])
    if exercises := [lesson for lesson in lessons if lesson.exercises]:
        st.markdown("## " + _("Exercises"))
        st.markdown(
            _("Work it out on paper, then type the number. Each page makes more of them: Share, “Make an exercise”.")
        )
        _cards(exercises)
    for error in wrong:
        st.warning(format.as_it_is(worded(error)))
    with st.expander(_("Open a lesson of your own")):
        _upload()


def _cards(lessons: list[Lesson]) -> None:
    for place in range(0, len(lessons), 3):
        for column, lesson in zip(st.columns(3), lessons[place : place + 3], strict=False):
            first = lesson is lessons[0] and not lesson.exercises
            with column.container(border=True, height="stretch", key=f"card_{lesson.id}"):
                st.markdown(f"## {lesson.title}")
                st.markdown(lesson.about)
                steps = len(lesson.steps)
                minutes = round(_MINUTES * steps)
                st.caption(ngettext("{n} step, {minutes} minutes", "{n} steps, {minutes} minutes", steps,
                                    minutes=minutes))  # fmt: skip
                st.button(
                    _("Start"), key=f"start_{lesson.id}", type="primary" if first else "secondary",
                    on_click=session.put_course, args=(Course(lesson=lesson.id),), width="stretch",
                )  # fmt: skip


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
    st.button(
        _("Start {lesson}", lesson=lesson.title),
        on_click=session.put_course,
        args=(Course(lesson=_FILE),),
        type="primary",
    )


def _read(name: str, data: bytes) -> Lesson:
    """Read a lesson that was opened on the page, with the scenes of its steps. Raises `LessonError`."""
    if len(data) > MOST_BYTES:
        raise LessonError("{file}: is larger than {most:,} bytes", file=name, most=MOST_BYTES)
    lesson = read(_FILE, [(name, data.decode("utf-8-sig", errors="replace"))])
    for step in lesson.steps:
        scene(step)
    return lesson
