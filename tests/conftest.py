"""Shared by all tests: the project's path, a strategy for specs, pages to open."""

import atexit
import csv
import json
import os
import tempfile
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from models.runtime.errors import SpecError
from models.specs.choices import Gate, Stem, StrideBlock
from models.specs.presets import PRESETS
from models.specs.registry import Family, Order, of_family
from models.specs.spec import NetworkSpec

ROOT = Path(__file__).parent.parent
os.environ["SKIPSCOPE_RUNS"] = tempfile.mkdtemp(prefix="skipscope-runs-")  # tests never touch real runs
os.environ["SKIPSCOPE_WORKER"] = "0"  # in tests heavy work runs in their own process, but for those of the other one
if "PYTEST_XDIST_WORKER" in os.environ:  # one worker per core: torch's threads would only compete
    os.environ.setdefault("OMP_NUM_THREADS", "1")
hypothesis.settings.register_profile("seeded", derandomize=True, deadline=None, max_examples=40, database=None)
hypothesis.settings.register_profile("few", hypothesis.settings.get_profile("seeded"), max_examples=8)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "seeded"))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Silence stderr at exit: triton, which comes with torch, reports its own leaks after the closing line."""
    atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)


def reference_rows() -> list[dict[str, str]]:
    """Return published or independently computed counts, one row per network."""
    with (ROOT / "tests/models/specs/networks.csv").open() as file:
        return list(csv.DictReader(file))


def reference_spec(row: dict[str, str]) -> NetworkSpec:
    return NetworkSpec(**json.loads(row["spec"]))


def presets() -> list[object]:
    """Return the names of all presets as parameters of a test; all but the first of each group are marked slow."""
    seen: set[str] = set()
    found: list[object] = []
    for name, preset in PRESETS.items():
        found.append(pytest.param(name, marks=pytest.mark.slow) if preset.group in seen else name)
        seen.add(preset.group)
    return found


def _variants() -> st.SearchStrategy[dict[str, object]]:
    """Draw what a residual network may have besides the original's layers; mostly nothing of it."""
    optional = {
        "order": st.sampled_from(list(Order)),
        "stem_norm": st.booleans(),
        "expansion": st.sampled_from([1, 2, 4]),
        "projection_pool": st.booleans(),
        "raw_projection": st.booleans(),
        "stride_block": st.sampled_from(list(StrideBlock)),
        "dilated": st.integers(0, 2),
        "skip_scale": st.sampled_from([0.0, 0.5, 1.0]),
        "branch_scale": st.sampled_from([0.2, 1.0]),
        "learned_scale": st.booleans(),
        "gate": st.sampled_from(list(Gate)),
        "dropout": st.sampled_from([0.0, 0.3]),
        "drop_path": st.sampled_from([0.0, 0.5]),
    }
    return st.one_of(
        st.just({}),
        *(st.fixed_dictionaries({}, optional={name: one}) for name, one in optional.items()),
        st.fixed_dictionaries({}, optional=optional),
    )


@st.composite
def specs(draw: st.DrawFn, *, pixels: tuple[int, int] = (8, 40), blocks: int = 2) -> NetworkSpec:
    """Draw a network of any kind, small enough to run."""
    family = draw(st.sampled_from(list(Family)))
    stages, stems = 4, list(Stem)
    if family is Family.VGG:
        own = {
            "shortcut": draw(st.sampled_from(["none", "pad"])),
            "base_width": draw(st.sampled_from([4, 8])),
            "hidden": draw(st.sampled_from([0, 8])),
            "dropout": draw(st.sampled_from([0.0, 0.5])),
            "skip_scale": draw(st.sampled_from([1.0, 0.5])),
            "branch_scale": draw(st.sampled_from([1.0, 0.5])),
        }
    elif family is Family.INCEPTION_RESNET:
        stages, stems = 3, [Stem.CIFAR]
        own = {
            "shortcut": draw(st.sampled_from(["pad", "none"])),
            "base_width": draw(st.integers(2, 4)),
            "skip_scale": draw(st.sampled_from([1.0, 0.5])),
            "branch_scale": draw(st.sampled_from([1.0, 2.0])),
        }
    elif family is Family.RESNET:
        own = {
            "block": draw(st.sampled_from([name for name, one in of_family(Family.RESNET).items() if one.runs])),
            "shortcut": draw(st.sampled_from(["none", "pad", "projection", "projection_all"])),
            "base_width": draw(st.sampled_from([8, 16, 20])),
            "widen": draw(st.sampled_from([1.0, 1.5, 2.0])),
            "groups": draw(st.sampled_from([1, 2, 4])),
            "group_width": draw(st.sampled_from([16, 64])),
            "stride_in": draw(st.sampled_from(["3x3", "1x1"])),
        } | draw(_variants())
    else:
        own = {
            "block": draw(st.sampled_from(list(of_family(Family.DENSENET)))),
            "shortcut": draw(st.sampled_from(["concat", "none"])),
            "base_width": draw(st.integers(1, 12)),
            "growth_rate": draw(st.integers(1, 6)),
            "compression": draw(st.sampled_from([0.5, 0.7, 1.0])),
        }
    side = st.integers(*pixels)
    try:
        return NetworkSpec(
            family=family,
            stages=tuple(draw(st.lists(st.integers(1, blocks), min_size=1, max_size=stages))),
            stem=draw(st.sampled_from(stems)),
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
    """A function that runs the app once with query parameters, as in `open_app(block="bottleneck")`.

    Time estimates are those of an idle machine, so that pages do not depend on the load of this one.
    """
    from streamlit.testing.v1 import AppTest

    from viz.backend import pace

    monkeypatch.setattr(pace.Pace, "learn", lambda *_: None)
    monkeypatch.setattr(pace._Load, "others", lambda _: 0.0)

    def opened(**query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return opened
