"""A sweep in a browser: choose what varies, measure, give lines of their own, filter, and take the table away."""

import csv
from pathlib import Path

import pytest

from tests.viz.browser import visiting

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
SMALL = "stages=1-1&stem=cifar&base_width=8&input_shape=3x16x16&classes=5&shortcut=pad&signals.batch=2"


def test_a_sweep_from_the_menu_to_the_table(app):
    with visiting(app) as visit:
        page = visit.open(f"sweeps?{SMALL}&sweeps.axes=stages:1-1,2-2", seen=".st-key-run_sweeps")
        page.get_by_role("combobox", name="Vary").fill("Norm")  # the list draws only what is in sight
        page.get_by_role("option", name="Norm", exact=True).click()
        page.keyboard.press("Escape")
        page.get_by_text("6 networks, each with and without skips.").wait_for()

        page.locator(".st-key-run_sweeps button").click()
        page.locator(".st-key-sweeps_table").wait_for()
        page.locator(".st-key-chart_sweeps_norm .js-plotly-plot").wait_for()
        page.get_by_text("of 6 cases").wait_for()

        page.get_by_role("combobox", name="Lines by").click()
        page.get_by_role("option", name="Norm", exact=True).click()
        page.locator(".st-key-chart_sweeps_stages").get_by_text("with skips, group norm", exact=True).wait_for()
        page.wait_for_url("**sweeps.by=norm**")
        visit.settle()

        with page.expect_download() as saved:
            page.get_by_role("button", name="CSV", exact=True).click()
        with Path(saved.value.path()).open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["Norm"] for row in rows] == ["batch norm", "group norm", "no norm"] * 2
        assert visit.troubles == []


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1366, 768), (1920, 1080)])
def test_the_charts_fit(app, width, height):
    with visiting(app, width=width, height=height) as visit:
        query = f"sweeps?{SMALL}&sweeps.axes=stages:1-1,2-2;norm:batch,none;order:original,preact&sweeps.run=true"
        page = visit.open(query, seen=".st-key-sweeps_table")
        page.locator(".js-plotly-plot .scatterlayer").nth(2).wait_for()

        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        charts = [chart.bounding_box() for chart in page.locator("[class*=st-key-chart_sweeps_]").all()]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in charts)
        assert visit.troubles == []
