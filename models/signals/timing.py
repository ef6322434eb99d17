"""Measured run time of a network on a device: one image forward, a batch forward, a batch forward and back."""

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import quantiles
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from ..networks.build import build
from ..networks.outputs import classes_of
from ..runtime.device import Peak, computing, exactly, in_words, release
from ..runtime.images import images as drawn_images
from ..runtime.messages import UserError
from ..runtime.progress import ProgressCallback
from ..runtime.settings import Source
from ..specs.external import ExternalSpec, Network
from .measure_spec import MeasureSpec
from .prepare import affordable
from .records import Quartiles, Timing

LEAST, MOST = 5, 50  # timed runs
SECONDS, WARM_UP = 1.0, 0.3  # limits in seconds for the timed runs (beyond LEAST) and for the warm-up


def timing(
    spec: Network,
    setting: MeasureSpec | None = None,
    *,
    progress: ProgressCallback | None = None,
    **changes: Any,
) -> Timing:
    """Time a network: after a warm-up, 5 to 50 runs of each quantity, for about a second.

    Images and weights are random. `changes` are fields of `MeasureSpec`. Raises `SpecError` for an invalid setting and
    `TooLargeError`, before anything is allocated, if the memory is insufficient.
    """
    setting = replace(setting or MeasureSpec(), **changes)
    if isinstance(spec, ExternalSpec) and spec.skip_scale != 1:
        raise UserError("A library's network is timed with its skips only: taking them out takes time of its own.")
    batch, seed, precision = setting.batch, setting.seed, setting.precision
    chosen, _ = affordable(spec, setting)
    tell = progress or (lambda _: None)
    network = build(spec, seed=seed).to(chosen)
    images = drawn_images(Source.NOISE, batch, spec.input_shape, seed=seed).to(chosen)
    labels = torch.arange(batch, device=chosen) % spec.classes

    def answer(given: torch.Tensor) -> Callable[[], object]:
        def work() -> object:
            with torch.inference_mode(), computing(chosen, precision):
                return network(given)

        return work

    def learn() -> object:
        with exactly(chosen, precision):
            with computing(chosen, precision):
                logits = classes_of(network(images))
            cross_entropy(logits.float(), labels).backward()  # type: ignore[no-untyped-call]
        network.zero_grad()
        return None

    network.eval()
    latency = repeated(answer(images[:1]), chosen, lambda done: tell(done / 6))
    forward = repeated(answer(images), chosen, lambda done: tell(1 / 6 + done / 6))
    network.train()
    release()  # else freed memory that the allocator still holds would be missing from the peak
    with Peak(chosen) as peak:
        training = repeated(learn, chosen, lambda done: tell(1 / 3 + done * 2 / 3))
    return Timing(
        batch=batch,
        device=in_words(chosen),
        precision=precision,
        latency=latency,
        forward=forward,
        training=training,
        peak_memory=peak.bytes,
    )


def repeated(work: Callable[[], object], device: torch.device, progress: ProgressCallback) -> Quartiles:
    """Return the quartiles of the duration of `work` in seconds, on CUDA measured by the GPU's own clock."""
    warm = [_seconds(work, device)]
    while sum(warm) < WARM_UP and len(warm) < LEAST:
        progress(0.0)
        warm.append(_seconds(work, device))
    times: list[float] = []
    while len(times) < LEAST or (len(times) < MOST and sum(times) < SECONDS):
        progress(min(len(times) / LEAST, max(len(times) / MOST, sum(times) / SECONDS), 1.0))
        times.append(_seconds(work, device))
    low, middle, high = quantiles(times, n=4, method="inclusive")
    return Quartiles(low, middle, high, len(times))


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    if device.type == "cuda":
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start.record()
        work()
        end.record()
        torch.cuda.synchronize(device)
        return float(start.elapsed_time(end)) / 1e3
    started = time.perf_counter()
    work()
    if device.type == "mps":
        torch.mps.synchronize()
    return time.perf_counter() - started
