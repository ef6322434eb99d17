"""All checks and benchmarks for a GPU, in one command and under nine minutes: `python3 -m tests.benchmarks.gpu`.

Needs only torch and `models`: no page, no pytest, no torchvision. Runs the checks of tests/gpu, then compares the cost
of measuring and training with the plain loop, and measures latencies, precisions, channels last and CUDA graphs; prints
one table for the README. Parts that fail, or that no longer fit into the time, are listed with the reason. Without a
GPU (or with `--cpu`) it runs on the CPU with small sizes, as a test of itself; those figures are not a GPU's.
"""

import gc
import os
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch.nn.functional import cross_entropy

from models.networks.build import build
from models.runtime.device import choose, exactly, in_words, precisions
from models.signals import measure as signals
from models.signals.timing import timing
from models.specs.presets import PRESETS
from models.tracing.tracer import trace
from models.training.data_registry import DATA
from models.training.datasets import Data, Shuffle, Split
from models.training.run_spec import RunSpec
from models.training.trainer import Trainer
from tests.gpu.checks import checks

SECONDS = 8.5 * 60  # in total
_BEGAN = time.monotonic()
_SKIPPED: list[str] = []
MEAN, STD = (125.3, 123.0, 113.9), (63.0, 62.1, 66.7)  # CIFAR-10's


def left() -> float:
    return SECONDS - (time.monotonic() - _BEGAN)


def attempt(name: str, work: Callable[[], Iterator[str] | None], *, needs: float = 10.0) -> bool | None:
    """Print the rows of a part, or record why there are none; a failure does not end the other parts."""
    if left() < needs:
        _SKIPPED.append(f"{name}: no time left")
        return None
    try:
        for line in work() or ():
            print(line, flush=True)
    except Exception as error:  # noqa: BLE001  # an unknown machine may raise anything
        last = traceback.extract_tb(error.__traceback__)[-1]
        words = " ".join(str(error).split())[:300]
        _SKIPPED.append(f"{name}: {type(error).__name__}: {words} ({last.filename.rpartition('/')[2]}:{last.lineno})")
        return False
    return True


