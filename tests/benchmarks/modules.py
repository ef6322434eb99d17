"""Networks of others: `python -m tests.benchmarks.modules [NAME ...]`, by default of some of torchvision's.

Tracing on the `meta` device beside torchinfo and torchview on the same module, with what they refuse, and a measurement
of ResNet-50 by its own calls beside the bare forward and backward pass. Ratios from one run; nothing here is asserted.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable

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


if __name__ == "__main__":
    print(machine(), end="\n\n")
    tracing(tuple(sys.argv[1:]) or NAMES)
    measuring()
