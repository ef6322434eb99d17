"""Accessibility of every page: axe-core finds no violation of level A or AA, and nothing scrolls sideways.

The order of headings is checked too. Widths: small phone, phone, a laptop zoomed to 200 %, a laptop.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from models.specs.spec import NetworkSpec
from models.training.resume import race
from models.training.run_store import RunStore
from tests.viz.browser import visiting
from tests.waiting import until
from viz.compare.tabs import Facet
from viz.state.architecture import Tab
from viz.state.signals import Panel
from viz.state.training import Lesson, Race, runners

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("access")]
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BESIDE = [
    "heading-order",
    "empty-table-header",
    "landmark-unique",
]  # best practices that Streamlit's own parts meet too
SIZES = {320: 640, 390: 844, 683: 384, 1366: 768}
WITH_AXE = {390, 1366}
SMALL = "stages=2-2&stem=cifar&base_width=8&input_shape=3x16x16&classes=10"
TRAINED = Race().changed(networks="resnet20_cifar.init-kaiming~plain20_cifar.init-kaiming", epochs=2, learn=True)
PAGES = {
    "architecture": "",
    "a selected layer": "?layer=layer1.0.conv1&fold=layer1",
    "signals, before anything is measured": "signals",
    "signals": f"signals?run=true&{SMALL}",
    "compare": "compare",
    "training": "training",
    "a finished race": "training?" + "&".join(f"{name}={value}" for name, value in TRAINED.to_query().items()),
    "sweeps": "sweeps",
    "a sweep": f"sweeps?sweeps.run=true&sweeps.axes=stages:1-1,2-2;norm:batch,none&signals.batch=2&{SMALL}",
    "the lessons": "lessons",
    "a question": "lessons?lessons.lesson=2-gradient",
    "an answer": "lessons?lessons.lesson=2-gradient&lessons.answers=1",
    "a step with a block, in Chinese": "lessons?lang=zh&lessons.lesson=1-skip-connection&lessons.step=4&lessons.answers=1.1.1.1",
    "a lecture": "lessons?lessons.lesson=2-gradient&lessons.answers=3&present=1",
    "a number to type": "lessons?lessons.lesson=7-count&lessons.step=2",
    "an exercise": "?stages=2-2-2-2&exercise.ask=params&hide=params,network",
    "the page about the server": "server",
    "in Chinese": "?lang=zh",
    "a link that can't be followed": "?stages=x&classes=1&whatever=1",
}


@pytest.fixture(scope="module")
def trained():
    """A small finished race in the folder of the served app."""
    list(race([runner.run for runner in runners(TRAINED, NetworkSpec())], RunStore()))


# whether elements that are faded in have their final colours; a spinner turns for ever
FADED_IN = """() => document.getAnimations().every(
    one => one.playState !== "running" || one.effect.getComputedTiming().iterations === Infinity)"""


def shown(visit, query):
    page = visit.page
    page.goto(f"{visit.address}/{query}")
    page.get_by_test_id("stMain").locator("h1").wait_for()
    if "sweeps.run=true" in query:
        page.locator(".st-key-sweeps_table").wait_for()
    elif "run=true" in query:
        page.locator(".st-key-fresh h2").first.wait_for()
    visit.settle()
    page.wait_for_timeout(500)
    page.wait_for_function(FADED_IN)
    return page


def violations(page):
    """Return what axe finds on a page at rest: while a page is still being filled, a list may have no button yet."""
    for _ in range(3):
        found = _violations(page)
        if not found:
            break
        page.wait_for_timeout(2_000)
        page.wait_for_function(FADED_IN)
    return found


def _violations(page):
    options = {"runOnly": {"type": "tag", "values": LEVELS}, "rules": {rule: {"enabled": True} for rule in BESIDE}}
    found = Axe().run(page, options=options).response["violations"]
    return [
        (one["id"], node["html"][:160], [check.get("data") for check in node["any"]][:1])
        for one in found
        for node in one["nodes"]
    ]


def violations_in_both_themes(visit):
    """Return what axe finds in the light theme and, after the system's theme has changed, in the dark one."""
    found = violations(visit.page)
    visit.page.emulate_media(color_scheme="dark")
    visit.settle()
    visit.page.wait_for_function("() => getComputedStyle(document.querySelector('.stApp')).colorScheme === 'dark'")
    visit.settle()
    found += violations(visit.page)
    visit.page.emulate_media(color_scheme="light")
    visit.settle()
    return found


