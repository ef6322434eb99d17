"""Which device, how much memory it has free, what a measurement would need, and the refusal above that.

The need is reckoned from the trace, so that a network that is too large is refused before any of it exists.
"""

import ctypes
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import torch

from models import memory_limits
from models.memory import need, training_need
from models.records import Shape, Trace
from models.settings import Device, Precision
from models.spec import LIMITS, NetworkSpec, SpecError, smallest_input
from models.trace import trace

PAGES, OPTIMIZERS = 64 * 10**6, 200 * 10**6  # bytes
MARGIN = 0.9  # of the free memory that may be asked for: an estimate is one


class TooLargeError(ValueError):
    """A measurement that the device has no memory for; the message says what would fit."""


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
    return memory_limits.available()


def afford(
    spec: NetworkSpec,
    batch: int,
    device: torch.device,
    precision: str,
    *,
    limit: int | None = None,
    traced: Trace | None = None,
    momentum: bool | None = None,
    standing: int = 0,
) -> int:
    """What a measurement needs, in bytes; `traced` is the spec's trace, where there is one already.

    A training (`momentum` says whether it has any) needs its momenta and room for a checkpoint besides; `standing`:
    bytes of what else will lie there, its data for one. Raises `TooLargeError`, with nothing allocated, where that is
    more than `limit` (left out: what is free now).
    """
    room = (
        max(0, int(free(device) * MARGIN) - _reserve(device, training=momentum is not None)) if limit is None else limit
    )

    own = traced or trace(spec)

    def takes(count: int, shape: Shape) -> int:
        passes = need(own, count, precision, kind=Device(device.type), input_shape=shape)
        if momentum is None:
            return standing + passes.total
        return standing + training_need(passes, own, momentum=momentum, on_cpu=device.type == "cpu")

    wanted = takes(batch, spec.input_shape)
    if wanted <= room:
        return wanted
    where = "GPU" if device.type != "cpu" else "server"
    raise TooLargeError(
        f"This needs about {gigabytes(wanted)} of memory and the {where} has {gigabytes(room)} to give. "
        f"{_what_fits(spec, batch, room, takes)}"
    )


def _reserve(device: torch.device, *, training: bool) -> int:
    """Bytes of the CPU's memory that pages, and the libraries that are still to be imported, may take meanwhile."""
    if device.type != "cpu":
        return 0
    optimizers = training and "torch._dynamo" not in sys.modules  # torch.optim brings it
    return PAGES + (OPTIMIZERS if optimizers else 0)


def _what_fits(spec: NetworkSpec, batch: int, room: int, takes: Callable[[int, Shape], int]) -> str:
    """The largest batch, and the largest input, that would fit."""
    options = []
    most = _largest(2, batch, lambda count: takes(count, spec.input_shape), room)
    if most is not None:
        options.append(f"a batch of {most:,} at {spec.input_shape[1]} × {spec.input_shape[2]} px")
    longest = min(max(spec.input_shape[1:]), int(LIMITS["pixels"][1]))
    side = _largest(smallest_input(spec), longest, lambda pixels: takes(batch, _resized(spec, pixels)), room, power=2)
    if side is not None:
        height, width = _resized(spec, side)[1:]
        options.append(f"{height} × {width} px at a batch of {batch:,}")
    if not options:
        return "No batch or input size of this network would fit: take a smaller network."
    return f"{' or '.join(options)} would fit.".capitalize()


def _resized(spec: NetworkSpec, side: int) -> tuple[int, int, int]:
    """An input whose longer side is so many pixels, in the proportions of the network's."""
    longest, low = max(spec.input_shape[1:]), smallest_input(spec)
    height, width = (max(low, length * side // longest) for length in spec.input_shape[1:])
    return spec.input_shape[0], height, width


def _largest(low: int, high: int, takes: Callable[[int], int], room: int, *, power: int = 1) -> int | None:
    """The largest number from low to high that takes no more than there is room; None where not even the lowest does.

    What it takes grows about as the number to a power: that says where to look, so that few are tried.
    """
    least, most = takes(low), takes(high)
    if high < low or least > room:
        return None
    while low < high:
        slope = (most - least) / max(high**power - low**power, 1)
        guess = int((low**power + (room - least) / max(slope, 1e-9)) ** (1 / power))
        tried = min(max(guess, low + 1), high)
        need_ = takes(tried)
        if need_ <= room:
            low, least = tried, need_
            if tried < high and takes(tried + 1) > room:
                break
        else:
            high, most = tried - 1, need_
    return low


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


def gigabytes(number: int) -> str:
    return f"{number / 1e9:,.1f} GB" if number >= 1e8 else f"{number / 1e6:,.0f} MB"
