"""Which device, how much memory it has free, what a measurement would need, and the refusal above that.

The need is reckoned from the trace, so that a network that is too large is refused before any of it exists.
"""

import ctypes
import platform
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Self

import psutil
import torch

from models.records import FLOAT32, INPUT, Kind, Trace
from models.settings import Device, Precision
from models.spec import LIMITS, NetworkSpec, SpecError, smallest_input
from models.trace import trace

MARGIN = 0.9  # of the free memory that may be asked for: an estimate is one
_SAVES_INPUT = frozenset({Kind.CONV, Kind.NORM, Kind.POOL, Kind.LINEAR})
_INDEX = 8  # bytes: where a maximum was found
_CGROUP = Path("/sys/fs/cgroup")


_OVERHEAD = MappingProxyType({Device.CPU: 0.3})  # of the tensors: what malloc holds beside, measured
_ACTIVATION_BYTES = MappingProxyType({Precision.FLOAT32: 4, Precision.TF32: 4, Precision.BF16: 2, Precision.FP16: 2})


class TooLargeError(ValueError):
    """A measurement that the device has no memory for; the message says what would fit."""


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that a forward and backward pass takes at its peak."""

    weights: int
    gradients: int  # of the weights
    activations: int  # kept for the backward pass
    workspace: int  # what the layer at the peak computes with
    overhead: int = 0  # what the allocator holds beside the tensors

    @property
    def tensors(self) -> int:
        return self.weights + self.gradients + self.activations + self.workspace

    @property
    def total(self) -> int:
        return self.tensors + self.overhead


def available() -> tuple[Device, ...]:
    """The devices of this machine, the fastest first."""
    found = [Device.CPU]
    if torch.backends.mps.is_available():
        found.insert(0, Device.MPS)
    if torch.cuda.is_available():
        found.insert(0, Device.CUDA)
    return tuple(found)


def choose(device: str) -> torch.device:
    """The device of a name; "auto" is the fastest there is. Raises `SpecError` for one that isn't here."""
    here = available()
    try:
        wanted = Device(device)
    except ValueError:
        raise SpecError("device", f"must be auto, {', '.join(here)}", device) from None
    if wanted is Device.AUTO:
        return torch.device(here[0])
    if wanted not in here:
        raise SpecError("device", f"must be one that this machine has: {', '.join(here)}", device)
    return torch.device(wanted)


def precisions(device: torch.device, *, training: bool = False) -> tuple[Precision, ...]:
    """What a device can measure in; or train in, with a scaled loss, without which float16 loses small gradients."""
    if device.type != "cuda":
        return (Precision.FLOAT32, Precision.BF16)
    return tuple(one for one in Precision if training or one is not Precision.FP16)


def in_words(device: torch.device) -> str:
    """As in "NVIDIA H100 80GB HBM3" or "CPU, 2 cores"."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return f"Apple GPU ({platform.machine()})"
    cores = torch.get_num_threads()
    return f"CPU, {cores} core{'s' if cores > 1 else ''}"


@contextmanager
def computing(device: torch.device, precision: str, *, training: bool = False) -> Iterator[None]:
    """Forward passes inside compute in a precision; TF32 is off unless it is asked for."""
    half = torch.float16 if precision == Precision.FP16 else torch.bfloat16
    with (
        exactly(device, precision, training=training),
        torch.autocast(device.type, half, enabled=precision in (Precision.BF16, Precision.FP16)),
    ):
        yield


@contextmanager
def exactly(device: torch.device, precision: str, *, training: bool = False) -> Iterator[None]:
    """Passes inside, forward and back, take TF32 for their products only where it is asked for."""
    usable = precisions(device, training=training)
    if precision not in usable:
        raise SpecError("precision", f"must be {', '.join(usable)} on {device.type}", precision)
    tf32 = precision == Precision.TF32
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = tf32
    try:
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=tf32):
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


@contextmanager
def threads(count: int) -> Iterator[None]:
    """With so many of torch's threads on the CPU; as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def free(device: torch.device) -> int:
    """Bytes that could be taken now: the device's, or what the server's own limit leaves."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused
    here: int = psutil.virtual_memory().available
    return min(here, _left_by_the_limit())


def need(traced: Trace, batch: int, precision: str = Precision.FLOAT32, *, kind: Device = Device.CPU) -> Need:
    """The peak of a forward and backward pass, reckoned layer by layer.

    The pass back frees what was kept as it goes and adds the weights' gradients. At every layer its own input, output
    and their copies in the kernel's format come on top; and what a `kind` of device's allocator holds beside.
    """
    sizes = _sizes(traced, precision)
    weights, peak = traced.params * FLOAT32, Need(0, 0, 0, 0)
    gradients = weights
    for layer, held in zip(traced.layers, kept(traced, precision), strict=True):
        passing = sum(sizes[path] for path in traced.sources[layer.path]) + sizes[layer.path]
        copies = passing if layer.kind is Kind.CONV else 0
        gradients -= layer.params * FLOAT32
        now = Need(weights, gradients, held * batch, (passing + copies) * batch + layer.params * FLOAT32)
        peak = max(peak, now, key=lambda need: need.total)
    return replace(peak, overhead=int(_OVERHEAD.get(kind, 0.0) * peak.tensors))


def kept(traced: Trace, precision: str = Precision.FLOAT32) -> list[int]:
    """Bytes for one image that are kept for the backward pass, up to and with each layer.

    Autograd keeps the inputs of convolutions, norms, pooling and linear layers, the outputs of activations, and where
    maxima were found; each tensor once.
    """
    return list(accumulate(sum(added.values()) for added in _keeps(traced, precision)))


def keeps(traced: Trace, precision: str = Precision.FLOAT32) -> dict[str, int]:
    """The same bytes in all, by what put them out: the image, a kind of layer; and the places of maxima."""
    return dict(sum(_keeps(traced, precision), Counter()))


def _keeps(traced: Trace, precision: str) -> Iterator[Counter[str]]:
    """What each layer adds to what is kept."""
    sizes, seen = _sizes(traced, precision), set[str]()
    for layer in traced.layers:
        inputs = traced.sources[layer.path]
        saved = inputs if layer.kind in _SAVES_INPUT else (layer.path,) if layer.kind is Kind.ACT else ()
        added: Counter[str] = Counter()
        for path in {*saved} - seen:
            added[INPUT if path == INPUT else traced.by_path[path].kind] += sizes[path]
        seen |= {*saved}
        if layer.operation == "max_pool2d":
            added["maxima"] += prod(layer.output_shape) * _INDEX
        yield added


def _sizes(traced: Trace, precision: str) -> dict[str, int]:
    """Bytes of every layer's output for one image, and of the image."""
    number = _ACTIVATION_BYTES[Precision(precision)]
    return {INPUT: prod(traced.input_shape) * number} | {
        layer.path: prod(layer.output_shape) * number for layer in traced.layers
    }


