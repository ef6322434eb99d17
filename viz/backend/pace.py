"""Estimates of how long work takes on this server: its cost at a nominal pace, times the server's recent pace.

An estimate is a range, wide while little is known. Nothing is run for it; only the processors' times are read.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import psutil

from models.tracing.records import Trace
from models.training.data_registry import DATA
from models.training.run_spec import RunSpec
from viz.backend.memo import Once
from viz.language import _
from viz.style import format

OURS: set[int] = set()  # processes of this server beside its own: they are not others
_MACS = 5e10  # nominal multiply-accumulates (MACs) per second
_LAYER = 1e-3  # overhead of a measured layer, forward and backward, in seconds
_STEP = 2.5e-4  # the same in training, where less is recorded
_REMEMBERED = 5  # number of recent jobs per kind whose pace is remembered
_UNKNOWN = (0.5, 2.5)  # factors around the estimate of a kind of work that was not measured here yet
_STEADY = (0.8, 1.3)  # factors around the measured pace
_POSSIBLE = (0.005, 50.0)  # limits of measured over nominal time: those of a GPU and of a very small machine
_SHORT = 0.5  # cost in seconds below which a job says nothing about the pace
_WINDOW = 2.0  # shortest time over which the load is averaged, in seconds
_STALE = 15.0  # longest time, in seconds
_BUSY = 0.4  # fraction of all processors in use by other programs, above which the machine counts as busy


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimated range of the time that work takes here, in seconds."""

    low: float
    high: float
    busy: bool = False  # other programs use the processors

    @property
    def middle(self) -> float:
        return sqrt(self.low * self.high)

    def __str__(self) -> str:
        time = format.between(self.low, self.high)
        return _("{time} here; the machine is busy", time=time) if self.busy else _("{time} here", time=time)


class Pace:
    """Measured over nominal times of recent jobs, by kind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ratios: dict[str, deque[float]] = {}
        self._load = _Load()

    def learn(self, kind: str, cost: float, seconds: float) -> None:
        """Record that a job took `seconds`; `cost` is its time at the nominal pace."""
        if cost > _SHORT:
            ratio = min(max(seconds / cost, _POSSIBLE[0]), _POSSIBLE[1])
            with self._lock:
                self._ratios.setdefault(kind, deque(maxlen=_REMEMBERED)).append(ratio)

    def learnt(self) -> bool:
        """Return whether anything was measured here yet."""
        with self._lock:
            return bool(self._ratios)

    def busy(self) -> bool:
        """Return whether other programs use much of the processors."""
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
    """Fraction of all processors that other programs use, averaged since the last reading."""

    def __init__(self) -> None:
        self._own = psutil.Process()
        self._share = 0.0
        self._before = self._now()

    def others(self) -> float:
        now = self._now()
        elapsed = now[0] - self._before[0]
        if elapsed > _STALE and hasattr(os, "getloadavg"):
            # the last reading is too old: use the system's average over one minute
            self._share = min(os.getloadavg()[0] / (psutil.cpu_count() or 1), 1.0)
            self._before = now
        elif elapsed >= _WINDOW:
            taken = (now[1] - self._before[1]) - (now[2] - self._before[2])
            self._share = min(max(taken / (elapsed * (psutil.cpu_count() or 1)), 0.0), 1.0)
            self._before = now
        return self._share

    def _now(self) -> tuple[float, float, float]:
        """The time, and the processor seconds used by all programs and by this one."""
        whole, own = psutil.cpu_times(), sum(map(_taken, [self._own.pid, *OURS]))
        return time.monotonic(), whole.user + whole.system + getattr(whole, "nice", 0.0), own


def _taken(process: int) -> float:
    """The processor seconds that a process has used."""
    try:
        times = psutil.Process(process).cpu_times()
    except psutil.Error:  # it has ended
        return 0.0
    return float(times.user + times.system)


@Once
def here() -> Pace:
    """Return the pace of this server."""
    return Pace()


def passes(trace: Trace, batch: int, count: float) -> float:
    """Return the cost of `count` measured forward and backward passes, in seconds at the nominal pace."""
    return count * (3 * trace.macs * batch / _MACS + len(trace.layers) * _LAYER)


def training(runs: Sequence[tuple[RunSpec, Trace]]) -> float:
    """Return the cost of trainings: their steps, and the test after each epoch."""
    return sum(
        run.all_steps * (3 * trace.macs * run.batch / _MACS + len(trace.layers) * _STEP)
        + run.all_epochs * (trace.macs * DATA[run.data].test / _MACS)
        for run, trace in runs
    )
