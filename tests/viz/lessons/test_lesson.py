"""Lessons are read from Markdown with heads in TOML; what is wrong is named with its file and step."""

import pytest

from viz.lessons import shelf
from viz.lessons.errors import LessonError
from viz.lessons.lesson import read
from viz.lessons.scenes import scene

STEP = """+++
lesson = "A lesson"
about = "What it is about"
scene = "architecture?stages=2-2-2-2&architecture.layer=layer1.0.conv1"
figure = "graph"
look = "Look here."
question = "How many?"
reveal = "There are {layer.params}, {layer.in} times {layer.out:times}."

[[answers]]
text = "576"
when = "layer.params == 576"

[[answers]]
text = "36,864"
when = "layer.params == 36864"
+++

# The title

A text with <b>tags</b> that stay text.
"""


def test_a_step_has_all_its_parts():
    lesson = read("own", [("1.md", STEP)])

    assert (lesson.title, lesson.about, lesson.questions) == ("A lesson", "What it is about", (1,))
    (step,) = lesson.steps
    assert (step.title, step.page, step.figure, step.question) == ("The title", "architecture", "graph", "How many?")
    assert step.text == "A text with <b>tags</b> that stay text."
    assert [answer.text for answer in step.answers] == ["576", "36,864"]
    assert step.places() == [("layer.params", ""), ("layer.in", ""), ("layer.out", "times")]
    assert step.told(["1", "2", "3"]) == "There are 1, 2 times 3."


def test_a_file_may_hold_several_steps():
    again = STEP.replace('lesson = "A lesson"\nabout = "What it is about"\n', "").replace("The title", "Second")

    lesson = read("own", [("all.md", STEP + again)])

    assert [step.title for step in lesson.steps] == ["The title", "Second"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('scene = "architecture?', 'scene = "atlas?', "scene: must begin with .*got 'atlas'"),
        ('figure = "graph"', 'figure = "curves"', "figure: must be graph, block, none on the page architecture"),
        ("layer.params == 576", "plain.ratio == 576", "has no number 'plain.ratio'"),
        ("{layer.in}", "{loss}", "has no number 'loss'"),
        ("layer.params == 576", "layer.params = 576", "when: must be comparisons"),
        ('text = "576"\n', "", "text: must be a text"),
        ('lesson = "A lesson"', "lesson = 5", "lesson: must be a text"),
        ("{layer.out:times}", "{layer.out:time}", "can be written as percent, times, size, got 'time'"),
        ('look = "Look here."', "look = Look", "not TOML"),
        ('look = "Look here."', 'colour = "red"', "no field 'colour'"),
        ("# The title", "The title", "must begin with its title"),
        ('question = "How many?"\n', "", "at least two answers|a question needs"),
        ("+++\nlesson", "lesson", "needs a head|must begin|lesson"),
    ],
)
def test_a_mistake_is_named(old, new, message):
    assert old in STEP
    with pytest.raises(LessonError, match=message):
        read("own", [("1.md", STEP.replace(old, new, 1))])


def test_the_file_and_the_step_are_named():
    with pytest.raises(LessonError, match=r"2\.md, step 2: "):
        read("own", [("1.md", STEP), ("2.md", "nothing")])


def test_an_unknown_field_of_the_scene_is_named():
    step = read("own", [("1.md", STEP.replace("stages=2-2-2-2", "stages=2-2-2-2&sages=1"))]).steps[0]

    with pytest.raises(LessonError, match="sages"):
        scene(step)


def test_a_folder_of_ones_own_comes_after_the_others(tmp_path, monkeypatch):
    for language, text in (("en", STEP), ("zh", STEP.replace("A lesson", "一课"))):
        (tmp_path / "mine" / language).mkdir(parents=True)
        (tmp_path / "mine" / language / "1.md").write_text(text)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "1.md").write_text("no head")
    monkeypatch.setenv(shelf.OWN, str(tmp_path))

    english, wrong = shelf.lessons("en")
    chinese, __ = shelf.lessons("zh")
    other, __ = shelf.lessons("fr")

    assert english[-1].title == other[-1].title == "A lesson"
    assert chinese[-1].title == "一课"
    assert len(wrong) == 1
    assert "broken" in str(wrong[0]) or "1.md" in str(wrong[0])


TYPED = STEP[: STEP.index("[[answers]]")] + 'ask = "layer.params"\ntolerance = 2\n+++\n\n# The title\n\nA text.\n'


def test_a_step_may_ask_for_a_number():
    lesson = read("own", [("1.md", TYPED.replace("about =", "exercises = true\nabout ="))])

    (step,) = lesson.steps
    assert (step.ask, step.tolerance, step.answers) == ("layer.params", 2.0, ())
    assert step.fields == {"layer.params", "layer.in", "layer.out"}
    assert lesson.questions == (1,)
    assert lesson.exercises


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('ask = "layer.params"', 'ask = "magic"', "has no number 'magic'"),
        ("tolerance = 2", "tolerance = 80", "tolerance: must be a number of percent from 0 to 50, got 80"),
        ("tolerance = 2", 'tolerance = "2"', "tolerance: must be a number"),
        ('question = "How many?"\n', "", "ask: needs a question"),
        ("tolerance = 2", '[[answers]]\ntext = "1"\nwhen = "params > 1"', "ask: needs a question, and no answers"),
    ],
)
def test_a_wrong_question_for_a_number_is_named(old, new, message):
    with pytest.raises(LessonError, match=message):
        read("own", [("1.md", TYPED.replace(old, new))])
