"""What a network costs on a device, measured: the latency of one image, a batch forward, a batch forward and back."""

import time
from collections.abc import Callable
from statistics import quantiles

import torch
from torch.nn.functional import cross_entropy

from models import pictures
from models.device import Peak, afford, choose, computing, exactly, in_words, release
from models.measured import Pulse, Spread, Timing
from models.network import build
from models.settings import Device, Precision, Source
from models.spec import NetworkSpec, SpecError

LEAST, MOST = 5, 50  # runs that count
SECONDS, WARM_UP = 1.0, 0.3  # that the runs of one quantity may take, once there are enough; and those before them
_BATCH = 2, 4096  # norms of a network that ends at one pixel need two images to train


def timing(
    spec: NetworkSpec,
    *,
    batch: int = 16,
    seed: int = 0,
    device: str = Device.AUTO,
    precision: str = Precision.FLOAT32,
    pulse: Pulse | None = None,
) -> Timing:
    """Time a network: repeated runs after some that warm up, until there are 50 of them or a second has gone.

    Raises `SpecError` for a bad setting and `TooLargeError`, with nothing allocated, where memory would not do.
    """
    low, high = _BATCH
    if not isinstance(batch, int) or isinstance(batch, bool) or not low <= batch <= high:
        raise SpecError("batch", f"must be a whole number from {low} to {high:,}", batch)
    chosen = choose(device)
    with computing(chosen, precision):
        pass
    afford(spec, batch, chosen, precision)
    tell = pulse or (lambda _: None)
    network = build(spec, seed=seed).to(chosen)
    images = pictures.images(Source.NOISE, batch, spec.input_shape, seed=seed).to(chosen)
    labels = torch.arange(batch, device=chosen) % spec.classes

    def answer(given: torch.Tensor) -> Callable[[], object]:
        def work() -> object:
            with torch.inference_mode(), computing(chosen, precision):
                return network(given)

        return work

    def learn() -> object:
        with exactly(chosen, precision):
            with computing(chosen, precision):
                logits = network(images)
            cross_entropy(logits.float(), labels).backward()  # type: ignore[no-untyped-call]
        network.zero_grad()
        return None

    network.eval()
    latency = repeated(answer(images[:1]), chosen, lambda done: tell(done / 6))
    forward = repeated(answer(images), chosen, lambda done: tell(1 / 6 + done / 6))
    network.train()
    release()  # or memory that was freed but is held would be taken for none
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


def repeated(work: Callable[[], object], device: torch.device, pulse: Pulse) -> Spread:
    """The quartiles of the seconds that runs take; on a GPU as its own clock has them, after all is done."""
    warm = [_seconds(work, device)]
    while sum(warm) < WARM_UP and len(warm) < LEAST:
        pulse(0.0)
        warm.append(_seconds(work, device))
    times: list[float] = []
    while len(times) < LEAST or (len(times) < MOST and sum(times) < SECONDS):
        pulse(min(len(times) / LEAST, max(len(times) / MOST, sum(times) / SECONDS), 1.0))
        times.append(_seconds(work, device))
    low, middle, high = quantiles(times, n=4, method="inclusive")
    return Spread(low, middle, high, len(times))


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
