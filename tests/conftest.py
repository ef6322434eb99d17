"""What all tests share: where the project is, specs to draw from, pages to open."""

import atexit
import csv
import json
import os
import tempfile
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from models.spec import Block, NetworkSpec, SpecError

ROOT = Path(__file__).parent.parent
os.environ["SKIPSCOPE_RUNS"] = tempfile.mkdtemp(prefix="skipscope-runs-")  # nobody's own runs are touched
if (
    "PYTEST_XDIST_WORKER" in os.environ
):  # a worker for every core: threads of torch's own would only wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")
hypothesis.settings.register_profile("seeded", derandomize=True, deadline=None, max_examples=40, database=None)
hypothesis.settings.load_profile("seeded")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The closing line is the last: triton, which torch brings, tells of its own leaks when Python ends."""
    atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)


def reference_rows() -> list[dict[str, str]]:
    """Published or independently computed counts, one row a network."""
    with (ROOT / "tests/models/networks.csv").open() as file:
        return list(csv.DictReader(file))


def reference_spec(row: dict[str, str]) -> NetworkSpec:
    return NetworkSpec(**json.loads(row["spec"]))


@st.composite
def specs(draw: st.DrawFn, *, pixels: tuple[int, int] = (8, 40), blocks: int = 2) -> NetworkSpec:
    """Any kind of network, small enough to run."""
    family = draw(st.sampled_from(["resnet", "densenet"]))
    own = (
        {
            "block": draw(st.sampled_from(["basic", "bottleneck", "preact_basic", "preact_bottleneck"])),
            "shortcut": draw(st.sampled_from(["none", "pad", "projection", "projection_all"])),
            "base_width": draw(st.sampled_from([8, 16, 20])),
            "widen": draw(st.sampled_from([1.0, 1.5, 2.0])),
            "groups": draw(st.sampled_from([1, 2, 4])),
            "group_width": draw(st.sampled_from([16, 64])),
            "stride_in": draw(st.sampled_from(["3x3", "1x1"])),
        }
        if family == "resnet"
        else {
            "block": draw(st.sampled_from([Block.DENSE, Block.DENSE_BOTTLENECK])),
            "shortcut": draw(st.sampled_from(["concat", "none"])),
            "base_width": draw(st.integers(1, 12)),
            "growth_rate": draw(st.integers(1, 6)),
            "compression": draw(st.sampled_from([0.5, 0.7, 1.0])),
        }
    )
    side = st.integers(*pixels)
    try:
        return NetworkSpec(
            family=family,
            stages=tuple(draw(st.lists(st.integers(1, blocks), min_size=1, max_size=4))),
            stem=draw(st.sampled_from(["imagenet", "cifar"])),
            norm=draw(st.sampled_from(["batch", "group", "none"])),
            conv_bias=draw(st.booleans()),
            projection_norm=draw(st.booleans()),
            input_shape=(draw(st.integers(1, 4)), draw(side), draw(side)),
            classes=draw(st.integers(2, 12)),
            **own,
        )
    except SpecError:
        hypothesis.reject()


@pytest.fixture
def open_app(monkeypatch):
    """The app with an address, run once; `open_app(block="bottleneck")`.

    Estimates are those of an idle machine, whatever this one does: what a page shows does not depend on the clock.
    """
    from streamlit.testing.v1 import AppTest

    from viz import pace

    monkeypatch.setattr(pace.Pace, "learn", lambda *_: None)
    monkeypatch.setattr(pace._Load, "others", lambda _: 0.0)

    def opened(**query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return opened
