"""What a comparison costs: `python -m tests.benchmarks.compare`, ratios in one run on equal work.

The default comparison, cold and without measured latency, beside three single traces and drawing the same charts; and
latencies beside torch.utils.benchmark on the same module. On a GPU or on a CPU, whichever there is. Nothing here is
asserted.
"""

import statistics
from functools import partial

import torch
from torch.utils.benchmark import Timer

from models import device, timing
from models.memory import keeps
from models.names import kind
from models.network import build
from models.presets import PRESETS
from models.trace import trace
from tests.benchmarks.architecture import machine, median
from viz import comparison_table, quantities, theme, verdict
from viz.comparison import Comparison, entries
from viz.figures import comparison
from viz.quantities import Subject

DEFAULT = entries(Comparison().slots, PRESETS["resnet18"].spec)
LOOKS = theme.looks([kind(entry.spec) for entry in DEFAULT])
ROUNDS = 5


def drawn(subjects) -> None:
    comparison.accuracy(subjects, LOOKS).to_json()
    comparison.by_stage(subjects, LOOKS).to_json()


def compared() -> None:
    """All that the page makes of the default comparison."""
    subjects = []
    for entry in DEFAULT:
        found = trace(entry.spec)
        subjects.append(Subject(entry, found, keeps(found)))
    rows = quantities.rows(subjects, 16)
    verdict.comparison(subjects, 16)
    comparison_table.scores(rows, subjects, LOOKS, dark=False)
    comparison_table.stages(subjects, LOOKS, dark=False)
    drawn(subjects)


def single() -> None:
    """Three traces, and the charts drawn of them."""
    drawn([Subject(entry, trace(entry.spec), {}) for entry in DEFAULT])


def latencies() -> None:
    print("\n| latency of one image | Skipscope | torch.utils.benchmark | ratio | target |\n|---|---:|---:|---:|---|")
    here = device.choose("auto")
    for entry in DEFAULT:
        network = build(entry.spec).eval().to(here)
        image = torch.randn(1, *entry.spec.input_shape, device=here)

        def work(network=network, image=image):
            with torch.inference_mode():
                return network(image)

        ours, theirs = [], []
        timer = Timer("work()", globals={"work": work}, num_threads=torch.get_num_threads())
        for _ in range(ROUNDS):  # in turn: a slow minute slows both
            ours.append(timing.repeated(work, here, lambda _: None).middle)
            theirs.append(timer.blocked_autorange(min_run_time=1.0).median)
        mine, other = statistics.median(ours), statistics.median(theirs)
        print(
            f"| {entry.name} | {mine * 1e3:.2f} ms | {other * 1e3:.2f} ms | {mine / other:.2f} | 0.95 to 1.05 |",
            flush=True,
        )


def devices() -> None:
    """What the page measures of the default comparison here."""
    print("\n| batch 16 | latency | images a second | training | peak memory |\n|---|---:|---:|---:|---:|")
    for entry in DEFAULT:
        found = timing.timing(entry.spec, batch=16)
        peak = f"{found.peak_memory / 1e6:,.0f} MB" if found.peak_memory is not None else ""
        print(
            f"| {entry.name} | {found.latency.middle * 1e3:.1f} ms | {found.throughput:,.1f} "
            f"| {found.training_throughput:,.1f} | {peak} |",
            flush=True,
        )


if __name__ == "__main__":
    print(f"{machine()}; {device.in_words(device.choose('auto'))}\n\n| what | Skipscope | beside | ratio | target |")
    print("|---|---:|---:|---:|---|")
    mine, other = (median(partial(work)) for work in (compared, single))
    words = "three single traces and the same drawing"
    print(
        f"| the default comparison, cold | {mine * 1e3:.0f} ms | {other * 1e3:.0f} ms: {words} | {mine / other:.2f}x | < 1.5x |"
    )
    latencies()
    devices()
