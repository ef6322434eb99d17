"""Checks for a GPU, as plain functions that need only torch and `models`, so that they run on a bare machine.

Run by `test_checks.py` under pytest if there is a GPU, and by `python -m tests.benchmarks.gpu` without pytest. Each
takes the device's name and raises an AssertionError if it fails. With "cpu" the checks themselves can be tested.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch

from models.runtime.device import choose, precisions
from models.signals.feature_maps import feature_maps
from models.signals.measure import measure
from models.signals.timing import timing
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing.memory import need
from models.training.datasets import Data, Split
from models.training.run_spec import RunSpec
from models.training.trainer import Trainer

SMALL = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, shortcut="pad", input_shape=(1, 8, 8), classes=10)
RUN = RunSpec(network=SMALL, epochs=3, batch=64, learning_rate=0.05)
AGREEING = {
    "resnet56_cifar": {},
    "plain20_cifar": {},
    "preact_resnet110": {},
    "densenet_40_12": {},
    "resnext50_32x4d": {"input_shape": (3, 64, 64)},
    "resnet18": {"input_shape": (3, 64, 64), "norm": "group"},
}


def made() -> Data:
    """Return an easy data set, a pattern per class with noise; nothing is downloaded or imported."""
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randint(60, 200, (10, 1, 8, 8), generator=generator)
    labels = torch.arange(1_437) % 10
    noise = torch.randint(-50, 50, (len(labels), 1, 8, 8), generator=generator)
    images = (patterns[labels] + noise).clamp(0, 255).to(torch.uint8)
    return Data(
        "digits",
        tuple(map(str, range(10))),
        Split(images, labels),
        Split(images[:360], labels[:360]),
        (float(images.float().mean()),),
        (float(images.float().std()),),
    )


def trained(device: str, **changes: object) -> list[float]:
    """Train and return the loss of every epoch."""
    run = replace(RUN, device=device, **changes)
    return [epoch.train_loss for epoch in Trainer(run, data=made()).epochs()]


def near(ours: float, theirs: float, *, part: float, least: float = 1e-6) -> bool:
    return abs(ours - theirs) <= max(part * abs(theirs), least)


def signals_agree_with_the_cpu(name: str, device: str) -> None:
    spec = replace(PRESETS[name].spec, **AGREEING[name])
    there, here = (measure(spec, device=which, batch=8) for which in (device, "cpu"))
    assert near(there.loss, here.loss, part=1e-3), (there.loss, here.loss)
    for ours, theirs in zip(there.layers, here.layers, strict=True):
        pair = (ours.path, ours.activation_rms, theirs.activation_rms)
        assert near(ours.activation_rms, theirs.activation_rms, part=2e-3), pair
        assert near(ours.zero_fraction, theirs.zero_fraction, part=2e-2, least=2e-3), ours.path
        if theirs.weight_gradient_norm is not None and ours.weight_gradient_norm is not None:
            norms = (ours.path, ours.weight_gradient_norm, theirs.weight_gradient_norm)
            assert near(ours.weight_gradient_norm, theirs.weight_gradient_norm, part=2e-2), norms
    assert device == "cpu" or there.peak_memory is None or there.peak_memory > 0


def feature_maps_agree_with_the_cpu(device: str) -> None:
    settings = {"source": "noise", "batch": 4}
    there, here = (feature_maps(SMALL, "layer1.0.conv1", device=which, **settings) for which in (device, "cpu"))
    assert there.channels == here.channels
    assert abs(there.images - here.images).max() < 1e-3


def every_precision_measures(device: str) -> None:
    exact = measure(SMALL, device=device, batch=16)
    for precision in precisions(choose(device)):
        found = measure(SMALL, device=device, batch=16, precision=precision)
        assert near(found.loss, exact.loss, part=0.05), (precision, found.loss, exact.loss)


def float32_is_exact_and_tf32_is_put_back(device: str) -> None:
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    measure(SMALL, device=device, batch=8)
    assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == before
    if device == "cuda":
        exact, rounded = (
            measure(PRESETS["resnet20_cifar"].spec, device=device, precision=p) for p in ("float32", "tf32")
        )
        assert exact.loss != rounded.loss, "TF32 changes nothing"


def learns(device: str, precision: str) -> None:
    """Check that training in a precision (float16 with a scaled loss) ends near that in float32."""
    losses = trained(device, precision=precision)
    assert all(map(math.isfinite, losses)), losses
    assert losses[-1] < 0.5 * losses[0], losses
    assert near(losses[-1], trained(device)[-1], part=0.5, least=0.1), losses


def channels_last_learns_the_same(device: str) -> None:
    plain, last = trained(device), trained(device, channels_last=True)
    assert all(near(ours, theirs, part=0.05, least=0.02) for ours, theirs in zip(last, plain, strict=True)), (
        plain,
        last,
    )


def compiled_learns_the_same(device: str) -> None:
    """Check `torch.compile`, on a GPU with CUDA graphs."""
    plain, compiled = trained(device), trained(device, compile=True)
    pairs = zip(compiled, plain, strict=True)
    assert all(near(ours, theirs, part=0.05, least=0.02) for ours, theirs in pairs), (plain, compiled)


def a_run_that_was_stopped_goes_on_as_if_it_had_not_been(device: str, precision: str) -> None:
    run = replace(RUN, device=device, precision=precision, epochs=2)
    whole = [epoch.train_loss for epoch in Trainer(run, data=made()).epochs()]
    first = Trainer(run, data=made())
    losses = [next(first.epochs()).train_loss]
    second = Trainer(run, data=made(), start=first.checkpoint())
    losses += [epoch.train_loss for epoch in second.epochs()]
    assert all(near(ours, theirs, part=0.05, least=0.02) for ours, theirs in zip(losses, whole, strict=True)), losses


def times_are_positive(device: str) -> None:
    for precision in precisions(choose(device)):
        found = timing(SMALL, batch=4, device=device, precision=precision)
        assert 0 < found.latency.low <= found.latency.middle <= found.latency.high, precision
        assert found.throughput > 0
        assert found.training_throughput > 0
        assert device == "cpu" or found.peak_memory is None or found.peak_memory > 0


def the_memory_estimate_is_near_the_peak(device: str) -> None:
    spec = PRESETS["resnet110_cifar"].spec
    measure(spec, device=device, batch=2)
    found = measure(spec, device=device, batch=64)
    if found.peak_memory is not None:
        ratio = need(found.trace, 64, kind=choose(device).type).total / found.peak_memory
        assert 0.65 < ratio < 1.5, ratio


def checks(device: str) -> dict[str, Callable[[], None]]:
    """Return all checks of a device by their description."""
    found: dict[str, Callable[[], None]] = {
        f"signals agree with the CPU: {name}": partial(signals_agree_with_the_cpu, name, device) for name in AGREEING
    }
    found["feature maps agree with the CPU"] = partial(feature_maps_agree_with_the_cpu, device)
    found["every precision measures"] = partial(every_precision_measures, device)
    found["float32 is exact, and TF32 is put back"] = partial(float32_is_exact_and_tf32_is_put_back, device)
    for precision in precisions(choose(device), training=True):
        found[f"it learns in {precision}"] = partial(learns, device, precision)
    found["channels last learns the same"] = partial(channels_last_learns_the_same, device)
    found["torch.compile learns the same"] = partial(compiled_learns_the_same, device)
    for precision in ("float32", *(["fp16"] if device == "cuda" else [])):
        words = f"a run that was stopped goes on: {precision}"
        found[words] = partial(a_run_that_was_stopped_goes_on_as_if_it_had_not_been, device, precision)
    found["times are positive in every precision"] = partial(times_are_positive, device)
    found["the memory estimate is near the peak"] = partial(the_memory_estimate_is_near_the_peak, device)
    return found
