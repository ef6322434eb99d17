"""Journeys through the Signals page in a real browser."""

import io
import re
from contextlib import suppress

import pandas as pd
import pytest
from playwright.sync_api import TimeoutError

from tests.groups import made_group
from tests.viz.browser import chromium, elsewhere, served, visiting
from viz.style import theme

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("signals in a browser")]


def opened(visit, query=""):
    page = visit.page
    page.goto(f"{visit.address}/signals{query}")
    page.get_by_test_id("stSidebar").locator("label").first.wait_for()
    visit.settle()
    return page


def measured(visit):
    """Return the headline sentence, as soon as it is shown; a busy machine may take minutes."""
    said = visit.page.locator(".st-key-fresh h2", has_text=re.compile("With(out)? skips")).first
    said.wait_for(timeout=600_000)
    visit.page.locator(".st-key-fresh .js-plotly-plot .scatterlayer").first.wait_for()
    visit.settle()
    return visit.page.locator(".st-key-fresh h2").first.inner_text()


def test_a_student_clicks_three_times_and_sees_the_gap_widen(visit):
    visit.page.goto(visit.address)
    visit.page.wait_for_selector("g.node")
    visit.page.get_by_role("link", name="Signals").click()
    visit.page.get_by_role("button", name=re.compile("^Measure it")).click()
    first = measured(visit)
    assert "Without skips the gradient grows 1." in first
    assert visit.page.url.endswith("/signals?signals.run=true")

    slider = visit.page.get_by_role("slider", name="Depth")
    slider.focus()
    for depth in (62, 68):
        visit.page.keyboard.press("ArrowRight")
        visit.page.get_by_role("heading", name=re.compile(f"ResNet-{depth}")).wait_for()
    visit.page.wait_for_function(
        "text => ![null, undefined, text].includes(document.querySelector('.st-key-fresh h2')?.innerText)",
        arg=first,
        timeout=600_000,
    )
    second = measured(visit)

    def ratio(words):
        number, unit = re.search(r"first convolution's is ([\d.,]+)( million)? times", words).groups()
        return float(number.replace(",", "")) * (1e6 if unit else 1)

    assert ratio(second) > 2 * ratio(first)


def test_the_link_opens_the_same_experiment_elsewhere(visit):
    page = opened(visit, "?run=true&stages=3-3-3&stem=cifar&base_width=16&input_shape=3x32x32&classes=10&shortcut=pad")
    page.get_by_text("activations", exact=True).click()
    words = measured(visit)
    page.get_by_role("button", name="Share").click()
    link = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text().strip()

    other = elsewhere(visit)
    opened(other, "?" + link.partition("?")[2])

    assert "of=activations" in link
    assert measured(other) == words
    assert other.troubles == []


def test_a_sweep_fills_in_is_cancelled_and_can_be_run_again(visit):
    page = opened(visit, "?run=true&seeds=2&panel=Depth%20sweep&deepest=110")
    measured(visit)

    page.get_by_role("button", name=re.compile("^Run the sweep")).click()
    page.get_by_text(re.compile(r"Measuring: [1-9]\d?%")).wait_for()
    page.locator(".st-key-chart_sweep .js-plotly-plot").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled.").wait_for()

    assert page.get_by_role("button", name=re.compile("^Try again")).is_visible()
    assert "sweep=true" in page.url


def test_a_click_on_a_point_selects_the_layer_on_both_pages(visit):
    page = opened(
        visit, "?run=true&seeds=1&stages=3-3-3&stem=cifar&base_width=16&input_shape=3x32x32&classes=10&shortcut=pad"
    )
    measured(visit)

    point = page.locator(".st-key-chart_gradients .scatterlayer .trace:nth-child(3) .points path").nth(4)
    for _ in range(10):  # while the figure is drawn anew, a click is lost, or the point is away
        with suppress(TimeoutError):
            page.mouse.move(0, 0)
            point.hover(force=True, timeout=30_000)
            page.wait_for_timeout(300)  # Plotly reports a click on what it has seen the pointer over
            point.click(force=True, timeout=30_000)
            page.wait_for_url(re.compile("layer=layer1"), timeout=15_000)
            break
    visit.settle()
    page.get_by_role("link", name="Architecture").click()
    page.wait_for_selector("g.node")
    visit.settle()

    assert "architecture.layer=layer1" in page.url
    assert page.locator("g.node.selected").count() == 1


@pytest.mark.parametrize(("form", "start"), [("SVG", b"<svg"), ("PNG", b"\x89PNG")])
def test_a_chart_leaves_as_a_picture(visit, form, start):
    page = opened(visit, "?run=true&seeds=1")
    measured(visit)
    page.locator(".st-key-files_gradients button").click()

    with page.expect_download() as download:
        page.get_by_role("button", name=form, exact=True).click()

    assert download.value.suggested_filename == f"resnet56_cifar-gradients.{form.lower()}"
    assert download.value.path().read_bytes().startswith(start)