def ready(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def medians(works: dict[str, Callable[[], object]], device: torch.device, rounds: int) -> dict[str, float]:
    """Return the median seconds of each work, run alternately, after two warm-up rounds."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds + 2):
        for name, work in works.items():
            gc.collect()
            ready(device)
            began = time.perf_counter()
            work()
            ready(device)
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(own[2:]) for name, own in times.items()}


def listening(device: torch.device) -> Iterator[str]:
    gpu = device.type == "cuda"
    large = PRESETS["resnet50"].spec if gpu else replace(PRESETS["resnet50"].spec, input_shape=(3, 64, 64))
    cases = [
        ("ResNet-50", large, 64 if gpu else 4),
        ("ResNet-110 (CIFAR)", PRESETS["resnet110_cifar"].spec, 64 if gpu else 8),
    ]
    for words, spec, batch in cases:
        for precision in ("float32", *(["bf16"] if gpu else [])):
            network = build(spec).to(device)
            images = torch.randn(batch, *spec.input_shape, device=device)
            labels = torch.zeros(batch, dtype=torch.long, device=device)
            traced = trace(spec)

            def bare(network=network, images=images, labels=labels, precision=precision):
                with exactly(device, precision):  # TF32 only if it is requested for both
                    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
                        logits = network(images)
                    cross_entropy(logits.float(), labels).backward()
                network.zero_grad()

            def ours(network=network, images=images, labels=labels, traced=traced, precision=precision):
                signals.run(network, traced, images, labels, precision=precision)
                network.zero_grad()

            times = medians({"bare": bare, "ours": ours}, device, 11 if gpu else 3)
            height, width = spec.input_shape[1:]
            yield (
                f"| listening: {words}, batch {batch}, {height} × {width}, {precision} | {times['ours'] * 1e3:,.1f} ms "
                f"| {times['bare'] * 1e3:,.1f} ms: the bare pass | {times['ours'] / times['bare']:.2f}x | <= 1.15x |"
            )
            del network, images


def made(count: int) -> Data:
    about = DATA["cifar10"]
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (count, *about.shape), dtype=torch.uint8, generator=generator)
    split = Split(images, torch.randint(10, (count,), generator=generator))
    return Data("cifar10", ("",) * 10, split, Split(images[:16], split.labels[:16]), MEAN, STD)


class Pictures(torch.utils.data.Dataset):
    """A data set as in tutorials: images are shifted, mirrored and normalised one by one on the CPU."""

    def __init__(self, data: Data) -> None:
        self.images, self.labels = data.train.images, data.train.labels.tolist()
        self.mean, self.std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place):
        image = torch.nn.functional.pad(self.images[place].float(), (4, 4, 4, 4))
        top, left_ = torch.randint(9, (2,)).tolist()
        image = image[:, top : top + 32, left_ : left_ + 32]
        if torch.rand(()) < 0.5:
            image = image.flip(-1)
        return (image - self.mean) / self.std, self.labels[place]


def usual(run: RunSpec, data: Data, device: torch.device, steps: int) -> float:
    """Return images per second of the usual tutorial loop in the same precision; TF32 only if it is requested."""
    with exactly(device, run.precision, training=True):
        return _usual(run, data, device, steps)


def _usual(run: RunSpec, data: Data, device: torch.device, steps: int) -> float:
    workers = min(8, os.cpu_count() or 2) if device.type == "cuda" else 0
    loader = torch.utils.data.DataLoader(
        Pictures(data), run.batch, shuffle=True, drop_last=True, num_workers=workers, pin_memory=device.type == "cuda"
    )
    network = build(run.network).to(device).train()
    optimizer = torch.optim.SGD(network.parameters(), run.learning_rate, run.momentum, weight_decay=run.weight_decay)
    done, began = 0, time.perf_counter()
    while done < steps:
        for images, labels in loader:
            if done == 5:
                ready(device)
                began = time.perf_counter()
            with torch.autocast(device.type, torch.bfloat16, enabled=run.precision == "bf16"):
                loss = cross_entropy(network(images.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            done += 1
            if done == steps:
                break
    ready(device)
    return (steps - 5) * run.batch / (time.perf_counter() - began)


def ours(run: RunSpec, data: Data, device: torch.device, steps: int) -> float:
    """Return images per second of the trainer."""
    trainer = Trainer(replace(run, device=device.type), data=data)
    shuffle = Shuffle.draw(trainer.data.train.images, run.augment, seed=0, epoch=0)
    trainer.network.train()
    places = [place % (len(data.train) // run.batch) for place in range(steps)]
    for place in places[:5]:
        trainer._learn(shuffle, place)
    ready(device)
    began = time.perf_counter()
    for place in places[5:]:
        trainer._learn(shuffle, place)
    ready(device)
    return (steps - 5) * run.batch / (time.perf_counter() - began)


def training(device: torch.device) -> Iterator[str]:
    gpu = device.type == "cuda"
    data, steps = made(50_000 if gpu else 1_024), 200 if gpu else 9
    base = RunSpec(network=PRESETS["resnet20_cifar"].spec, data="cifar10", batch=128, augment="crop and flip")
    plans = [("bf16, channels last", {"precision": "bf16", "channels_last": True}), ("float32", {})]
    if gpu:
        plans.insert(
            0, ("bf16, channels last, CUDA graphs", {"precision": "bf16", "channels_last": True, "compile": True})
        )
        plans.append(("TF32", {"precision": "tf32"}))
    usually = {
        precision: usual(replace(base, precision=precision), data, device, steps)
        for precision in ("bf16", "float32", *(["tf32"] if gpu else []))
    }
    for words, changes in plans:
        run = replace(base, **changes)

        def row(run=run, words=words) -> Iterator[str]:
            mine = ours(run, data, device, steps)
            theirs = usually[str(run.precision)]
            yield (
                f"| training ResNet-20, CIFAR-10's shape, batch 128: {words} | {mine:,.0f} images/s "
                f"| {theirs:,.0f}: the usual loop | {mine / theirs:.2f}x | {'>= 3x' if gpu else ''} |"
            )

        attempt(f"training, {words}", lambda row=row: map(str, list(row())), needs=30)
    return iter(())


def latencies(device: torch.device) -> Iterator[str]:
    from torch.utils.benchmark import Timer

    gpu = device.type == "cuda"
    for name in ("resnet50", "densenet121", "resnext50_32x4d"):
        spec = PRESETS[name].spec if gpu else replace(PRESETS[name].spec, input_shape=(3, 64, 64))
        network, image = build(spec).to(device).eval(), torch.randn(1, *spec.input_shape, device=device)
        own = timing(spec, batch=16 if gpu else 2, device=device.type)
        with torch.inference_mode():
            other = Timer(
                "network(image)", globals={"network": network, "image": image}, num_threads=torch.get_num_threads()
            ).blocked_autorange(min_run_time=1)
        yield (
            f"| latency: {PRESETS[name].title}, one image | {own.latency.middle * 1e3:.2f} ms | {other.median * 1e3:.2f} ms: "
            f"torch.utils.benchmark | {own.latency.middle / other.median:.2f}x | 0.95 to 1.05x |"
        )


def in_precisions(device: torch.device) -> Iterator[str]:
    gpu = device.type == "cuda"
    spec = PRESETS["resnet50"].spec if gpu else replace(PRESETS["resnet50"].spec, input_shape=(3, 64, 64))
    found = {one: timing(spec, batch=64 if gpu else 2, device=device.type, precision=one) for one in precisions(device)}
    exact = found["float32"].training_throughput
    for precision, own in found.items():
        yield (
            f"| ResNet-50 forward and back, {precision} | {own.training_throughput:,.0f} images/s | {exact:,.0f}: float32 "
            f"| {own.training_throughput / exact:.2f}x | |"
        )


def main() -> int:
    gpu = torch.cuda.is_available() and "--cpu" not in sys.argv
    device = choose("cuda" if gpu else "cpu")
    print(f"{in_words(device)}, torch {torch.__version__}, Python {sys.version.split()[0]}")
    if not gpu:
        print("No CUDA device is used: this tries the command out, its figures are no GPU's.")
    passed, failed = 0, []
    for name, check in checks(device.type).items():
        if "compile" in name and not gpu:
            _SKIPPED.append(f"{name}: for a GPU alone")
            continue
        result = attempt(name, check)
        passed += bool(result)
        failed += [name] if result is False else []
    print(f"{passed} checks passed, {len(failed)} failed; {time.monotonic() - _BEGAN:.0f} s\n")
    print("| what | Skipscope | beside | ratio | target |\n|---|---:|---|---:|---|")
    for name, work in (
        ("listening", listening),
        ("training", training),
        ("latencies", latencies),
        ("precisions", in_precisions),
    ):
        attempt(name, lambda work=work: work(device), needs=40)
    print(f"\n{time.monotonic() - _BEGAN:.0f} s in all.")
    if _SKIPPED:
        print("Not run, or failed:", *_SKIPPED, sep="\n- ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
