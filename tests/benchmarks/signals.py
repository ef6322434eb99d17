"""Cost of measuring signals: `python -m tests.benchmarks.signals [--speed | --memory | --page]`.

Speed: a measurement, the usual way (a hook that calls `.item()` for every number) and TorchLens, if it is installed
(`uv run --with torchlens python -m tests.benchmarks.signals --speed`), as ratios to the bare forward and backward pass
of the same network and batch in the same run. Memory: the estimate against the measured peak, and what is left after
twenty runs. Page: from the click to the chart, in a browser. Many users at once: `load`. Runs on a
GPU if there is one. Nothing here is asserted.
"""

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch.nn.functional import cross_entropy

from models.networks.build import build
from models.runtime import device
from models.signals import measure as signals
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing.tracer import trace
from tests.benchmarks.architecture import machine
from tests.conftest import ROOT
from tests.viz.browser import served, visiting

REPEATS = 11


def here() -> torch.device:
    return device.choose("auto")


def cases() -> list[tuple[str, NetworkSpec, int, str]]:
    """Return (name, network, batch, target) for the GPU or the CPU."""
    if here().type == "cuda":
        return [
            ("ResNet-50, batch 64, 224 x 224", PRESETS["resnet50"].spec, 64, "<= 1.15x"),
            ("ResNet-110 (CIFAR), batch 64", PRESETS["resnet110_cifar"].spec, 64, "<= 1.15x"),
        ]
    small = replace(PRESETS["resnet50"].spec, input_shape=(3, 112, 112))
    return [
        ("ResNet-50, batch 8, 112 x 112", small, 8, "<= 1.25x"),
        ("ResNet-110 (CIFAR), batch 64", PRESETS["resnet110_cifar"].spec, 64, "<= 1.25x"),
    ]


def interleaved(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median seconds of each work after two warm-up rounds; alternating, so a slow phase affects all."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(REPEATS + 2):
        for name, work in works.items():
            gc.collect()
            started = time.perf_counter()
            work()
            if here().type == "cuda":
                torch.cuda.synchronize()
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(own[2:]) for name, own in times.items()}


def with_items(network, images, labels):
    """Measure with hooks as in tutorials: every number is transferred separately."""
    found, handles = {}, []

    def forward(name, module, args, out):
        value = out.detach()
        found[name] = [value.mean().item(), value.std().item(), value.square().mean().sqrt().item()]
        found[name] += [(value == 0).float().mean().item(), torch.histc(value.float(), 40).tolist()]
        out.register_hook(lambda gradient: found[name].append(gradient.norm().item()))

    for name, module in network.named_modules():
        if not any(module.children()):
            handles.append(module.register_forward_hook(partial(forward, name)))
    cross_entropy(network(images), labels).backward()
    for name, value in network.named_parameters():
        found[name] = [value.norm().item(), value.grad.norm().item()]
    for handle in handles:
        handle.remove()
    network.zero_grad()


def speed() -> None:
    print("| a measurement | seconds | beside | ratio | target |\n|---|---:|---|---:|---|")
    for name, spec, batch, target in cases():
        network = build(spec).to(here())
        images = torch.randn(batch, *spec.input_shape, device=here())
        labels = torch.zeros(batch, dtype=torch.long, device=here())
        traced = trace(spec)

        def bare(network=network, images=images, labels=labels):
            cross_entropy(network(images), labels).backward()
            network.zero_grad()

        def ours(network=network, images=images, labels=labels, traced=traced):
            signals.run(network, traced, images, labels)
            network.zero_grad()

        def whole(spec=spec, batch=batch):
            return signals.measure(spec, batch=batch)

        def built(spec=spec, batch=batch):
            fresh = build(spec).to(here())
            given = torch.randn(batch, *spec.input_shape).to(here())
            cross_entropy(fresh(given), torch.zeros(batch, dtype=torch.long, device=here())).backward()

        works = {
            "bare": bare,
            "ours": ours,
            "items": partial(with_items, network, images, labels),
            "whole": whole,
            "built": built,
        }
        times = interleaved(works)
        rows = [
            ("ours", "bare", "the bare pass forward and back", target),
            ("whole", "built", "building it, drawing a batch, the bare pass", target),
            ("items", "bare", "hooks with `.item()`, beside the bare pass", ""),
        ]
        for mine, other, words, wanted in rows:
            ratio = times[mine] / times[other]
            print(f"| {name} | {times[mine]:.2f} | {times[other]:.2f}: {words} | {ratio:.2f}x | {wanted} |", flush=True)
        lens(name, network, images, times["bare"])