def test_a_chart_leaves_a_dark_page_light_with_what_it_shows_above_it(app):
    with visiting(app, scheme="dark") as visit:
        page = opened(visit, "?run=true&seeds=1&stages=3-3-3&stem=cifar&base_width=16&input_shape=3x32x32&classes=10")
        said = measured(visit)
        page.locator(".st-key-files_gradients button").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="SVG", exact=True).click()
        picture = download.value.path().read_text()

    assert theme.SKIP.light in picture.lower() or "rgb(0, 114, 178)" in picture
    assert "rgb(86, 180, 233)" not in picture
    assert "Source Sans" not in picture
    assert said.split(":")[0][:40] in picture
    assert visit.troubles == []


def test_a_chart_leaves_as_a_page_that_opens_offline(visit, tmp_path):
    page = opened(visit, "?run=true&seeds=1")
    measured(visit)
    page.locator(".st-key-files_gradients button").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML, offline").click()
    download.value.save_as(tmp_path / "chart.html")

    alone = page.context.browser.new_context(offline=True).new_page()
    alone.goto(f"file://{tmp_path}/chart.html")

    alone.locator(".scatterlayer .trace").first.wait_for()
    assert "Without skips the gradient grows" in alone.locator(".gtitle").text_content()


def test_the_numbers_leave_as_csv(visit):
    page = opened(visit, "?run=true&seeds=2&panel=Numbers")
    measured(visit)

    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()

    frame = pd.read_csv(io.BytesIO(download.value.path().read_bytes()))
    assert set(frame["Seed"]) == {0, 1}
    assert frame["Weight gradient norm"].notna().any()


def test_a_picture_of_ones_own_is_looked_through_and_another_file_refused(visit, tmp_path):
    from PIL import Image

    Image.new("RGB", (60, 40), (220, 40, 30)).save(tmp_path / "red.png")
    (tmp_path / "words.png").write_text("just words")
    page = opened(visit, "?source=upload&seeds=1&batch=4&panel=Feature%20maps")
    page.get_by_text("Upload an image, or choose other images").wait_for()

    page.locator('input[type="file"]').set_input_files(tmp_path / "words.png")
    page.get_by_text("can't be read as an image").wait_for()
    page.locator('input[type="file"]').set_input_files(tmp_path / "red.png")
    page.get_by_role("button", name=re.compile("^Run with and without")).click()

    measured(visit)
    page.get_by_text("16 of 16 channels").first.wait_for()


def test_the_graphs_of_both_share_one_scale(visit):
    page = opened(visit, "?run=true&seeds=1&panel=On%20the%20graph")
    measured(visit)
    page.wait_for_selector("g.node")

    (legend,) = (" ".join(text.split()) for text in page.locator("div.legend").all_inner_texts())
    assert re.search(r"log scale (\S+ to \S+)", legend)
    for title in ("with skips", "without skips"):
        page.locator("g.title text", has_text=re.compile(f"^{title}$")).wait_for()


def test_while_a_pass_plays_the_boxes_show_its_values(visit):
    page = opened(visit, "?run=true&seeds=1&panel=On%20the%20graph")
    measured(visit)
    page.wait_for_selector("g.node.value")
    boxes, said = page.locator("g.node.value text"), page.locator(".player output")
    drawn = boxes.all_text_contents()

    for _step in range(3):
        page.locator("button[data-play=on]").click()
    values = re.findall(r"s ([\d.]+)", said.inner_text().partition(":")[2])
    assert len(values) == 2
    assert set(values) <= set(boxes.all_text_contents())
    assert "log scale" not in page.locator("div.legend").inner_text()

    for _step in range(3):
        page.locator("button[data-play=back]").click()
    assert boxes.all_text_contents() == drawn
    assert "log scale" in page.locator("div.legend").inner_text()


@pytest.mark.parametrize(("width", "height", "scheme"), [(1366, 768, "light"), (1920, 1080, "dark")])
def test_the_answer_and_the_picture_stand_on_the_first_screen(app, width, height, scheme):
    with visiting(app, width=width, height=height, scheme=scheme) as visit:
        page = opened(visit, "?run=true")
        measured(visit)

        chart = page.locator(".st-key-chart_gradients").bounding_box()
        assert chart["y"] + chart["height"] <= height
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        point = page.locator(".st-key-chart_gradients .points path").first
        colour = point.evaluate("element => element.style.fill").replace(" ", "")
        assert colour == {"light": "rgb(0,114,178)", "dark": "rgb(86,180,233)"}[scheme]
        assert visit.troubles == []


def test_a_click_that_the_servers_memory_limit_has_no_room_for_is_refused_and_the_server_lives(tmp_path):
    chromium()
    folder = made_group(1_000_000_000)
    if folder is None:
        pytest.skip("no memory group can be made on this machine")
    inside = ("sh", "-c", f'echo $$ > {folder}/cgroup.procs; exec "$@"', "sh")
    try:
        with served(before=inside) as address, visiting(address) as visit:
            page = visit.page
            page.goto(f"{address}/signals?stages=3-4-6-3&block=bottleneck&batch=16")
            page.get_by_text("of memory left. Only small networks").wait_for()
            page.locator(".st-key-run_pair button").click()
            page.get_by_text(re.compile("This needs about .* of the server")).wait_for()
            page.goto(f"{address}/signals?stages=1-1&stem=cifar&base_width=8&input_shape=3x16x16&run=true&batch=8")
            page.locator(".st-key-fresh h2").first.wait_for()
            assert visit.troubles == []
    finally:
        folder.rmdir()
