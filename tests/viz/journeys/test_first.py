"""The first journeys in a real browser, part of the default test run. All others are marked slow, and run in CI."""

from urllib.parse import parse_qs, urlparse

import pytest

pytestmark = pytest.mark.xdist_group("browser")


def node(page, path):
    return page.locator(f'g[id="{path}"]')


def query(page):
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def pick(page, label, option):
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_a_student_picks_resnet50_unfolds_a_stage_and_reads_a_layer(visit):
    page = visit.open()
    pick(page, "Preset", "ResNet-50")
    page.get_by_text("25,557,032").first.wait_for()
    visit.settle()

    node(page, "layer2").click()
    node(page, "layer2.0").click()
    node(page, "layer2.0.conv2").click()

    page.get_by_text("3*3*128*128 = 147,456").wait_for()
    visit.settle()
    assert "selected" in node(page, "layer2.0.conv2").get_attribute("class")
    assert query(page)["architecture.layer"] == "layer2.0.conv2"
    assert "layer2" in query(page)["architecture.fold"]


def test_back_and_forward_undo_and_redo(visit):
    page = visit.open()
    pick(page, "Preset", "ResNet-50")
    page.get_by_text("25,557,032").first.wait_for()
    visit.settle()

    page.go_back()
    page.get_by_text("11,689,512").first.wait_for()
    visit.settle()
    assert query(page) == {}

    page.go_forward()
    page.get_by_text("25,557,032").first.wait_for()
