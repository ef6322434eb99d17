"""The exercise of a link: the question above its page, right or wrong, and the arithmetic."""

import pytest

from tests.viz.pages import settled
from viz.lessons.asked import ASKED
from viz.state.exercise import Exercise, Page
from viz.state.hidden import WORDS

KEY = "exercise_number"
PARAMS = {"exercise.ask": "params", "hide": "params,network"}


def answer(app, text):
    app.text_input(key=KEY).set_value(text)
    app.button(key=f"check_{KEY}").click().run()
    assert not app.exception
    return app


def said(app):
    return " ".join(one.value for one in (*app.warning, *app.success, *app.info, *app.error))


def test_a_wrong_number_is_too_small_or_too_large_and_the_right_one_shows_the_arithmetic(open_app):
    app = open_app(**PARAMS)
    assert not any(one.label == "Parameters" for one in app.metric)

    assert "too small" in said(answer(app, "11,000,000"))
    assert "too large" in said(answer(app, "11.7M"))  # a count is exact
    assert "Type a number" in said(answer(app, "a lot"))

    assert "Right: 11,689,512" in said(answer(app, "11,689,512"))
    assert "9,536 +" in said(app)
    assert "= 11,689,512" in said(app)

    app.button(key="show_hidden").click().run()
    assert any(one.label == "Parameters" for one in app.metric)
    assert "hide" not in app.query_params


def test_the_answer_can_be_shown(open_app):
    app = open_app(**PARAMS)

    app.button(key=f"show_{KEY}").click().run()

    assert "The answer is 11,689,512" in said(app)
    assert not [one for one in app.text_input if one.key == KEY]


def test_a_tolerance_is_told_and_holds(open_app):
    app = open_app(**PARAMS, **{"exercise.tolerance": "1.0"})
    assert any("1 %" in one.value for one in app.caption)

    assert "Right" in said(answer(app, "11.7M"))


def test_the_number_is_of_the_network_as_it_is_now(open_app):
    app = open_app(**{"exercise.ask": "depth"})

    app.select_slider(key="depth").set_value(34).run()

    assert "Right: 34" in said(answer(app, "34"))


def test_the_number_of_a_layer_and_of_a_block(open_app):
    for layer, number in (("layer1.0.conv1", "36,864"), ("layer1.0", "73,984")):
        app = open_app(**{"exercise.ask": "layer.params", "exercise.layer": layer})
        assert "Right" in said(answer(app, number))


def test_a_lecturers_own_question_and_number(open_app):
    app = open_app(**{"exercise.question": "How many *stages* has it? <b>", "exercise.answer": "4"})
    assert any("How many *stages* has it? &lt;b&gt;" in one.proto.body for one in app.get("html"))

    assert "Right: 4" in said(answer(app, "4"))


def test_a_question_to_talk_about_has_no_field(open_app):
    app = open_app(**{"exercise.question": "Why is the line dashed?"})

    assert not [one for one in app.text_input if one.key == KEY]


@pytest.mark.parametrize(
    "link",
    [
        {"exercise.ask": "magic"},
        {"exercise.ask": "layer.params", "exercise.layer": "nowhere"},
        {"exercise.ask": "layer.params"},
        {"exercise.question": "How many?", "exercise.answer": "many"},
        {"exercise.ask": "params.ratio", "exercise.page": "compare", "compare.networks": "resnet18"},
        {"exercise.ask": "plain.ratio", "exercise.page": "signals", "shortcut": "none", "norm": "none"},
        {"exercise.ask": "train_error.1", "exercise.page": "training"},
    ],
    ids=str,
)
def test_a_number_that_does_not_exist_here_is_said(open_app, link):
    app = open_app(**link)

    answer(app, "1")
    assert said(app)

    app.button(key=f"show_{KEY}").click().run()
    assert not app.exception


def test_a_measured_number_is_known_after_the_measurement(open_app):
    link = {"exercise.ask": "plain.ratio", "exercise.page": "signals", "exercise.tolerance": "20.0"}
    app = open_app(**link, hide="finding")
    app.switch_page("viz/pages/signals.py").run()
    settled(app)

    app = answer(app, "2,000")  # ResNet-56 without its skips, measured before

    assert "Right" in said(app)


def test_all_that_can_be_asked_for_is_encoded_and_hides_known_words():
    for page, offered in ASKED.items():
        for name, one in offered.items():
            exercise = Exercise(page=page, ask=name, tolerance=one.tolerance)
            assert Exercise.from_query(exercise.to_query()) == (exercise, ())
            assert set(one.tells) <= WORDS
    assert set(ASKED) == set(Page)
