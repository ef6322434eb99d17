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
    lessons = [lesson for lesson in ENGLISH if not lesson.exercises]
    assert len(lessons) == 6
    for lesson in lessons:
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


def test_the_numbers_of_the_exercises_are_those_by_hand():
    """36,864 and its kin, from the text of each step alone."""
    by_hand = {
        "7-count": [
            9 * 64 * 128, 2 * 9 * 64 * 64 + 4 * 64, 512 * 1000 + 1000, 49 * 3 * 64 * 112 * 112,
            9 * 3 * 16 + 2 * 16 + sum(
                9 * before * width + 5 * 9 * width * width + 12 * width
                for before, width in ((16, 16), (16, 32), (32, 64))
            ) + 64 * 10 + 10,
            1 + 50 * 3 + 1, 64 + 5 * 32,
        ],
        "8-find-the-error": [
            9 * 64 * 64, 50,
            64 + sum(n * 6 * width + 4 * width for n, width in ((3, 64), (4, 128), (6, 256), (3, 512))), None,
            -(2 * 32 + 2 * 64),
        ],
        "9-cost-and-depth": [
            sum(n * (width * width + 2 * width) for n, width in ((3, 64), (3, 128), (5, 256), (2, 512))),
            sum(n * (width * width + 2 * width) for n, width in ((2, 256), (3, 512), (5, 1024), (2, 2048))),
            110, None,
        ],
    }  # fmt: skip
    found = {lesson.id: list(map(asked, lesson.steps)) for lesson in ENGLISH if lesson.exercises}

    assert found.keys() == by_hand.keys()
    for lesson, numbers in by_hand.items():
        for own, number in zip(found[lesson], numbers, strict=True):
            assert number is None or own == number, lesson


def asked(step):
    return measured.quiet(step, scene(step), {}).numbers[step.ask] if step.ask else None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("blocks", "first"), [(9, 2.4e-23), (10, 5.9e-26), (11, 3.9e-28), (12, 1.1e-30), (17, 1.6e-42)]
)
def test_the_gradients_that_the_exercise_on_underflow_prints_are_measured(blocks, first):
    """Plain networks without norms, 6n + 2 layers; at 104 layers about 1e-42 is left."""
    from models import PRESETS, measure, twin

    spec = PRESETS["resnet56_cifar"].spec.changed(norm="none", stages=(blocks,) * 3)
    plain = measure(twin(spec))

    norms = [band.middle for band in plain.band("weight_gradient_norm", {one.path for one in plain.convolutions})]
    assert norms[0] == pytest.approx(first, rel=0.1)


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
        (step.ask, step.tolerance),
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
