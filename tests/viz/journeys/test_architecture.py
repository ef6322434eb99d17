"""Journeys through the Architecture page in a real browser."""

import io
import subprocess
import sys
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from tests.viz.browser import elsewhere, visiting
from tests.viz.journeys.test_first import node, pick, query
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]


def saved(page, button):
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return download.value.path().read_bytes(), download.value.suggested_filename


def test_the_input_size_changes_the_shapes_in_the_graph(visit):
    page = visit.open("?block=bottleneck&stages=3-4-6-3")
    height, width = (page.get_by_role("spinbutton", name=name) for name in ("Height", "Width"))

    height.fill("64")
    height.press("Enter")
    node(page, "input").locator("text", has_text="3 × 64 × 224").wait_for()
    width.fill("64")
    width.press("Enter")

    node(page, "input").locator("text", has_text="3 × 64 × 64").wait_for()
    node(page, "layer1").locator("text", has_text="256 × 16 × 16").wait_for()
    visit.settle()
    assert query(page)["input_shape"] == "3x64x64"


def test_a_lecturer_unfolds_saves_the_svg_and_shares_the_link(app, visit):
    page = visit.open()
    pick(page, "Networks", "DenseNet")
    page.get_by_text("7,978,856").first.wait_for()
    visit.settle()
    node(page, "features.denseblock1").click()
    node(page, "features.denseblock1.denselayer1-6").click()
    node(page, "features.denseblock1.denselayer2").click()
    node(page, "features.denseblock1.denselayer2.conv2").click()
    page.get_by_text("3*3*128*32 = 36,864").wait_for()
    visit.settle()

    page.get_by_role("button", name="Save").first.click()
    picture, name = saved(page, "SVG")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Share").click()
    link = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text().strip()

    assert name == "densenet121.svg"
    assert any(group.get("id") == "features.denseblock1.denselayer2.conv2" for group in ET.fromstring(picture).iter())  # noqa: S314
    other = elsewhere(visit)
    there = other.open(link.removeprefix(app + "/"))
    assert "selected" in node(there, "features.denseblock1.denselayer2.conv2").get_attribute("class")
    assert there.locator("g.node").count() == page.locator("g.node").count()
    assert other.troubles == []


def test_an_engineer_copies_the_code_runs_it_and_finds_the_same_count(visit, tmp_path):
    page = visit.open("?block=bottleneck&stages=3-4-6-3&groups=32&group_width=4")
    page.get_by_role("tab", name="PyTorch code").click()
    page.get_by_text("class Bottleneck").first.wait_for()
    with page.expect_download() as download:
        page.get_by_test_id("stMain").get_by_role("button", name="Save", exact=True).last.click()
    download.value.save_as(tmp_path / "network.py")

    done = subprocess.run([sys.executable, "network.py"], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "(1, 1000) 25,028,904 parameters"


def test_the_table_leaves_as_csv_with_the_networks_sum(visit):
    page = visit.open("?block=bottleneck&stages=3-4-6-3&groups=32&group_width=4")

    text, name = saved(page, "CSV")

    assert name == "resnext50_32x4d-layers.csv"
    assert pd.read_csv(io.BytesIO(text))["MACs"].sum() == 4_230_479_872


def test_the_graph_is_walked_by_keyboard(visit):
    page = visit.open()
    page.locator(".pane").focus()

    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    node(page, "layer1.0-1").wait_for()
    visit.settle()
    assert query(page) == {"architecture.fold": "layer1", "architecture.layer": "layer1"}


def test_the_graph_zooms_by_buttons_keys_and_ctrl_wheel_and_pans_by_drag(visit):
    page = visit.open()

    def width():
        return page.locator(".paper svg").bounding_box()["width"]

    before = width()
    page.get_by_role("button", name="Zoom in").click()
    assert width() > before
    page.locator(".pane").focus()
    page.keyboard.press("0")
    fitted = width()
    stage = page.locator(".pane").bounding_box()
    page.mouse.move(stage["x"] + 60, stage["y"] + 60)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_function(
        "before => document.activeElement.shadowRoot.querySelector('.paper svg').getBoundingClientRect().width > before",
        arg=fitted,
    )

    place = page.locator(".paper svg").bounding_box()
    page.mouse.down()
    page.mouse.move(stage["x"] + 110, stage["y"] + 90, steps=4)
    page.mouse.up()
    moved = page.locator(".paper svg").bounding_box()
    assert (moved["x"] - place["x"], moved["y"] - place["y"]) == pytest.approx((50, 30), abs=1)


@pytest.mark.parametrize("column", [12, 160, 330])  # the row's box, its name, its input
def test_any_cell_of_a_row_selects_the_node(visit, column):
    page = visit.open("?level=layers")
    grid = page.get_by_test_id("stDataFrame")
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()

    page.mouse.click(box["x"] + column, box["y"] + 52)

    page.locator('g[id="conv1"].selected').wait_for()
    visit.settle()
    assert query(page)["architecture.layer"] == "conv1"


def test_the_graph_is_fitted_again_when_the_window_changes(visit):
    page = visit.open()

    page.set_viewport_size({"width": 1100, "height": 700})

    def fitted():
        pane, picture = page.locator(".pane").bounding_box(), page.locator(".paper svg").bounding_box()
        return pane["x"] <= picture["x"] and picture["x"] + picture["width"] <= pane["x"] + pane["width"] + 1

    until(fitted)


def test_the_page_works_in_the_dark(app):
    with visiting(app, scheme="dark") as visit:
        page = visit.open("?level=layers")

        fill = node(page, "conv1").locator("polygon").first.evaluate("element => getComputedStyle(element).fill")
        assert fill == "rgb(29, 95, 150)"
        assert visit.troubles == []


def test_a_strange_link_is_explained_not_crashed(visit):
    page = visit.open("?stages=3-4-x&classes=10&%00=1&layer=%3Cscript%3E")

    page.get_by_text("Some parts of the link are not valid").wait_for()
    visit.settle()
    assert query(page) == {"classes": "10"}


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
@pytest.mark.parametrize("name", ["", "?family=densenet&stages=6-12-48-32&level=layers"])
def test_the_picture_stands_on_the_first_screen_and_nothing_is_cut(app, width, height, name):
    with visiting(app, width=width, height=height) as visit:
        page = visit.open(name)

        stage = page.locator(".pane").bounding_box()
        assert stage["y"] + stage["height"] <= height
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for metric in page.get_by_test_id("stMetricValue").all():
            assert metric.evaluate("element => element.scrollWidth <= element.clientWidth + 1")
