"""Cost of a comparison: `python -m tests.benchmarks.compare`.

Ratios of times from one run, for equal work: the default comparison, cold and without measured latency, against three
single traces with the same charts; and latencies against torch.utils.benchmark on the same module. Runs on a GPU if
there is one. Nothing here is asserted.
"""

import statistics
from functools import partial

import torch
from torch.utils.benchmark import Timer

from models.networks.build import build
from models.runtime import device
from models.signals import timing
from models.specs.naming import kind
from models.specs.presets import PRESETS
from models.tracing.memory import keeps
from models.tracing.tracer import trace
from tests.benchmarks.architecture import machine, median
from viz import text
from viz.compare import figures, html_tables, metric_list, metrics
from viz.state.compare import Comparison, entries
from viz.state.subjects import Subject
from viz.style import theme

DEFAULT = entries(Comparison().slots, PRESETS["resnet18"].spec)
LOOKS = theme.series_styles([kind(entry.spec) for entry in DEFAULT])
ROUNDS = 5


def drawn(subjects) -> None:
    figures.accuracy(subjects, LOOKS).to_json()
    figures.by_stage(subjects, LOOKS).to_json()


def compared() -> None:
    """Compute everything that the page shows of the default comparison."""
    subjects = []
    for entry in DEFAULT:
        found = trace(entry.spec)
        subjects.append(Subject(entry, found, keeps(found)))
    rows = metrics.rows(metric_list.METRICS, subjects, 16)
    text.compare.comparison(subjects, 16)
    html_tables.scores(rows, subjects, LOOKS, dark=False)
    html_tables.stages(subjects, LOOKS, dark=False)
    drawn(subjects)


def single() -> None:
    """Compute three traces and their charts."""
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
        for _ in range(ROUNDS):  # alternating, so that a slow phase affects both
            ours.append(timing.repeated(work, here, lambda _: None).middle)
            theirs.append(timer.blocked_autorange(min_run_time=1.0).median)
        mine, other = statistics.median(ours), statistics.median(theirs)
        print(
            f"| {entry.name} | {mine * 1e3:.2f} ms | {other * 1e3:.2f} ms | {mine / other:.2f} | 0.95 to 1.05 |",
            flush=True,
        )


def devices() -> None:
    """Print what the page measures for the default comparison on this machine."""
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
