"""Make an exercise: the dialog of a page gives a link that asks and hides."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.viz.pages import settled
from viz.lessons.lesson import read
from viz.lessons.scenes import scene


def made(app):
    """The fields of the link in the dialog."""
    links = [one.value for one in app.code if "exercise." in one.value and "://" not in one.value[8:]]
    return dict(parse_qsl(urlsplit(links[-1]).query)) if links else {}


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception
    return app


def test_the_link_asks_for_the_number_and_hides_what_tells_it(open_app):
    app = press(open_app(), "make_exercise")

    assert made(app)["exercise.ask"] == "params"
    assert set(made(app)["hide"].split(",")) == {"params", "network"}

    other = open_app(**made(app))
    assert not [one for one in other.metric if one.label == "Parameters"]
    assert other.text_input(key="exercise_number")


def test_a_layer_can_be_asked_for_once_it_is_selected(open_app):
    app = press(open_app(**{"architecture.layer": "layer1.0.conv1"}), "make_exercise")

    app.selectbox(key="maker_ask_architecture").set_value("layer.macs").run()

    assert made(app)["exercise.layer"] == "layer1.0.conv1"
    assert "layer.macs" not in press(open_app(), "make_exercise").selectbox(key="maker_ask_architecture").options


def test_an_own_question_needs_words_and_its_number_is_checked(open_app):
    app = press(open_app(), "make_exercise")
    app.selectbox(key="maker_ask_architecture").set_value("").run()
    assert any("Write the question" in one.value for one in app.info)

    app.text_input(key="maker_question_").set_value("How many stages?").run()
    app.text_input(key="maker_own").set_value("four").run()
    assert any("Type a number" in one.value for one in app.warning)
    app.text_input(key="maker_own").set_value("4").run()

    assert (made(app)["exercise.question"], made(app)["exercise.answer"]) == ("How many stages?", "4")


def test_the_step_of_a_lesson_can_be_read(open_app):
    app = press(open_app(stages="3-4-6-3"), "make_exercise")
    app.text_input(key="maker_question_params").set_value('How "many"?').run()
    (text,) = [one.value for one in app.code if one.value.startswith("+++")]

    lesson = read("own", [("a.md", text)])

    (step,) = lesson.steps
    assert (step.ask, step.question, lesson.exercises) == ("params", 'How "many"?', True)
    assert scene(step).spec.stages == (3, 4, 6, 3)


@pytest.mark.parametrize("page", ["signals", "compare", "training"])
def test_every_page_makes_one(open_app, page):
    app = open_app()
    app.switch_page(f"viz/pages/{page}.py").run()
    settled(app)

    press(app, "make_exercise")

    assert made(app)["exercise.page"] == page
    assert made(app)["hide"]


def test_a_part_without_its_own_number_is_not_offered(open_app):
    app = press(open_app(**{"architecture.layer": "layer1.0-1"}), "make_exercise")

    assert "layer.params" not in app.selectbox(key="maker_ask_architecture").options


def test_the_dialog_stays_behind_when_the_page_is_left(open_app):
    app = press(open_app(), "make_exercise")

    app.switch_page("viz/pages/compare.py").run()
    assert not [one for one in app.selectbox if (one.key or "").startswith("maker_ask")]
    app.switch_page("viz/pages/architecture.py").run()
    assert not [one for one in app.selectbox if (one.key or "").startswith("maker_ask")]


def test_a_number_that_is_not_measured_here_is_said(open_app):
    app = open_app()
    app.switch_page("viz/pages/training.py").run()
    settled(app)

    press(app, "make_exercise")

    assert any("not known here yet" in one.value for one in app.caption)
