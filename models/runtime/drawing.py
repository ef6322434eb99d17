"""Draw from torch's own generator, as code of others does, without leaving a trace in it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_ONE = threading.Lock()  # the generator belongs to the whole process


@contextmanager
def drawing(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """Seed torch's generators inside the context, for one thread at a time, and put them back afterwards."""
    with _ONE, torch.random.fork_rng(devices=[device] if device is not None and device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
