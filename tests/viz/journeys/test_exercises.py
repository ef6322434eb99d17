"""An exercise from the dialog to the right answer, and the glossary from a word of a text, in a browser."""

import pytest

from tests.viz.browser import visiting

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

TERMS = "() => [...(CSS.highlights.get('term') ?? [])].map(String)"
PLACE = """(word) => {
  for (const range of CSS.highlights.get("term")) if (String(range) === word) {
    const box = range.getClientRects()[0];
    return [box.left + box.width / 2, box.top + box.height / 2];
  }
}"""


def test_an_exercise_is_made_opened_and_solved(app):
    with visiting(app, width=1366, height=768) as visit:
        page = visit.open("?stages=3-4-6-3")
        page.get_by_role("button", name="Share").click()
        page.get_by_role("button", name="Make an exercise").click()
        dialog = page.get_by_role("dialog", name="Make an exercise")
        link = dialog.get_by_text("exercise.ask=params").first
        link.wait_for()
        assert page.get_by_role("button", name="Make an exercise").count() == 0  # Share has closed
        query = link.inner_text().partition("?")[2]

        page = visit.open(f"?{query}")
        page.get_by_role("heading", name="How many parameters does this network have?").wait_for()
        assert not page.get_by_text("21,797,672").count()
        answer = page.get_by_label("Your answer")
        answer.fill("20,000,000")
        answer.press("Enter")
        page.get_by_text("is too small").wait_for()
        answer.fill("21,797,672")
        answer.press("Enter")
        page.get_by_text("Right: 21,797,672.").wait_for()
        page.get_by_text("= 21,797,672").wait_for()
        page.get_by_role("button", name="Show what is hidden").click()
        page.locator("[data-testid=stMetricValue]", has_text="21,797,672").wait_for()
        assert visit.troubles == []


@pytest.mark.parametrize(
    ("language", "word", "said"),
    [("en", "skip connections", "A path that carries the input"), ("zh", "跳跃连接", "skip connection")],
)
def test_a_word_of_a_text_opens_the_glossary(app, language, word, said):
    with visiting(app, width=390, height=844) as visit:
        page = visit.open(f"?lang={language}")
        visit.settle()
        page.wait_for_function(f"({TERMS})().includes({word!r})")
        page.mouse.click(*page.evaluate(PLACE, word))
        dialog = page.get_by_role("dialog")
        dialog.get_by_text(said).first.wait_for()
        dialog.locator("svg g.node").first.wait_for()
        page.keyboard.press("Escape")
        dialog.wait_for(state="detached")
        assert visit.troubles == []


def test_the_texts_of_the_page_stay_as_they_are(app):
    with visiting(app) as visit:
        page = visit.open("")
        visit.settle()
        page.wait_for_function(f"({TERMS})().length > 2")
        assert page.locator("mark, [data-term]").count() == 0
        assert visit.troubles == []
