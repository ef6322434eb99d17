"""Lessons page: short lessons with live figures, for students and lecturers."""

import streamlit as st

from viz.language import _
from viz.lessons import cards, player
from viz.state import session
from viz.ui import header

course = session.course()
lessons, wrong = cards.known()
lesson = lessons.get(course.lesson)
header.messages()

if lesson is None:
    st.title(_("Lessons"), anchor=False)
    cards.show(list(lessons.values()), wrong, course)
else:
    number = min(course.step, len(lesson.steps))
    step = lesson.steps[number - 1]
    player.top(lesson, number)
    st.title(step.title, anchor=False)
    with st.container(key="lesson"):  # words and ways beside the picture; on a phone below each other
        words, picture, ways = (st.container(key=f"lesson_{part}") for part in ("words", "picture", "ways"))
    words.markdown(step.text)
    player.content(step, course, number, words, picture)
    with ways:
        player.ways(lesson, course, number, list(lessons.values()))
