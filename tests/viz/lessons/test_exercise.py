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
    assert "too large" in said(answer(app, "2e7"))
    assert "exact number is asked for" in said(answer(app, "11.7M"))
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


def test_what_was_said_is_dropped_when_the_network_changes(open_app):
    app = open_app(**{"exercise.ask": "depth"})
    assert "too small" in said(answer(app, "2"))

    app.select_slider(key="depth").set_value(34).run()
    assert "too small" not in said(app)

    assert "Right: 34" in said(answer(app, "34"))
    app.select_slider(key="depth").set_value(18).run()
    assert "Right" not in said(app)


def test_looking_around_in_the_same_network_keeps_the_answer(open_app):
    app = open_app(**{"exercise.ask": "depth"})
    answer(app, "18")

    app.segmented_control(key="view_level").set_value("layers").run()

    assert "Right: 18" in said(app)


def test_the_exercise_stands_on_its_page_alone_and_can_be_closed(open_app):
    app = open_app(**PARAMS)

    app.switch_page("viz/pages/signals.py").run()
    settled(app)
    assert not [one for one in app.text_input if one.key == KEY]
    assert any("about the page Architecture" in one.value for one in app.caption)
    app.switch_page("viz/pages/lessons.py").run()
    assert not [one for one in app.button if one.key == "close_exercise"]

    app.switch_page("viz/pages/architecture.py").run()
    app.button(key="close_exercise").click().run()
    assert not {"hide", "exercise.ask"} & set(app.query_params)
    assert any(one.label == "Parameters" for one in app.metric)


def test_a_new_address_without_what_is_hidden_shows_everything(open_app):
    app = open_app(**PARAMS)
    app.query_params.clear()
    app.query_params["stages"] = "3-4-6-3"
    app.run()

    assert any(one.label == "Parameters" for one in app.metric)


def test_the_number_of_a_layer_and_of_a_block(open_app):
    for layer, number in (("layer1.0.conv1", "36,864"), ("layer1.0", "73,984")):
        app = open_app(**{"exercise.ask": "layer.params", "exercise.layer": layer})
        assert "Right" in said(answer(app, number))


def test_a_lecturers_own_question_and_number(open_app):
    app = open_app(**{"exercise.question": "How many *stages* has it? <b>", "exercise.answer": "4"})
    assert any("How many *stages* has it? &lt;b&gt;" in one.proto.body for one in app.get("html"))

    assert "Right: 4" in said(answer(app, "4"))


def test_a_question_to_talk_about_has_no_field(open_app):
    app = open_app(**{"exercise.question": "Why is the line dashed?", "hide": "network"})
    assert not [one for one in app.text_input if one.key == KEY]

    app.button(key="show_hidden").click().run()
    assert app.sidebar.selectbox


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
    app = open_app()
    for name, value in link.items():
        app.query_params[name] = value
    app.switch_page(f"viz/pages/{link.get('exercise.page', 'architecture')}.py").run()

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
