"""Speed of the Architecture page: `python -m tests.benchmarks.architecture [--networks | --graphs | --pages]`.

Ratios of times from one run, for equal work: build, trace and DOT source against torchinfo and torchview on
torchvision's network, all on the `meta` device; the page in a browser against a page with only the same controls, and
against an empty one. Nothing here is asserted.
"""

import gc
import os
import platform
import re
import statistics
import sys
import time
import timeit
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pygraphviz
import torch
import torchinfo
import torchview
import torchvision

from models.networks.build import build
from models.specs.presets import PRESETS
from models.tracing.tracer import trace, walk
from tests.viz.browser import served, visiting
from viz.graph import render
from viz.graph.drawing import picture
from viz.graph.folding import Folding, Level

REPEATS = 9
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
HELLO = "import streamlit as st\nst.title('Hello')\n"
CONTROLS = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
import streamlit as st
from viz.sidebar import widgets
from viz.state import session
st.set_page_config(layout="wide")
page = st.navigation([st.Page(lambda: None, title="Architecture", default=True)], position="hidden")
session.load(page.url_path)
with st.sidebar:
    widgets.show("")
    spec = session.spec()
page.run()
st.title(" ".join(str(count) for count in spec.stages))
session.save()
"""


def median(work: Callable[[], object]) -> float:
    """Return the median duration in seconds after two warm-up runs; timeit disables the garbage collector."""
    gc.collect()
    return statistics.median(timeit.repeat(work, number=1, repeat=REPEATS + 2)[2:])


def machine() -> str:
    name = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            name = line.partition(":")[2].strip()
            break
    return f"{os.cpu_count()} cores ({name}), Python {platform.python_version()}, torch {torch.__version__}"


def row(name: str, ours: float, theirs: float, what: str, target: str) -> None:
    ratio = theirs / ours if target.startswith(">") else ours / theirs
    print(f"| {name} | {ours * 1e3:,.0f} ms | {theirs * 1e3:,.0f} ms: {what} | {ratio:.1f}x | {target} |", flush=True)


def networks() -> None:
    for name in ("resnet152", "densenet201"):
        spec = PRESETS[name].spec

        def ours(spec=spec, name=name):
            return picture(trace(spec), title=name).dot

        def theirs(name=name):
            with torch.device("meta"):
                network = torchvision.models.get_model(name, weights=None)
            torchinfo.summary(network, input_size=(1, 3, 224, 224), device="meta", verbose=0)
            return torchview.draw_graph(network, input_size=(1, 3, 224, 224), device="meta").visual_graph.source

        row(f"{name}: build, trace, DOT", median(ours), median(theirs), "build, torchinfo, torchview", ">= 6x")
        with torch.device("meta"):
            mine, others = build(spec).eval(), torchvision.models.get_model(name, weights=None)

        def summary(others=others):
            return torchinfo.summary(others, input_size=(1, 3, 224, 224), device="meta", verbose=0)

        row(f"{name}: trace alone", median(lambda: walk(mine, spec)), median(summary), "torchinfo", ">= 15x")
    long, short = (median(lambda name=name: trace(PRESETS[name].spec)) for name in ("resnet1202_cifar", "resnet152"))
    row("resnet1202_cifar: build, trace", long, short, "resnet152", "< 10x")


def graphs() -> None:
    """From a trace to SVG, against Graphviz's `dot`, which is given the finished boxes and edges without positions."""
    for name, level in (("resnet152", Level.LAYERS), ("densenet201", Level.CONVOLUTIONS)):
        found, folding = trace(PRESETS[name].spec), Folding(level)
        loose = re.sub(r'\b(pos|lp|bb)="[^"]*"', "", picture(found, title=name, folding=folding).dot)

        def ours(found=found, name=name, folding=folding):
            return render.svg(picture(found, title=name, folding=folding))

        def theirs(loose=loose):
            return pygraphviz.AGraph(loose).draw(format="svg", prog="dot")

        row(f"{name} at {level}: trace to SVG", median(ours), median(theirs), "dot: layout and drawing alone", ">= 3x")
    longest, short = (
        median(
            lambda name=name: render.svg(picture(trace(PRESETS[name].spec), title="", folding=Folding(Level.BLOCKS)))
        )
        for name in ("resnet1202_cifar", "resnet152")
    )
    row("resnet1202_cifar at blocks: spec to SVG", longest, short, "resnet152", "< 1 s")


def change(script: Path, seen: str) -> float:
    """Return the median seconds from choosing ResNet-152 to `seen`; both networks have been shown before."""
    times = []
    with served(script) as address, visiting(address) as visit:
        page = visit.page
        page.goto(address)
        page.get_by_role("combobox", name="Preset").wait_for()
        for visited in range(8):
            for option in ("ResNet-50", "ResNet-152"):
                page.get_by_role("combobox", name="Preset").click()
                choice = page.get_by_role("option", name=option, exact=True)
                choice.wait_for()
                visit.settle()
                start = time.perf_counter()
                choice.click()
                page.locator(seen if option == "ResNet-152" else seen.replace("8", "4").replace("36", "6")).wait_for()
                if option == "ResNet-152" and visited > 1:
                    times.append(time.perf_counter() - start)
                visit.settle()
    return statistics.median(times)


def cold(script: Path, seen: str) -> tuple[float, float]:
    """Return the seconds from opening a new server's page to the first contentful paint, and to `seen`."""
    paints, sights = [], []
    for _ in range(5):
        with served(script) as address, visiting(address) as visit:
            start = time.perf_counter()
            visit.page.goto(address)
            visit.page.locator(seen).first.wait_for()
            sights.append(time.perf_counter() - start)
            paints.append(visit.page.wait_for_function(FIRST_PAINT).json_value() / 1e3)
    return statistics.median(paints), statistics.median(sights)


def pages() -> None:
    root = Path(__file__).parents[2]
    with TemporaryDirectory() as folder:
        hello, controls = Path(folder, "hello.py"), Path(folder, "controls.py")
        hello.write_text(HELLO)
        controls.write_text(CONTROLS.format(root=str(root)))
        row(
            "a preset change to ResNet-152, in the browser",
            change(root / "app.py", 'g.node[id="layer3"] >> text=× 36'),
            change(controls, 'h1 >> text="3 8 36 3"'),
            "the same controls alone",
            "< 2x",
        )
        label = '[data-testid="stSidebar"] label'
        (paint, sight), (bare, _), (_, alone) = cold(root / "app.py", label), cold(hello, "h1"), cold(controls, label)
        row("cold start to the first contentful paint", paint, bare, "a hello page", "< 1.3x")
        row("cold start to the controls", sight, alone, "the same controls alone", "< 1.3x")


if __name__ == "__main__":
    print(f"{machine()}\n\n| what | Skipscope | beside | ratio | target |\n|---|---:|---:|---:|---|")
    parts = {"--networks": networks, "--graphs": graphs, "--pages": pages}
    for part in [work for name, work in parts.items() if name in sys.argv] or parts.values():
        part()
