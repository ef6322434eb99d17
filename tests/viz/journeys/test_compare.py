"""Journeys through the Compare page in a real browser."""

import re

import pytest

from tests.viz.browser import elsewhere, visiting

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
SMALL = "?compare=resnet20_cifar~densenet_40_12&batch=2"


def opened(visit, query=""):
    page = visit.page
    page.goto(f"{visit.address}/compare{query}")
    page.locator(".scores details").first.wait_for()
    visit.settle()
    return page


def header(page):
    return [" ".join(text.split()) for text in page.locator(".scores .head span:not(:first-child)").all_inner_texts()]


def test_a_network_is_added_its_latency_measured_and_the_link_opens_the_same_elsewhere(visit):
    page = opened(visit, SMALL)
    page.get_by_role("combobox", name="Add a network").click()
    page.get_by_role("combobox", name="Add a network").fill("ResNet-32")
    page.get_by_role("option", name=re.compile("ResNet-32")).click()
    page.locator(".scores .head", has_text="ResNet-32").wait_for()
    page.get_by_role("tab", name="Measured here").click()
    page.get_by_role("button", name=re.compile("^Measure latency")).click()
    page.locator(".st-key-fresh_timings .js-plotly-plot").wait_for()
    page.locator(".scores summary", has_text="Latency, one image, ms").wait_for()
    visit.settle()
    page.get_by_role("button", name="Share").click()
    link = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text().strip()

    other = elsewhere(visit)
    there = opened(other, "?" + link.partition("?")[2])
    there.locator(".st-key-fresh_timings .js-plotly-plot").wait_for()

    assert "compare.networks=resnet20_cifar~densenet_40_12~resnet32_cifar" in link
    assert header(there) == header(page)
    assert len(header(there)) == 3
    assert other.troubles == []


def test_a_row_opens_to_its_arithmetic_by_mouse_and_by_keyboard(visit):
    page = opened(visit)
    row = page.locator(".scores summary", has_text="Parameters").first
    row.click()
    assert page.get_by_text("= 25,557,032").is_visible()

    row.focus()
    page.keyboard.press("Enter")
    assert not page.get_by_text("= 25,557,032").is_visible()


def test_blocks_are_drawn_with_groups_and_leave_as_svg(visit):
    page = opened(visit, "?facet=Blocks")
    page.locator("g.node").first.wait_for()
    page.get_by_text("... 32 groups ...").wait_for()
    page.get_by_role("button", name="Save", exact=True).last.click()
    with page.expect_download() as download:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name="SVG", exact=True).click()

    assert download.value.suggested_filename == "resnext50_32x4d-layer1.1.svg"
    assert b"32 groups" in download.value.path().read_bytes()


def test_the_report_opens_offline(visit, tmp_path):
    page = opened(visit, SMALL)
    page.get_by_role("button", name="Report").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML report").click()
    download.value.save_as(tmp_path / "report.html")

    alone = page.context.browser.new_context(offline=True).new_page()
    alone.goto(f"file://{tmp_path}/report.html")
    alone.locator(".js-plotly-plot .main-svg").first.wait_for()

    assert alone.locator(".scores details").count() > 8
    assert "ResNet-20 (CIFAR) and DenseNet-40 k=12 (CIFAR)" in alone.locator("h1").inner_text()


@pytest.mark.parametrize(("width", "height", "scheme"), [(1366, 768, "light"), (1920, 1080, "dark")])
def test_the_answer_the_table_and_the_chart_stand_on_the_first_screen(app, width, height, scheme):
    with visiting(app, width=width, height=height, scheme=scheme) as visit:
        page = opened(visit)
        page.locator(".st-key-chart_compare_accuracy .points path").first.wait_for()

        for locator in (
            page.locator(".scores summary", has_text="Saved for backward"),
            page.locator(".st-key-chart_compare_accuracy"),
        ):
            box = locator.bounding_box()
            assert box["y"] + box["height"] <= height
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert visit.troubles == []