def afford(
    spec: NetworkSpec,
    batch: int,
    device: torch.device,
    precision: str,
    *,
    limit: int | None = None,
    traced: Trace | None = None,
) -> int:
    """What a measurement needs, in bytes; `traced` is the spec's trace, where there is one already.

    Raises `TooLargeError`, with nothing allocated, where that is more than `limit` (left out: what is free now).
    """
    room = int(free(device) * MARGIN) if limit is None else limit

    def takes(own: Trace, count: int) -> int:
        return need(own, count, precision, kind=Device(device.type)).total

    wanted = takes(traced or trace(spec), batch)
    if wanted <= room:
        return wanted
    where = "GPU" if device.type != "cpu" else "server"
    raise TooLargeError(
        f"This needs about {_gigabytes(wanted)} of memory and the {where} has {_gigabytes(room)} to give. "
        f"{_what_fits(spec, batch, lambda own, count: takes(own, count) <= room)}"
    )


def _what_fits(spec: NetworkSpec, batch: int, fits: Callable[[Trace, int], bool]) -> str:
    """The largest batch, and the largest input, that would fit."""
    options = []
    traced = trace(spec)
    most = _largest(2, batch, lambda count: fits(traced, count))
    if most is not None:
        options.append(f"a batch of {most:,} at {spec.input_shape[1]} × {spec.input_shape[2]} px")
    longest = min(max(spec.input_shape[1:]), int(LIMITS["pixels"][1]))
    side = _largest(smallest_input(spec), longest, lambda pixels: fits(trace(_resized(spec, pixels)), batch))
    if side is not None:
        height, width = _resized(spec, side).input_shape[1:]
        options.append(f"{height} × {width} px at a batch of {batch:,}")
    if not options:
        return "No batch or input size of this network would fit: take a smaller network."
    return f"{' or '.join(options)} would fit.".capitalize()


def _resized(spec: NetworkSpec, side: int) -> NetworkSpec:
    """With an input whose longer side is so many pixels, in its proportions."""
    longest, low = max(spec.input_shape[1:]), smallest_input(spec)
    height, width = (max(low, length * side // longest) for length in spec.input_shape[1:])
    return replace(spec, input_shape=(spec.input_shape[0], height, width))


def _largest(low: int, high: int, fits: Callable[[int], bool]) -> int | None:
    """The largest number from low to high that fits, by bisection; None where not even the lowest does."""
    if high < low or not fits(low):
        return None
    while low < high:
        half = (low + high + 1) // 2
        low, high = (half, high) if fits(half) else (low, half - 1)
    return low


def _left_by_the_limit() -> int:
    """Bytes that the container's memory limit leaves; page cache that can go counts as free. Huge where none is set."""
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            most, now = (int((_CGROUP / name).read_text()) for name in (limit, used))
            stat = dict(line.split() for line in (_CGROUP / limit).with_name("memory.stat").read_text().splitlines())
        except (OSError, ValueError):  # no such file, or "max"
            continue
        return max(0, most - now + int(stat.get("inactive_file", 0)))
    return 1 << 62


def release() -> None:
    """Give back to the system what was freed but is kept for later: a server has other work too."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if platform.system() == "Linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
        if trim is not None:
            trim(0)


class Peak:
    """How much more memory than before was in use at the most, while it watched; None where the machine can't tell."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.before = 0
        self.bytes: int | None = None

    def __enter__(self) -> Self:
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
            self.before = torch.cuda.memory_allocated(self.device)
        elif self.device.type == "cpu":
            try:
                Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts again from here
                self.before = _status("VmRSS")
            except (OSError, KeyError):
                self.before = -1
        return self

    def __exit__(self, *_: object) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
            self.bytes = torch.cuda.max_memory_allocated(self.device) - self.before
        elif self.device.type == "cpu" and self.before >= 0:
            self.bytes = max(0, _status("VmHWM") - self.before)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields[name].split()[0]) * 1024


def _gigabytes(number: int) -> str:
    return f"{number / 1e9:,.1f} GB" if number >= 1e8 else f"{number / 1e6:,.0f} MB"
