"""Hundreds of hostile links on all pages, with hostile run folders present.

Whatever a link contains, the page opens without an exception and names what is unavailable.
"""

import json
import os
import random
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from models.specs.spec import NetworkSpec
from models.training.run_store import RunStore
from tests.conftest import ROOT
from viz.state import session
from viz.state.training import of

pytestmark = pytest.mark.slow
PAGES = ("architecture", "signals", "compare", "training", "sweeps")
LINKS = 90  # per page
STORED = ROOT / "tests/models/training/stored_runs"
NASTY = [
    "", " ", "-1", "0", "1", "1e400", "nan", "inf", "-inf", "9" * 400, "9" * 5_000, "0x10", "true", "TRUE", "none", "None",
    "a" * 256, "a" * 5_000, "../../etc/passwd", "/etc/passwd", "..", ".", "\0", "\n", "%00", "é" * 200, "卷积", "\u202eabc",
    "<script>alert(1)</script>", "'; DROP TABLE runs; --", "`code`", "[x](javascript:alert(1))", "![x](http://x)",
    "{{7*7}}", "$(id)", "~", "~~~~", "~".join(["resnet18"] * 20), "resnet18.stages-9999", "resnet50.groups-7", "sidebar~sidebar",
    "resnet18.classes-1", "1x1x1", "3x1024x1024", "3x9999x9999", "0x0x0", "-3x8x8", "2-2-2-2-2-2", "2000-1", "0-0", "1,1,1",
    "odd", "pipe", "endless", "deep", "zeros", "resnet-4-digits-786179fe72", "=1+1", "|", "\\", "layer1.0.conv1", "layer9",
    "depth:20,32;norm:batch,none", "seed:" + ",".join(map(str, range(9_999))), "depth:;:;;", "widen:1e300", "norm:none,none", "depth",
]  # fmt: skip


def names():
    """Return every field that a link can have."""
    pages = (
        type(session.view()),
        type(session.experiment()),
        type(session.comparison()),
        type(session.race()),
        type(session.sweep()),
    )
    own = [name for page in pages for names in page.old_names().items() for name in names]  # old and current ones
    return [*NetworkSpec.names(), *own]


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """A folder of runs, one of them intact and many damaged."""
    from models.training import run_store as room

    monkeypatch.setattr(
        room.RunStore, "__init__", lambda self, folder=tmp_path: object.__setattr__(self, "folder", folder)
    )
    own = "resnet-4-digits-786179fe72"
    shutil.copytree(STORED / own, tmp_path / own)
    for name in ("pipe", "endless", "deep", "zeros", "html", "a`b", "é" * 50):
        shutil.copytree(STORED / own, tmp_path / name)
    (tmp_path / "odd").mkdir()
    (tmp_path / "pipe/run.json").unlink()
    os.mkfifo(tmp_path / "pipe/run.json")
    (tmp_path / "endless/epochs.csv").unlink()
    (tmp_path / "endless/epochs.csv").symlink_to("/dev/zero")
    (tmp_path / "deep/run.json").write_text("[" * 100_000)
    (tmp_path / "zeros/epochs.csv").write_bytes(b"\0" * 200_000)
    stored = json.loads((tmp_path / "html/run.json").read_text())
    stored |= {"state": "failed", "why": "<script>alert(1)</script> `x` [a](b) " * 50}
    (tmp_path / "html/run.json").write_text(json.dumps(stored))
    return RunStore()


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("page", PAGES)
def test_any_link_opens_its_page(page, part, runs, monkeypatch):
    from viz.backend import job_queue

    monkeypatch.setattr(job_queue.JobQueue, "_next", lambda self: None)  # nothing is measured, only read
    draw = random.Random(f"{page}{part}")  # noqa: S311
    known = names()
    for number in range(LINKS // 3):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600)
        query = {name: draw.choice(NASTY) for name in draw.sample(known, draw.choice([1, 2, 5, 12]))}
        if draw.random() < 0.4:
            query |= {"trained": draw.choice(NASTY), "weights": "trained", "run": "true"}
        if draw.random() < 0.3:
            query[draw.choice(NASTY)[:60] or "x"] = draw.choice(NASTY)
        if page == "training" and draw.random() < 0.3:
            query |= {"learn": "true", "lesson": "All runs"}
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        if page != "architecture":
            for name, value in query.items():
                app.query_params[name] = value
            app.switch_page(f"viz/pages/{page}.py").run()

        assert not app.exception, (number, query, [one.value for one in app.exception])
        assert app.title or app.error, query
        assert not any("Traceback" in one.value for one in (*app.error, *app.warning, *app.markdown))


def test_the_list_of_runs_shows_every_folder_and_each_can_be_deleted(runs, open_app):
    from tests.viz.pages import opened

    whole = runs.read("resnet-4-digits-786179fe72").run
    app = opened(open_app, "viz/pages/training.py", **of(whole).to_query(), lesson="All runs")
    assert not app.exception
    for name in ("odd", "pipe", "endless", "deep", "zeros"):
        assert any(f"`{name}`: **damaged**" in one.value for one in app.markdown), name
    for kept in runs.all():
        runs.delete(kept.id)
    assert [path.name for path in runs.folder.iterdir() if path.is_dir()] == [".index"]