def sideways(page):
    """Return by how much the page, or its main part, is wider than the window."""
    return page.evaluate(
        "() => Math.max(document.documentElement.scrollWidth - innerWidth, "
        "...[...document.querySelectorAll('[data-testid=stMain]')].map(main => main.scrollWidth - main.clientWidth))"
    )


@pytest.mark.parametrize("width", list(SIZES))
def test_no_page_scrolls_sideways_and_axe_finds_no_violation(app, trained, width):
    with visiting(app, width=width, height=SIZES[width]) as visit:
        for name, query in PAGES.items():
            page = shown(visit, query)
            for __ in range(40):  # a wide page stays wide; one that is still being laid out does not
                if sideways(page) <= 0:
                    break
                page.wait_for_timeout(250)
            assert sideways(page) <= 0, name
            if width in WITH_AXE:
                assert violations_in_both_themes(visit) == [], name
        assert visit.troubles == []


TABS = [
    *(
        f"signals?run=true&seeds=1&batch=8&sweep=true&deepest=20&panel={panel.replace(' ', '+')}&{SMALL}"
        for panel in Panel
    ),
    *(f"?tab={tab.replace(' ', '+')}&{SMALL}" for tab in Tab),
    *(f"compare?facet={facet.replace(' ', '+')}" for facet in Facet),
    *(f"{PAGES['a finished race']}&lesson={lesson.replace(' ', '+')}" for lesson in Lesson),
]


def test_axe_finds_no_violation_in_any_tab(app, trained):
    with visiting(app) as visit:
        for query in TABS:
            shown(visit, query)
            assert violations_in_both_themes(visit) == [], query


def test_on_a_phone_the_sidebar_is_closed_and_opens(app):
    with visiting(app, width=390, height=844) as visit:
        page = shown(visit, "")
        family = page.get_by_test_id("stSidebar").get_by_text("Family", exact=True)
        assert not family.is_visible() or family.bounding_box()["x"] < 0
        page.get_by_test_id("stExpandSidebarButton").click()
        family.click()


def test_at_200_percent_the_buttons_beside_the_title_keep_their_words(app):
    with visiting(app, width=683, height=384) as visit:
        page = shown(visit, "")
        for word in ("Share", "Save"):
            label = page.locator(".st-key-heading").get_by_text(word, exact=True)
            assert label.evaluate("one => one.scrollWidth <= one.clientWidth + 1 || one.offsetWidth === 0")
            assert label.bounding_box()["width"] > 20


def test_the_keyboard_reaches_the_graph_by_a_link_past_all_controls(app):
    with visiting(app) as visit:
        page = shown(visit, "")

        def inside():
            return page.evaluate("document.activeElement?.shadowRoot?.activeElement?.className ?? ''")

        def jumped():
            """Jump, and go on to the graph; while the page is drawn anew, the focus is lost."""
            page.locator("a.skip").focus()
            page.keyboard.press("Enter")
            for _ in range(3):
                page.keyboard.press("Tab")
                if "pane" in inside():
                    return True
            return False

        until(jumped, seconds=60)
        page.keyboard.press("ArrowDown")
        assert page.evaluate("!!document.activeElement.shadowRoot.querySelector('.node.focus')")


def test_nothing_of_the_graph_lies_under_its_buttons(app):
    with visiting(app, width=390, height=844) as visit:
        page = shown(visit, "")
        pane, tools = (page.locator(f".frame {part}").first.bounding_box() for part in (".pane", ".tools"))
        assert pane["x"] + pane["width"] <= tools["x"]
        drawn = page.locator(".paper svg").first.bounding_box()
        assert drawn["x"] >= pane["x"]
        assert drawn["x"] + drawn["width"] <= pane["x"] + pane["width"]  # no label is cut
