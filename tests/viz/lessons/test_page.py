"""The Lessons page: predict, then see; progress is in the link."""

import pytest

from tests.viz.lessons.test_lesson import STEP
from tests.viz.pages import address, opened, settled
from viz.lessons import shelf

PAGE = "viz/pages/lessons.py"


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception
    return settled(app)


def said(app):
    return " ".join(one.value for one in (*app.markdown, *app.success, *app.info, *app.warning))


def test_the_page_lists_the_lessons_and_starts_one(open_app):
    app = opened(open_app, PAGE)
    starts = [button.key for button in app.button if (button.key or "").startswith("start_")]
    assert starts == [f"start_{lesson.id}" for lesson in shelf.lessons("en")[0]]

    press(app, "start_1-skip-connection")

    assert address(app)["lessons.lesson"] == "1-skip-connection"
    assert any("step 1 of" in caption.value for caption in app.caption)


def test_the_figure_and_the_numbers_appear_after_the_answer(open_app):
    app = opened(open_app, PAGE, **{"lessons.lesson": "2-gradient"})
    assert not app.get("plotly_chart")
    assert "Measured" not in said(app)

    press(app, "answer_1_3")  # it explodes

    assert app.get("plotly_chart")
    assert "✓ It explodes (your answer)" in said(app)
    assert "2,000 times" in app.success[0].value
    assert address(app)["lessons.answers"] == "3"


def test_a_wrong_answer_is_told_kindly_with_the_numbers(open_app):
    app = opened(open_app, PAGE, **{"lessons.lesson": "2-gradient"})

    press(app, "answer_1_1")

    assert "✗ It vanishes (your answer)" in said(app)
    assert "✓ It explodes" in said(app)
    assert not app.success


def test_the_answer_can_be_shown_without_a_guess(open_app):
    app = press(opened(open_app, PAGE, **{"lessons.lesson": "1-skip-connection", "lessons.step": "2"}), "reveal")

    assert "(your answer)" not in said(app)
    assert "36,864" in said(app)


def test_the_last_step_counts_the_answers_and_leads_on(open_app):
    lesson = shelf.lessons("en")[0][1]
    given = ".".join("3" if number == 1 else "0" for number in range(1, len(lesson.steps) + 1))
    app = opened(
        open_app,
        PAGE,
        **{"lessons.lesson": lesson.id, "lessons.step": str(len(lesson.steps)), "lessons.answers": given},
    )

    assert f"1 of {len(lesson.questions)} answers were right." in said(app)
    press(app, "next_lesson")
    assert address(app)["lessons.lesson"] == shelf.lessons("en")[0][2].id


@pytest.mark.parametrize("query", [{"lessons.lesson": "gone"}, {"lessons.lesson": "../../etc"}])
def test_a_lesson_that_is_not_there_is_named(open_app, query):
    app = opened(open_app, PAGE, **query)

    assert "There is no lesson" in said(app)
    assert [button for button in app.button if (button.key or "").startswith("start_")]


@pytest.mark.parametrize("answers", ["9" * 6_000, "x", "9.9.9", "-1", "....", "1" * 300])
def test_any_answers_in_a_link_can_be_read(open_app, answers):
    app = opened(open_app, PAGE, **{"lessons.lesson": "1-skip-connection", "lessons.answers": answers})

    assert not app.exception


def test_an_own_lesson_is_opened_and_its_html_is_text(open_app, monkeypatch, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "1.md").write_text(STEP)
    monkeypatch.setenv(shelf.OWN, str(tmp_path))
    app = press(opened(open_app, PAGE), "start_own-mine")

    (text,) = (one for one in app.markdown if "tags" in one.value)
    assert not text.allow_html
    press(app, "answer_1_2")
    assert "There are 36,864, 64 times 64 times." in app.success[0].value


def test_a_mistake_in_an_own_lesson_is_told_and_the_others_are_there(open_app, monkeypatch, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "1.md").write_text(STEP.replace('figure = "graph"', 'figure = "movie"'))
    monkeypatch.setenv(shelf.OWN, str(tmp_path))

    app = opened(open_app, PAGE)

    assert "1.md, step 1: figure: must be" in app.warning[0].value
    assert len([one for one in app.button if (one.key or "").startswith("start_")]) == len(shelf.lessons("en")[0])


def test_the_first_visit_offers_a_lesson_and_a_link_does_not(open_app):
    def offers(app):
        return [one for one in app.markdown if "](lessons?lang=en)" in one.value]

    assert offers(open_app())
    assert not offers(open_app(stages="3-4-6-3"))


