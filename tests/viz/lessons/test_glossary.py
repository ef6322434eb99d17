"""The glossary: each term has two sentences, a formula and a figure, in both languages, and opens from a page."""

import re

import pytest

from viz.lessons import glossary, measured
from viz.lessons.figures import figures
from viz.lessons.scenes import scene

ENGLISH, CHINESE = glossary._steps("en"), glossary._steps("zh")


def test_both_languages_have_the_same_terms_and_figures():
    assert len(ENGLISH) >= 25
    assert [(one.page, one.query, one.figure) for one in ENGLISH] == [
        (one.page, one.query, one.figure) for one in CHINESE
    ]


@pytest.mark.parametrize("steps", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_no_two_terms_have_the_same_word(steps):
    words = [word.lower() for one in steps for word in (one.title, *one.words)]

    assert len(words) == len(set(words))


@pytest.mark.parametrize("step", [*ENGLISH, *CHINESE], ids=lambda step: step.title)
def test_a_term_has_two_sentences_and_a_formula(step):
    text, __, formula = step.text.partition("\n\n")

    assert 2 <= len(re.findall(r"[.。](?:\s|$)|。", text)) <= 3
    assert re.fullmatch(r"\$[^$]+\$", formula.strip())


@pytest.mark.parametrize("step", ENGLISH, ids=lambda step: step.title)
def test_the_figure_of_a_term_needs_no_measurement(step):
    staged = scene(step)
    known = measured.quiet(step, staged, {})

    assert known is not None
    assert len(figures(step, staged, known)) >= 1


def test_an_unknown_language_has_the_english_terms():
    assert glossary._steps("xx") == ENGLISH


def test_the_button_opens_the_glossary_and_the_menu_another_term(open_app):
    app = open_app()
    app.button(key="open_glossary").click().run()
    assert not app.exception

    app.selectbox(key="glossary_term").set_value("underflow").run()

    assert not app.exception
    assert any("exactly zero" in one.value for one in app.markdown)
    assert app.get("plotly_chart")


def test_a_term_is_open_after_a_click_in_a_text(open_app):
    app = open_app()
    app.session_state["open_term"] = "cardinality"
    app.run()

    assert app.selectbox(key="glossary_term").value == "cardinality"


def test_a_term_that_does_not_exist_opens_the_first(open_app):
    app = open_app()
    app.session_state["open_term"] = "nonsense"
    app.run()

    assert not app.exception
    assert app.selectbox(key="glossary_term").value in glossary.terms()
