"""A lesson leaves as one page that opens offline: figures, formulas, letters, and the answers at the end."""

import re

import pytest

import viz.language
from tests.viz.browser import visiting
from tests.viz.lessons.test_lesson import STEP
from viz.lessons import shelf
from viz.lessons.handout import handout
from viz.lessons.lesson import read

LESSONS = shelf.lessons("en")[0]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_every_lesson_leaves_with_all_steps_and_answers(lesson):
    page = handout(lesson, "made here")

    questions, __, answers = page.partition('<section class="answers">')
    for number in range(1, len(lesson.steps) + 1):
        assert f"<h2>{number}. " in questions
    assert len(re.findall(r"<b>\d+ [a-d]</b>", answers)) == sum(bool(step.answers) for step in lesson.steps)
    assert questions.count("______________") == sum(bool(step.ask) for step in lesson.steps)
    assert "made here" in page
    assert not re.search(r"""(?:src|href)=["']https?://(?!arxiv)""", re.sub(r"(?s)<script.*?</script>", "", page))
    assert "{" not in re.sub(r"(?s)<(script|style|math)\b.*?</\1>", "", answers)


def test_formulas_are_mathml_and_names_are_text():
    text = STEP.replace("A text with <b>tags</b>", "With $x^2$, <script>alert(1)</script>")

    page = handout(read("own", [("1.md", text)]), "<made>")

    assert "<math" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;made&gt;" in page
    assert "<b>1 b</b> There are 36,864, 64 times 64 times." in page


@pytest.mark.parametrize(
    "formula",
    [
        r"\text{<script>window.pwned=1</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{color:red}{x}",
        "x^{",
        r"\frac{",
    ],
)
def test_a_formula_brings_no_code_and_a_broken_one_is_shown_as_it_is(formula):
    page = handout(read("own", [("1.md", STEP.replace("A text with <b>tags</b>", f"With ${formula}$,"))]), "")

    body = page[page.index("<body>") :]
    assert "<script" not in body
    assert "javascript:" not in re.sub(r"(?s)<code>.*?</code>", "", body)
    assert "style=" not in body.split("<math")[-1].split("</math>")[0]


def test_a_step_that_cannot_be_shown_says_why_and_the_others_are_there():
    again = STEP.replace("&architecture.layer=layer1.0.conv1", "").replace("The title", "Second")

    page = handout(read("own", [("1.md", STEP), ("2.md", again)]), "")

    assert "has no number" in page
    assert "There are 36,864" in page


def test_a_handout_is_in_the_language_of_the_lesson():
    spoken = viz.language._chosen.set("zh")
    try:
        page = handout(shelf.lessons("zh")[0][0], "")
    finally:
        viz.language._chosen.reset(spoken)

    assert '<html lang="zh">' in page
    assert "答案" in page


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_a_handout_prints_with_its_charts(tmp_path, app):
    file = tmp_path / "handout.html"
    file.write_text(handout(LESSONS[1], "made here"))
    with visiting(app) as visit:
        visit.page.goto(file.as_uri())
        assert visit.page.locator(".js-plotly-plot svg.main-svg").count() > 3
        pdf = visit.page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type /Page/") > 4
    assert [one for one in visit.troubles if "file:" not in one] == []
