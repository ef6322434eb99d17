"""Two lessons from the first step to the last by keyboard alone, in both languages; and a lecture with a clicker."""

import pytest

from tests.viz.browser import visiting
from viz.lessons import shelf

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]


def focused(page):
    return page.evaluate("document.activeElement?.textContent ?? ''").strip()


def tab_to(page, name, most=40):
    """Press Tab until the element with this text has the focus."""
    for _ in range(most):
        if focused(page) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} was not reached by Tab; the focus is on {focused(page)!r}")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("number", [0, 1])
def test_a_lesson_is_walked_by_keyboard(app, number, language):
    lesson = shelf.lessons(language)[0][number]
    following = {"en": "Next", "zh": "下一步"}[language]
    with visiting(app, width=390, height=844) as visit:
        page = visit.open(f"lessons?lang={language}&lessons.lesson={lesson.id}", seen="h1")
        for place, step in enumerate(lesson.steps, start=1):
            page.get_by_role("heading", name=step.title, level=1).wait_for()
            if step.answers:
                tab_to(page, step.answers[0].text.replace("`", ""))
                page.keyboard.press("Enter")
                page.get_by_text("✓").first.wait_for()
            if place < len(lesson.steps):
                visit.settle()
                tab_to(page, following)
                page.keyboard.press("Enter")
                page.get_by_role("heading", name=lesson.steps[place].title, level=1).wait_for()
                visit.settle()
                # it begins at the top, with the focus on its title
                assert page.evaluate("""document.querySelector('[data-testid="stMain"]').scrollTop""") == 0
                assert page.evaluate("document.activeElement.tagName") == "H1"
        width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1]
        assert visit.troubles == []


def test_a_lecture_is_held_with_a_clicker(app):
    lesson = shelf.lessons("en")[0][1]
    with visiting(app, width=1366, height=768) as visit:
        page = visit.open(f"lessons?lessons.lesson={lesson.id}&present=1", seen="h1")
        page.get_by_role("heading", name=lesson.steps[0].title, level=1).wait_for()
        assert (
            page.locator("[data-testid=stSidebar]").count() == 0
            or not page.locator("[data-testid=stSidebar]").is_visible()
        )
        page.wait_for_function(
            """parseFloat(getComputedStyle(document.querySelector('[data-testid="stMarkdownContainer"] p')).fontSize)
            >= 22"""
        )

        visit.settle()
        page.keyboard.press("Enter")
        page.locator(".js-plotly-plot").wait_for()
        visit.settle()
        second = page.get_by_role("heading", name=lesson.steps[1].title, level=1)
        for _ in range(10):  # through all of the step, then on
            if second.is_visible():
                break
            page.keyboard.press("PageDown")
            page.wait_for_timeout(700)
            visit.settle()
        second.wait_for()
        visit.settle()
        page.keyboard.press("PageUp")
        page.get_by_role("heading", name=lesson.steps[0].title, level=1).wait_for()
        page.wait_for_url(lambda url: "lessons.step" not in url)
        assert "present=1" in page.url
        page.keyboard.press("Escape")
        page.wait_for_url(lambda url: "present" not in url)
        assert visit.troubles == []


@pytest.mark.parametrize("page_", ["", "signals", "compare"])
def test_every_page_can_be_presented(app, page_):
    with visiting(app, width=1366, height=768) as visit:
        page = visit.open(f"{page_}?present=1", seen="h1")
        page.get_by_role("button", name="Leave").wait_for()
        visit.settle()
        assert not page.locator("[data-testid=stHeader]").is_visible()
        page.keyboard.press("Escape")
        page.wait_for_url(lambda url: "present" not in url)
        page.get_by_role("button", name="Share").wait_for()
        assert visit.troubles == []
