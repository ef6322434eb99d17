"""The lessons that come with the program: every answer is what the numbers say, in both languages."""

import re

import pytest

from viz.lessons import measured, shelf
from viz.lessons.lesson import Lesson
from viz.lessons.scenes import scene

ENGLISH, WRONG = shelf.lessons("en")
CHINESE, WRONG_TOO = shelf.lessons("zh")
STEPS = [(lesson, number) for lesson in ENGLISH for number in range(1, len(lesson.steps) + 1)]


def test_there_are_six_lessons_that_can_be_read():
    assert (WRONG, WRONG_TOO) == ([], [])
    assert len(ENGLISH) == 6
    for lesson in ENGLISH:
        assert 5 <= len(lesson.steps) <= 8
        assert len(lesson.questions) >= 4
        assert lesson.about


@pytest.mark.parametrize(("lesson", "number"), STEPS, ids=[f"{lesson.id} {number}" for lesson, number in STEPS])
def test_exactly_one_answer_is_as_measured(lesson, number):
    step = lesson.steps[number - 1]
    known = measured.quiet(step, scene(step), {})

    assert known is not None, "not measured before: python -m viz.command.ship"
    for name, __ in step.places():
        assert name in known.numbers
    if step.answers:
        assert [answer.when.holds(known.numbers) for answer in step.answers].count(True) == 1


def test_both_languages_have_the_same_steps():
    assert [lesson.id for lesson in CHINESE] == [lesson.id for lesson in ENGLISH]
    for one, other in zip(ENGLISH, CHINESE, strict=True):
        assert list(map(skeleton, one.steps)) == list(map(skeleton, other.steps)), one.id


def skeleton(step):
    return (
        step.page,
        step.query,
        step.figure,
        [answer.when for answer in step.answers],
        sorted(step.places()),
        bool(step.look),
    )


@pytest.mark.parametrize("lesson", CHINESE, ids=lambda lesson: lesson.id)
def test_chinese_is_chinese(lesson: Lesson):
    for step in lesson.steps:
        for text in (step.title, step.text, step.look, step.question, step.reveal, *(a.text for a in step.answers)):
            bare = re.sub(r"`[^`]*`|\$[^$]*\$|\{[^}]*\}|\([^)]*\)", " ", text)
            assert not re.search(r"\b[a-z]{2,}(?: [a-z]{2,}){2,}\b", bare), text
            assert not re.search(r"[\u4e00-\u9fff][,;:?!]", bare), text  # full-width marks in Chinese text
            assert "**" not in re.sub(r"\*\*[^*]+\*\*", "", text)


def test_every_right_answer_has_its_place():
    """The right answer is not always at the same place."""
    places = {
        [answer.when.holds(measured.quiet(step, scene(step), {}).numbers) for answer in step.answers].index(True)
        for lesson in ENGLISH
        for step in lesson.steps
        if step.answers
    }
    assert len(places) > 1
