"""Long work beside the pages: one heavy job at a time for the whole server, with progress, time left and cancel.

A job runs in a thread that never calls Streamlit; pages look at it. Jobs wait in one queue, first come, first served;
the same work asked for twice is one job. What is finished is kept, up to a size.
"""

import atexit
import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

import streamlit as st

from viz import pace

MOST_WAITING = 40
LONGEST = 900.0  # seconds that a job may run
FORGOTTEN = 120.0  # seconds without anybody looking: a closed tab's job gives way
LEFT = 4.0  # the same of work that is only done while somebody looks
_CLOSING = 20.0  # seconds that an ending server waits for a step and its checkpoint
_RECENT = 20.0  # seconds whose pace tells how long the rest takes
_TELLING = 3.0  # seconds, or
_ENOUGH = 0.05  # of the whole: before that the rest is not told
Result = TypeVar("Result")
_log = logging.getLogger(__name__)


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class CancelledError(Exception):
    """Raised inside a job's work, by its pulse."""


class TooLongError(ValueError):
    """A job that may not go on."""


class FullError(ValueError):
    """The queue takes no more."""


@dataclass(frozen=True, slots=True)
class Task(Generic[Result]):
    """Work for the queue. Equal keys are equal results."""

    key: tuple[object, ...]
    work: "Callable[[Job], Result]"
    cost: float  # seconds that it would take at the nominal pace: see `pace`
    weight: Callable[[Result], int]  # of the result, where results are kept
    longest: float | None = None  # seconds that it may run; left out: LONGEST
    patience: float | None = None  # seconds without anybody looking; left out: FORGOTTEN
    gives_way: bool = False  # to shorter work, which is done in between: a training
    idle: bool = False  # done while nothing else waits, dropped as soon as something does, or nobody looks
    kind: str = "measurement"  # works of one kind tell each other's pace


class Job:
    """One piece of work. Pages read it at any time; only its own thread and `cancel` write."""

    def __init__(self, task: Task[Any]) -> None:
        self.key = task.key
        self.weight = 0  # of the result
        self.state = State.WAITING
        self.fraction = 0.0
        self.parts: tuple[Any, ...] = ()  # what there is of the result already
        self.result: Any = None
        self.error = ""
        self.seconds = 0.0
        self.kind, self.cost = task.kind, task.cost
        self.idle = task.idle
        self.gives_way = task.gives_way
        self.let_in: Callable[[], None] = lambda: None  # does what others wait for, where this job gives way
        self._longest = LONGEST if task.longest is None else task.longest
        self._patience = (LEFT if task.idle else FORGOTTEN) if task.patience is None else task.patience
        self._marks: deque[tuple[float, float]] = deque()  # (seconds of work, fraction), of late
        self._task: Task[Any] | None = task
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._seen = time.monotonic()
        self._started = 0.0
        self._first: float | None = None  # the fraction that was done before it began

    @property
    def over(self) -> bool:
        return self.state in (State.DONE, State.CANCELLED, State.FAILED)

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take, at the pace of late; None while that can't be told."""
        marks = list(self._marks)
        if self.state is not State.RUNNING or len(marks) < 2:
            return None
        (began, first), (now, last) = marks[0], marks[-1]
        if last <= first or (now - began < _TELLING and last - (self._first or 0.0) < _ENOUGH):
            return None
        return (now - began) * (1 - last) / (last - first)

    @property
    def done(self) -> float:
        """The share of the work that was done by this very job, as its pulses told."""
        return self.fraction - (self._first or 0.0)

    @property
    def forgotten(self) -> bool:
        """Idle work that nobody looks at any more."""
        return self.idle and time.monotonic() - self._seen > self._patience

    def seen(self) -> None:
        """Somebody looks at it."""
        self._seen = time.monotonic()

    def wait(self, seconds: float) -> bool:
        """Whether it ends within so many seconds."""
        return self._ended.wait(seconds)

    def cancel(self) -> None:
        """It stops at its next pulse; whoever looks sees it cancelled at once."""
        self._stop.set()
        if self.state is State.WAITING:
            self._ended.set()
        if not self.over:
            self.state = State.CANCELLED

    def pulse(self, fraction: float) -> None:
        """Called by the work again and again: how much is done. Raises where it shall stop."""
        now = time.monotonic()
        self.let_in()
        self._started += time.monotonic() - now
        if self._stop.is_set() or now - self._seen > self._patience:
            raise CancelledError
        if now - self._started > self._longest:
            raise TooLongError(f"It took longer than {self._longest / 60:.0f} minutes, which is what a job may take.")
        if fraction and self._first is None and self.gives_way:  # a training that goes on tells at first where it was
            self._first, self._started = fraction, time.monotonic()
            self._marks.clear()
        self.fraction = max(self.fraction, fraction)
        self._mark()

    def _mark(self) -> None:
        """Remember how far it is now, a few times a second, and forget what is long ago."""
        worked = time.monotonic() - self._started
        if not self._marks or worked - self._marks[-1][0] > 0.2:
            self._marks.append((worked, self.fraction))
        while len(self._marks) > 2 and worked - self._marks[0][0] > _RECENT:
            self._marks.popleft()

    def part(self, found: Any) -> None:
        """A part of the result, to be shown already."""
        self.parts = (*self.parts, found)

    def run(self) -> None:
        """Do the work; whatever happens, end in a state that says so."""
        task, self._task = self._task, None  # what it holds on to goes with it
        if self._stop.is_set() or task is None:
            return
        self._started = time.monotonic()
        self.state = State.RUNNING
        ended = State.FAILED
        try:
            self.pulse(0.0)
            self.result = task.work(self)
            self.weight = task.weight(self.result)
            ended = State.CANCELLED if self._stop.is_set() else State.DONE
        except CancelledError:
            ended = State.CANCELLED
        except ValueError as error:  # ours: they say what to change
            self.error = str(error)
        except MemoryError:
            self.error = "The machine ran out of memory; take a smaller batch or input."
        except Exception as error:  # noqa: BLE001  # a page is told, the log has it all
            out_of_memory = "out of memory" in str(error).lower()
            self.error = (
                "The device ran out of memory; take a smaller batch or input."
                if out_of_memory
                else f"The measurement failed ({type(error).__name__}); the server's log says more."
            )
            _log.exception("a job failed: %s", self.key)
        finally:
            self.seconds = time.monotonic() - self._started
            self.state = ended
            self._ended.set()


