"""Compute devices (CUDA, Apple's GPU, the CPU): their choice, numerical precision and memory."""

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import torch

from . import memory_limits
from .errors import SpecError
from .rules import either
from .settings import Device, Precision


def available() -> tuple[Device, ...]:
    """Return the devices of this machine, the fastest first."""
    found = [Device.CPU]
    if torch.backends.mps.is_available():
        found.insert(0, Device.MPS)
    if torch.cuda.is_available():
        found.insert(0, Device.CUDA)
    return tuple(found)


def choose(device: str) -> torch.device:
    """Return the device of a name; "auto" is the fastest available. Raises `SpecError` if the machine lacks it."""
    here = available()
    try:
        wanted = Device(device)
    except ValueError:
        raise SpecError("device", either((Device.AUTO, *here)), device) from None
    if wanted is Device.AUTO:
        return torch.device(here[0])
    if wanted not in here:
        raise SpecError("device", "must be one of this machine's devices: {devices}", device, devices=", ".join(here))
    return torch.device(wanted)


def precisions(device: torch.device, *, training: bool = False) -> tuple[Precision, ...]:
    """Return the precisions that a device supports.

    float16 is for training only, where the loss is scaled: without that, small gradients are lost.
    """
    if device.type != "cuda":
        return (Precision.FLOAT32, Precision.BF16)
    return tuple(one for one in Precision if training or one is not Precision.FP16)


def in_words(device: torch.device) -> str:
    """Describe a device, e.g. "NVIDIA H100 80GB HBM3" or "CPU × 2" (threads)."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return f"Apple GPU ({platform.machine()})"
    cores = torch.get_num_threads()
    return f"CPU × {cores}"


@contextmanager
def computing(device: torch.device, precision: str, *, training: bool = False) -> Iterator[None]:
    """Run the enclosed forward passes in a precision, bf16 and fp16 by autocast; TF32 is off unless requested.

    Raises `SpecError` if the device does not support the precision.
    """
    half = torch.float16 if precision == Precision.FP16 else torch.bfloat16
    with (
        exactly(device, precision, training=training),
        torch.autocast(device.type, half, enabled=precision in (Precision.BF16, Precision.FP16)),
    ):
        yield


@contextmanager
def exactly(device: torch.device, precision: str, *, training: bool = False) -> Iterator[None]:
    """Allow TF32 in the enclosed forward and backward passes only if it is requested.

    Raises `SpecError` if the device does not support the precision.
    """
    usable = precisions(device, training=training)
    if precision not in usable:
        raise SpecError(
            "precision", "{expected} on {device}", precision, expected=either(usable), device=device.type.upper()
        )
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
    """Use `count` CPU threads in torch inside the context; the previous number is restored afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def free(device: torch.device) -> int:
    """Return the bytes that can be allocated now: on the GPU with CUDA, otherwise in main memory within its limits."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused
    return memory_limits.available()


def release() -> None:
    """Return freed but still cached memory to the system, for a server's other work."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if platform.system() == "Linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only
        if trim is not None:
            trim(0)


class Peak:
    """Context manager that measures the peak of memory in use, in bytes above the level at entry.

    `bytes` is None where that can't be measured.
    """

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
                Path("/proc/self/clear_refs").write_text("5")  # resets the high-water mark
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