def lens(name, network, images, bare) -> None:
    """Time TorchLens' forward pass, with everything that it keeps."""
    try:
        import torchlens
    except ImportError:
        return
    alone = torchlens.options.CaptureOptions(unwrap_when_done=True)  # restores torch's own functions
    try:
        torchlens.trace(network, images, capture=alone)  # the first one wraps torch
        started = time.perf_counter()
        torchlens.trace(network, images, capture=alone)
    except Exception as error:  # noqa: BLE001  # any error is reported in the row
        print(f"| {name} | | TorchLens: {type(error).__name__} | | |")
        return
    spent = time.perf_counter() - started
    print(
        f"| {name} | {spent:.2f} | {bare:.2f}: TorchLens' forward pass alone, beside the bare | {spent / bare:.1f}x | |"
    )


def memory() -> None:
    print("| memory | estimate | measured | ratio | target |\n|---|---:|---:|---:|---|")
    for name in ("resnet50", "resnet110_cifar", "densenet121"):
        code = f"""
from models.runtime.device import choose
from models.tracing.memory import need
from models.runtime.settings import Device
from models.specs.presets import PRESETS
from models.signals.measure import measure
measure(PRESETS["resnet20_cifar"].spec, batch=2)
found = measure(PRESETS[{name!r}].spec, batch=8)
print(need(found.trace, 8, kind=Device(choose("auto").type)).total, found.peak_memory)
"""
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        guess, peak = map(int, done.stdout.split())
        print(
            f"| {name}, batch 8 | {guess / 1e6:,.0f} MB | {peak / 1e6:,.0f} MB | {guess / peak:.2f} | 0.75 to 1.25 |",
            flush=True,
        )
    code = """
import psutil
from models.runtime.device import release
from models.specs.presets import PRESETS
from models.signals.measure import measure, twin
def once(seed):
    for spec in (PRESETS["resnet56_cifar"].spec, twin(PRESETS["resnet56_cifar"].spec)):
        measure(spec, seed=seed, seeds=3)
    release()
    return psutil.Process().memory_info().rss
first = once(0)
for number in range(20):
    last = once(number)
print(first, last)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    first, last = map(int, done.stdout.split())
    print(
        f"| the process after 20 default experiments, beside after the first | {last / 1e6:,.0f} MB | {first / 1e6:,.0f} MB "
        f"| {last / first:.2f} | <= 1.10 |"
    )


def page() -> None:
    """Time from the click on Run to the curve, on a server that has been used before."""
    times = []
    with served() as address, visiting(address) as visit:
        for seed in range(6):
            visit.page.goto(f"{address}/signals?seed={seed}")
            button = visit.page.get_by_role("button", name="Run with and without")
            button.wait_for()
            visit.settle()
            started = time.perf_counter()
            button.click()
            visit.page.locator(".st-key-fresh .js-plotly-plot .scatterlayer .points path").first.wait_for()
            times.append(time.perf_counter() - started)
    print("| page | seconds | first | target |\n|---|---:|---:|---|")
    print(f"| the default experiment, click to picture | {statistics.median(times[1:]):.1f} | {times[0]:.1f} | < 5 |")


if __name__ == "__main__":
    print(f"{machine()}; {device.in_words(here())}\n", flush=True)
    wanted = {option.removeprefix("--") for option in sys.argv[1:]}
    for work in (speed, memory, page):
        if not wanted or work.__name__ in wanted:
            work()
            print(flush=True)