def test_presenting_hides_the_sidebar_and_stays_in_the_link(open_app):
    app = opened(open_app, PAGE, **{"lessons.lesson": "2-gradient", "present": "1"})

    assert not app.sidebar.selectbox
    press(app, "answer_1_3")
    assert address(app)["present"] == "1"
    press(app, "leave")
    assert "present" not in address(app)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("&architecture.layer=layer1.0.conv1", "", "has no number 'layer.in'"),
        ('figure = "graph"', 'figure = "block"', ""),
        ("architecture.layer=layer1.0.conv1", "architecture.layer=nope.x", "has no number 'layer.in'"),
    ],
)
def test_a_scene_that_lacks_what_the_step_needs_is_told(open_app, monkeypatch, tmp_path, old, new, told):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "1.md").write_text(STEP.replace(old, new))
    monkeypatch.setenv(shelf.OWN, str(tmp_path))

    app = press(opened(open_app, PAGE), "start_own-mine")

    assert [told in error.value for error in app.error] == ([True] if told else [])


def test_a_block_is_found_by_its_own_path_and_another_is_refused(open_app, monkeypatch, tmp_path):
    text = STEP.replace('figure = "graph"', 'figure = "block"').replace("{layer.in} times {layer.out:times}", "so")
    text = text.replace("layer.params == 576", "params == 576").replace("layer.params == 36864", "params > 576")
    text = text.replace("{layer.params}", "{params}")
    for name, layer in (("block", "layer1.0"), ("none", "layer9")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.md").write_text(text.replace("layer1.0.conv1", layer))
    monkeypatch.setenv(shelf.OWN, str(tmp_path))

    app = press(press(opened(open_app, PAGE), "start_own-block"), "answer_1_2")
    assert not app.error
    assert "11,689,512" in said(app)
    other = press(press(opened(open_app, PAGE), "start_own-none"), "answer_1_2")
    assert "a block needs architecture.layer" in other.error[0].value


def test_odd_files_in_a_folder_of_lessons_do_not_break_the_page(open_app, monkeypatch, tmp_path):
    (tmp_path / "one" / "2.md").mkdir(parents=True)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "1.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "1.md").write_text("+++\nlesson = " + "[" * 5_000 + "\n+++\n# x")
    (tmp_path / "four").mkdir()
    (tmp_path / "four" / "1.md").write_bytes(b"\xff\xfe")
    (tmp_path / "five").mkdir()
    (tmp_path / "five" / "1.md").write_text(STEP, encoding="utf-8-sig")
    monkeypatch.setenv(shelf.OWN, str(tmp_path))

    app = opened(open_app, PAGE)

    assert not app.exception
    assert len(app.warning) == 4
    assert [one for one in app.button if one.key == "start_own-five"]


def test_a_lesson_starts_with_the_network_of_its_page():
    from viz.lessons.lesson import read
    from viz.lessons.scenes import scene

    text = STEP.replace("architecture?stages=2-2-2-2&architecture.layer=layer1.0.conv1", "signals?lang=zh&present=1")
    text = (
        text.replace("layer.params", "depth")
        .replace("{layer.in} times {layer.out:times}", "so")
        .replace("graph", "none")
    )

    assert scene(read("own", [("1.md", text)]).steps[0]).spec.stages == (9, 9, 9)


def test_an_exercise_takes_a_typed_number_and_tells_the_arithmetic(open_app):
    app = opened(open_app, PAGE, **{"lessons.lesson": "7-count"})
    key = "typed_7-count_1"

    app.text_input(key=key).set_value("36,864")
    press(app, f"check_{key}")
    assert "too small" in said(app)
    assert "73,728" not in said(app)
    app.text_input(key=key).set_value("73,728")
    press(app, f"check_{key}")

    assert "= 3 × 3 × 64 × 128" in said(app)
    assert address(app)["lessons.answers"] == "1"


def test_the_graph_of_an_exercise_tells_no_numbers_before_the_answer(open_app):
    app = opened(open_app, PAGE, **{"lessons.lesson": "7-count"})
    assert "73,728" not in " ".join(str(one.proto) for one in app.get("bidi_component"))

    press(app, "show_typed_7-count_1")

    assert "73,728" in " ".join(str(one.proto) for one in app.get("bidi_component"))
    assert address(app)["lessons.answers"] == "2"
