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

    assert f"1 of {len(lesson.questions)} questions answered as measured." in said(app)
    press(app, "next_lesson")
    assert address(app)["lessons.lesson"] == shelf.lessons("en")[0][2].id


@pytest.mark.parametrize("query", [{"lessons.lesson": "gone"}, {"lessons.lesson": "../../etc"}])
def test_a_lesson_that_is_not_there_is_named(open_app, query):
    app = opened(open_app, PAGE, **query)

    assert "There is no lesson" in said(app)
    assert [button for button in app.button if (button.key or "").startswith("start_")]


@pytest.mark.parametrize("answers", ["x", "9.9.9", "-1", "....", "1" * 300])
def test_any_answers_in_a_link_can_be_read(open_app, answers):
    app = opened(open_app, PAGE, **{"lessons.lesson": "1-skip-connection", "lessons.answers": answers})

    assert not app.exception


def test_an_own_lesson_is_opened_and_its_html_is_text(open_app, monkeypatch, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "1.md").write_text(STEP)
    monkeypatch.setenv(shelf.OWN, str(tmp_path))
    app = press(opened(open_app, PAGE), "start_mine")

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
        return [one for one in app.get("page_link") if "lesson" in one.proto.label.lower()]

    assert offers(open_app())
    assert not offers(open_app(stages="3-4-6-3"))


def test_presenting_hides_the_sidebar_and_stays_in_the_link(open_app):
    app = opened(open_app, PAGE, **{"lessons.lesson": "2-gradient", "present": "1"})

    assert not app.sidebar.selectbox
    press(app, "answer_1_3")
    assert address(app)["present"] == "1"
    press(app, "leave")
    assert "present" not in address(app)