class Line:
    """The server's queue: a lock around it, and one thread at most."""

    def __init__(self, *, room: int, ended: Callable[[Job], None] = lambda _: None) -> None:
        self.room = room  # for the weights of finished results
        self._ended = ended  # told of each job that is over
        self._lock = threading.Lock()
        self._busy = threading.Semaphore(1)  # held by the one heavy job
        self._waiting: list[Job] = []
        self._running: Job | None = None
        self._short: Job | None = None  # runs in between
        self._kept: OrderedDict[Hashable, Job] = OrderedDict()
        self._slots: dict[Hashable, Job] = {}

    def submit(self, task: Task[Any], *, slot: Hashable) -> Job:
        """The job of a task: finished, under way, or new at the end of the queue.

        A slot (a visitor's place for one kind of result) has one job: another one that was there for this slot alone
        is cancelled. Cancelled or failed work is begun again when it is submitted again. Raises `FullError`.
        """
        with self._lock:
            job = self._find(task.key)
            self._waiting = [one for one in self._waiting if not one.forgotten]
            if job is None or job.state in (State.CANCELLED, State.FAILED):
                if not task.idle and sum(not one.idle for one in self._waiting) >= MOST_WAITING:
                    raise FullError(f"{len(self._waiting)} measurements are waiting already; try again in a minute.")
                job = Job(task)
                self._waiting.append(job)
                if not task.idle and self._running is not None and self._running.idle:
                    self._running.cancel()
            before, self._slots[slot] = self._slots.pop(slot, None), job
            if before is not None and before is not job and before not in self._slots.values():
                before.cancel()
                self._waiting = [other for other in self._waiting if other is not before]
            while len(self._slots) > 500:  # of visitors long gone
                self._slots.pop(next(iter(self._slots)))
        job.seen()
        self._next()
        return job

    def of(self, slot: Hashable) -> Job | None:
        """The job that a slot asked for last, whatever became of it."""
        with self._lock:
            return self._slots.get(slot)

    def give_up(self, slot: Hashable) -> None:
        """A slot no longer wants its job, which is cancelled unless another one waits for it too."""
        with self._lock:
            job = self._slots.get(slot)
            if job is None or job.over:
                return
            if any(other is job for place, other in self._slots.items() if place != slot):
                self._slots[slot] = job = Job(Task(job.key, lambda _: None, 0.0, lambda _: 0))
            job.cancel()

    def under_way(self, key: Hashable) -> bool:
        """Whether somebody's job of this key runs or waits."""
        with self._lock:
            job = self._find(key)
            return job is not None and not job.over

    def stop(self, slot: Hashable) -> None:
        """End a slot's job for everybody who looks at it."""
        job = self.of(slot)
        if job is not None and not job.over:
            job.cancel()

    def leave(self, slot: Hashable) -> None:
        """Forget what a slot asked for last, so that it can be asked again."""
        with self._lock:
            self._slots.pop(slot, None)

    def ahead(self, job: Job) -> int:
        """How many jobs are before it."""
        with self._lock:
            if job not in self._waiting:
                return 0
            before = [*self._waiting[: self._waiting.index(job)], *([self._running] if self._running else [])]
            return sum((job.gives_way or not other.gives_way) and not other.idle for other in before)

    def close(self, seconds: float) -> None:
        """End all work and wait until what is under way has written where it stands: the process is about to end."""
        with self._lock:
            ending = [job for job in (self._running, self._short, *self._waiting) if job is not None]
            self._waiting = []
        for job in ending:
            job.cancel()
        end = time.monotonic() + seconds
        for job in ending:
            job.wait(max(0.0, end - time.monotonic()))

    def _find(self, key: Hashable) -> Job | None:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        running = [job for job in (self._short, self._running) if job is not None]
        return next((job for job in (*running, *self._waiting) if job.key == key), None)

    def _next(self) -> None:
        """Begin the first waiting job, if none is under way."""
        with self._lock:
            self._waiting = [job for job in self._waiting if not job.over and not job.forgotten]
            if not self._waiting or not self._busy.acquire(blocking=False):
                return
            job = self._running = next((one for one in self._waiting if not one.idle), self._waiting[0])
            self._waiting.remove(job)
        if job.gives_way:
            job.let_in = self._in_between
        threading.Thread(target=self._run, args=(job,), name="skipscope job", daemon=True).start()

    def _in_between(self) -> None:
        """Do the short work that waits, while a job that gives way stands still."""
        while True:
            with self._lock:
                job = next((one for one in self._waiting if not (one.gives_way or one.idle or one.over)), None)
                if job is None:
                    return
                self._waiting.remove(job)
                self._short = job
            # on a thread of its own: whatever the training has set for its thread is not the other one's
            thread = threading.Thread(target=job.run, name="skipscope job", daemon=True)
            thread.start()
            thread.join()
            self._ended(job)
            with self._lock:
                self._short = None
                if job.state is State.DONE:
                    self._keep(job)

    def _run(self, job: Job) -> None:
        try:
            job.run()
        finally:
            with self._lock:
                self._running = None
                if job.state is State.DONE and not job.gives_way:  # a training's results lie on disk
                    self._keep(job)
            self._busy.release()
            self._ended(job)
            self._next()

    def _keep(self, job: Job) -> None:
        """The newest results, as many as there is room for; the last one in any case."""
        self._kept[job.key] = job
        while len(self._kept) > 1 and sum(kept.weight for kept in self._kept.values()) > self.room:
            _, gone = self._kept.popitem(last=False)
            self._slots = {slot: kept for slot, kept in self._slots.items() if kept is not gone}


@st.cache_resource(show_spinner=False)
def line() -> Line:
    """The server's. It is closed when the server ends, by SIGTERM or Ctrl-C too."""
    found = Line(room=200_000, ended=_learn)
    atexit.register(found.close, _CLOSING)
    return found


def _learn(job: Job) -> None:
    """What a job took tells how long the next one will take."""
    if job.done > _ENOUGH and job.state in (State.DONE, State.CANCELLED):
        pace.here().learn(job.kind, job.cost * job.done, job.seconds)
