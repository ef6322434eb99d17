"""The picture in a real browser: whole at first sight, in one place when it unfolds, and the pass that plays."""

import pytest

from tests.viz.browser import visiting
from tests.viz.journeys.test_first import node

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

LOOKED_AT = {
    "resnet50": "?block=bottleneck&stages=3-4-6-3",
    "resnet152": "?block=bottleneck&stages=3-8-36-3",
    "densenet201": "?family=densenet&stages=6-12-48-32",
    "convnext": "?network=torchvision:convnext_tiny",
    "tiny": "?stages=1&stem=cifar&base_width=8&input_shape=1x8x8&classes=2",
}
MEASURED = "stages=1-1&stem=cifar&base_width=8&input_shape=3x16x16&classes=10&signals.run=true&signals.batch=2"


def inside(page, selector):
    """Whether all elements lie inside the pane, above the legend that may stand below."""
    return page.evaluate(
        """selector => {
        const root = document.querySelector('[data-testid="stBidiComponentRegular"] *, .stBidiComponent')?.getRootNode();
        const all = (node) => [node, ...[...node.querySelectorAll('*')].flatMap((one) => (one.shadowRoot ? all(one.shadowRoot) : []))];
        const roots = all(document).filter((one) => one.querySelector);
        const pane = roots.map((one) => one.querySelector('.pane')).find(Boolean);
        const legend = pane.querySelector('.legend');
        const box = pane.getBoundingClientRect();
        const bottom = legend.classList.contains('row') ? legend.getBoundingClientRect().top : box.bottom;
        return [...pane.querySelectorAll(selector)].every((one) => {
            const own = one.getBoundingClientRect();
            return own.left >= box.left - 1 && own.right <= box.right + 1 && own.top >= box.top - 1 && own.bottom <= bottom + 1;
        });
    }""",
        selector,
    )


@pytest.mark.parametrize("direction", ["vertical", "horizontal"])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_the_whole_network_is_in_the_first_view_of_a_lecturers_laptop(app, name, direction):
    with visiting(app, width=1366, height=768) as visit:
        page = visit.open(f"{LOOKED_AT[name]}&architecture.direction={direction}")

        assert inside(page, "g.node")
        pane = page.locator(".pane").bounding_box()
        assert pane["y"] + pane["height"] <= 768
        tools = page.locator(".tools").bounding_box()
        assert tools["x"] >= pane["x"] + pane["width"]  # beside the picture, not over it
        assert visit.troubles == []


def test_a_block_that_is_unfolded_keeps_its_place(visit):
    page = visit.open(LOOKED_AT["resnet50"])
    before = node(page, "layer3").bounding_box()

    node(page, "layer3").click()
    node(page, "layer3.0").wait_for()
    visit.settle()

    after = page.locator("g.cluster[id='layer3']").bounding_box()
    assert abs(after["y"] - before["y"]) < 3


def test_the_pass_plays_down_and_back_by_keyboard_with_its_numbers(visit):
    page = visit.page
    page.goto(f"{visit.address}/signals?{MEASURED}&signals.panel=graph")
    page.locator(".player input").wait_for()
    visit.settle()
    slider, said = page.locator(".player input"), page.locator(".player output")
    steps = int(slider.get_attribute("max"))

    slider.focus()
    page.keyboard.press("ArrowRight")
    first = said.inner_text()
    page.keyboard.press("End")
    last = said.inner_text()

    assert "Activations (rms), stem: with skips " in first
    assert "; without skips " in first
    assert "Gradients (norm), stem: with skips " in last
    assert steps == 8  # four rows down, four back
    fill = node(page, "layer1").locator("path").first.evaluate("element => getComputedStyle(element).fill")
    page.keyboard.press("Home")
    assert fill != node(page, "layer1").locator("path").first.evaluate("element => getComputedStyle(element).fill")


def test_the_play_button_runs_to_the_end_and_stands_still_where_less_motion_is_wished(app):
    for motion in ("no-preference", "reduce"):
        with visiting(app) as visit:
            page = visit.page
            page.emulate_media(reduced_motion=motion)
            page.goto(f"{visit.address}/signals?{MEASURED}&signals.panel=graph")
            page.get_by_label("Speed").select_option("4")
            visit.settle()
            slider = page.locator(".player input")

            page.get_by_role("button", name="Play", exact=True).click()

            if motion == "reduce":
                page.wait_for_timeout(1_000)
                assert slider.input_value() == "1"
            else:
                page.wait_for_function(
                    "max => [...document.querySelectorAll('*')].some((one) => one.shadowRoot?.querySelector('.player input')?.value === max)",
                    arg=slider.get_attribute("max"),
                )
            assert visit.troubles == []


def test_a_box_marks_its_twin(visit):
    page = visit.page
    page.goto(f"{visit.address}/signals?{MEASURED}&signals.panel=graph")
    node(page, "layer1").wait_for()
    visit.settle()

    node(page, "layer1").hover()

    page.locator("g[id='other/layer1'].partner").wait_for()


def test_signals_opens_on_a_result_and_measures_it_on_the_button(visit):
    page = visit.page
    page.goto(f"{visit.address}/signals")
    page.get_by_text("Without skips the gradient grows").wait_for()
    page.get_by_text("Measured before, on").wait_for()
    page.get_by_text("Why it matters").wait_for()
    assert page.get_by_text("Why it matters").bounding_box()["y"] < 700

    page.get_by_role("button", name="Measure it").click()

    page.get_by_text("Measured before, on").wait_for(state="detached")
    page.get_by_text("Measured on").wait_for()
