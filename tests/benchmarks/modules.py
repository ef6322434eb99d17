"""Networks of others: `python -m tests.benchmarks.modules [NAME ...]`, by default of some of torchvision's.

Tracing on the `meta` device beside torchinfo and torchview on the same module, with what they refuse, and a measurement
of ResNet-50 by its own calls beside the bare forward and backward pass, and one's own file on the command line. Ratios from
one run; nothing here is asserted.
"""

import gc
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import torchinfo
import torchview
from torch.nn.functional import cross_entropy

from models import trace
from models.networks.build import build
from models.signals.measure import run
from models.specs.external import ExternalSpec
from models.tracing.kinds import Kind
from models.tracing.module_trace import structure
from tests.benchmarks.architecture import machine
from tests.conftest import ROOT
from tests.viz.browser import visiting

NAMES = (
    "resnet18", "resnet50", "resnet152", "densenet201", "convnext_tiny", "efficientnet_b0", "efficientnet_b7",
    "mobilenet_v3_large", "regnet_y_400mf", "shufflenet_v2_x1_0", "vgg16", "googlenet", "inception_v3", "vit_b_16",
    "swin_t", "swin_v2_t", "maxvit_t",
)  # fmt: skip
REPEATS = 5


def seconds(work: Callable[[], object]) -> float | str:
    """Return the median seconds after a first run, or what was raised."""
    try:
        work()
        times = []
        for _ in range(REPEATS):
            gc.collect()
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
        return statistics.median(times)
    except Exception as error:  # noqa: BLE001  # peers raise what they like
        return type(error).__name__


def tracing(names: tuple[str, ...]) -> None:
    print("| network | layers | joins | Skipscope | torchinfo | torchview | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in names:
        spec = ExternalSpec.of(f"torchvision:{name}")
        with torch.device("meta"):
            module = build(spec)
        shape = (1, *spec.input_shape)
        found = trace(module, input_shape=spec.input_shape)
        ours = seconds(lambda module=module, spec=spec: trace(module, input_shape=spec.input_shape))
        info = seconds(
            lambda module=module, shape=shape: torchinfo.summary(module, input_size=shape, device="meta", verbose=0)
        )
        view = seconds(lambda module=module, shape=shape: torchview.draw_graph(module, input_size=shape, device="meta"))
        both = [one for one in (info, view) if isinstance(one, float)]
        ratio = f"{sum(both) / ours:.1f}x" if both and isinstance(ours, float) else ""
        told = [f"{one * 1e3:,.0f} ms" if isinstance(one, float) else one for one in (ours, info, view)]
        joins = sum(layer.kind is Kind.ADD for layer in found.layers)
        print(f"| {name} | {len(found.layers)} | {joins} | {' | '.join(told)} | {ratio} |", flush=True)


def measuring() -> None:
    """A measurement of ResNet-50 by the general road beside the bare pass: the same module, batch and labels."""
    spec = ExternalSpec(network="torchvision:resnet50", input_shape=(3, 112, 112))
    network, by = build(spec), structure(build(spec), spec.input_shape)
    images, labels = torch.randn(8, *spec.input_shape), torch.arange(8)

    def bare() -> None:
        network.zero_grad()
        cross_entropy(network.train()(images), labels).backward()

    def ours() -> None:
        network.zero_grad()
        run(network, by.trace, images, labels, by=by)

    times: dict[str, list[float]] = {"bare": [], "ours": []}
    for place in range(13):
        for name, work in (("bare", bare), ("ours", ours)):
            began = time.perf_counter()
            work()
            if place > 1:
                times[name].append(time.perf_counter() - began)
    plain, measured = (statistics.median(times[name]) for name in ("bare", "ours"))
    print(f"\nResNet-50, batch 8, 112 x 112: {measured:.2f} s beside {plain:.2f} s, {measured / plain:.2f}x (<= 1.35x)")


MINE = """
import torch
from torch import nn


class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Conv2d(16, 16, 3, padding=1) for _ in range(8))
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = x + torch.relu(block(x))
        return self.head(x.mean((2, 3)))
"""


def own() -> None:
    """One's own file on the command line: from Enter to the page, to its graph, and to the signals with its twin."""
    times: dict[str, list[float]] = {"the page": [], "its graph": [], "signals, with and without its skips": []}
    with TemporaryDirectory() as folder:
        file = Path(folder, "mymodels.py")
        file.write_text(MINE)
        command = [sys.executable, "-m", "viz.command.main", f"{file}:MyNet", "--input", "3x32x32", "--no-browser"]
        for _ in range(3):
            began = time.perf_counter()
            running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            try:
                address = re.search(r"http://\S+", running.stdout.readline()).group(0)
                with visiting(address) as visit:
                    visit.page.goto(address)
                    visit.page.locator('[data-testid="stSidebar"] label').first.wait_for()
                    times["the page"].append(time.perf_counter() - began)
                    visit.page.locator("g.node").first.wait_for()
                    times["its graph"].append(time.perf_counter() - began)
                    visit.page.get_by_role("link", name="Signals").click()
                    visit.page.get_by_role("button", name=re.compile("^Run with and without")).wait_for()
                    began = time.perf_counter()
                    visit.page.get_by_role("button", name=re.compile("^Run with and without")).click()
                    visit.page.get_by_text("without the skips of 8 additions").wait_for()
                    times["signals, with and without its skips"].append(time.perf_counter() - began)
            finally:
                running.terminate()
                running.wait()
    print("\n| one's own file, from Enter or the click to | seconds |\n|---|---:|")
    for what, found in times.items():
        print(f"| {what} | {statistics.median(found):.1f} |")


if __name__ == "__main__":
    print(machine(), end="\n\n")
    tracing(tuple(sys.argv[1:]) or NAMES)
    measuring()
    own()
