"""A public server in a real browser: its headers bear the pages, visitors are known again, and see only their own."""

import json
import re
import urllib.error
import urllib.request

import pytest

from tests.conftest import ROOT
from tests.viz.browser import chromium, elsewhere, served

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("a public server in a browser")]
TINY = "stages=1-1&stem=cifar&base_width=8&shortcut=pad&input_shape=1x8x8&classes=10"
RACE = f"training?{TINY}&training.networks=sidebar&training.batch=128"
SECRET = "a secret of some length"  # noqa: S105


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The address of a public server, with a process for heavy work; in place of the app that other journeys share."""
    chromium()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKIPSCOPE_PUBLIC", "1")
        patch.setenv("SKIPSCOPE_LECTURER", SECRET)
        patch.setenv("SKIPSCOPE_WORKER", "1")
        patch.setenv("SKIPSCOPE_RUNS", str(tmp_path_factory.mktemp("runs")))
        with served(ROOT / "viz/command/serve.py") as address:
            yield address


def test_the_headers_are_on_every_answer_and_the_servers_numbers_are_its_own(app):
    for path in ("/", "/signals", "/_stcore/health"):
        with urllib.request.urlopen(app + path) as answer:  # noqa: S310  # the loopback
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
            assert "object-src 'none'" in answer.headers["Content-Security-Policy"]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{app}/_stcore/metrics")  # noqa: S310


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("", "g.node"),
        ("?architecture.tab=charts", ".js-plotly-plot .main-svg"),
        ("signals", ".js-plotly-plot .main-svg"),
        (f"signals?{TINY}&signals.run=true&signals.panel=maps", ".js-plotly-plot .main-svg"),
        ("compare?compare.networks=resnet18,resnet34", "table, [data-testid=stDataFrame]"),
        (RACE, ".st-key-start_race"),
        ("lessons?lessons.lesson=1-skip-connection&lessons.step=2&lang=zh", "h1"),
        ("server", "table"),
    ],
)
def test_the_policy_bears_every_page(visit, path, seen):
    """A part that the policy refused would be an error in the browser's console."""
    visit.open(path, seen=seen)

    assert visit.page.get_by_test_id("stException").count() == 0


def test_a_chart_is_saved_under_the_policy(visit, tmp_path):
    page = visit.open("signals", seen=".js-plotly-plot .main-svg")
    page.locator(".st-key-files_gradients button").first.click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="PNG").first.click()

    assert saved.value.path().read_bytes().startswith(b"\x89PNG")


def test_a_visitor_is_known_again_and_another_is_not(visit):
    page = visit.open(f"{RACE}&training.epochs=2", seen=".st-key-start_race")
    page.locator(".st-key-start_race button").click()
    page.wait_for_url("**training.learn=true**")
    page.locator(".st-key-race_tab").wait_for()
    visit.settle()
    runs = f"{RACE}&training.epochs=2&training.learn=true&training.lesson=runs"

    mine = visit.open(runs, seen=".st-key-race_tab")  # loaded anew
    mine.get_by_text("no other visitor sees this list").wait_for()
    mine.get_by_role("button", name="Delete").wait_for()
    yours = elsewhere(visit)
    yours.open(runs, seen=".st-key-race_tab")
    yours.page.get_by_text("No run is stored yet.").wait_for()
    assert yours.page.get_by_role("button", name="Delete").count() == 0
    assert yours.page.locator(".st-key-race_tab").count() == 1  # by the link its results are seen
    assert yours.troubles == []


def test_the_lecturer_signs_in_with_the_secret(visit):
    page = visit.open("server", seen="table")
    page.get_by_label("The lecturer's secret").fill(SECRET)
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Jobs under way").wait_for()
    assert page.get_by_text("SKIPSCOPE_MOST_DEPTH").count() == 1
    assert SECRET not in page.url


def test_the_cookie_is_for_this_site_alone(visit):
    visit.open("server", seen="table")

    [cookie] = [one for one in visit.page.context.cookies() if one["name"] == "skipscope_visitor"]
    assert re.fullmatch("[0-9a-f]{32}", cookie["value"])
    assert (cookie["sameSite"], cookie["path"]) == ("Lax", "/")
    assert cookie["value"] not in json.dumps(visit.page.content())
