"""How long work takes on this server: what a network costs at a nominal pace, times the server's own pace of late.

An estimate is a range, wide while little is known; it costs nothing but a look at the processor's clock.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import psutil
import streamlit as st

from models.recipe import DATA, RunSpec
from models.records import Trace
from viz import format

_MACS = 5e10  # multiply-accumulates a second, nominally
_LAYER = 1e-3  # seconds that a measured layer takes both ways, however small it is
_STEP = 2.5e-4  # the same of a layer in training, where less is listened to
_REMEMBERED = 5  # of the last works, their paces
_UNKNOWN = (0.5, 2.5)  # times the nominal pace, until anything was measured here
_STEADY = (0.8, 1.3)  # around what was measured
_POSSIBLE = (0.005, 50.0)  # times the nominal pace, that of a GPU and of a very small machine: beyond, it was no work
_SHORT = 0.5  # seconds at the nominal pace: what costs less says nothing about it
_WINDOW = 2.0  # seconds that the load is averaged over, at least
_STALE = 15.0  # and at most
_BUSY = 0.4  # of all processors: taken by other programs


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds that work will take here."""

    low: float
    high: float
    busy: bool = False  # other programs take the processors

    @property
    def middle(self) -> float:
        return sqrt(self.low * self.high)

    def __str__(self) -> str:
        words = f"{format.between(self.low, self.high)} here"
        return f"{words}, the machine is busy" if self.busy else words


class Pace:
    """What the last works took, beside what they would take at the nominal pace."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ratios: dict[str, deque[float]] = {}
        self._load = _Load()

    def learn(self, kind: str, cost: float, seconds: float) -> None:
        """Work of a kind took so many seconds; its cost is in seconds at the nominal pace."""
        if cost > _SHORT:
            ratio = min(max(seconds / cost, _POSSIBLE[0]), _POSSIBLE[1])
            with self._lock:
                self._ratios.setdefault(kind, deque(maxlen=_REMEMBERED)).append(ratio)

    def busy(self) -> bool:
        """Whether other programs take the processors."""
        with self._lock:
            return self._load.others() > _BUSY

    def estimate(self, kind: str, cost: float) -> Estimate:
        with self._lock:
            own = self._ratios.get(kind) or [ratio for ratios in self._ratios.values() for ratio in ratios]
            low, high = min(own, default=1.0), max(own, default=1.0)
            narrow, wide = _STEADY if kind in self._ratios else _UNKNOWN
            others = self._load.others()
        busy = others > _BUSY
        return Estimate(cost * low * narrow, cost * high * wide * (1 + 2 * others if busy else 1), busy)


class _Load:
    """The share of all processors that other programs take, averaged since the last look."""

    def __init__(self) -> None:
        self._own = psutil.Process()
        self._share = 0.0
        self._before = self._now()

    def others(self) -> float:
        now = self._now()
        elapsed = now[0] - self._before[0]
        if elapsed > _STALE and hasattr(os, "getloadavg"):
            # too long ago: the last minute, as the system has it
            self._share = min(os.getloadavg()[0] / (psutil.cpu_count() or 1), 1.0)
            self._before = now
        elif elapsed >= _WINDOW:
            taken = (now[1] - self._before[1]) - (now[2] - self._before[2])
            self._share = min(max(taken / (elapsed * (psutil.cpu_count() or 1)), 0.0), 1.0)
            self._before = now
        return self._share

    def _now(self) -> tuple[float, float, float]:
        """The time, and the processors' seconds that all programs and this one have taken."""
        whole, own = psutil.cpu_times(), self._own.cpu_times()
        return time.monotonic(), whole.user + whole.system + getattr(whole, "nice", 0.0), own.user + own.system


@st.cache_resource(show_spinner=False)
def here() -> Pace:
    """The server's."""
    return Pace()


def passes(trace: Trace, batch: int, count: float) -> float:
    """The cost of so many measured passes, forward and back."""
    return count * (3 * trace.macs * batch / _MACS + len(trace.layers) * _LAYER)


def training(runs: Sequence[tuple[RunSpec, Trace]]) -> float:
    """The cost of trainings: their steps, and the test behind each epoch."""
    return sum(
        run.all_steps * (3 * trace.macs * run.batch / _MACS + len(trace.layers) * _STEP)
        + run.all_epochs * (trace.macs * DATA[run.data].test / _MACS)
        for run, trace in runs
    )
