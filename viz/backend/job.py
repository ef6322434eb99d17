"""A job: one piece of long work, with its request, its progress and its result."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Generic, Self

from models.results.task import Result, Task
from models.runtime.messages import OUT_OF_MEMORY, Message, UserError, message
from models.runtime.server_limits import limits

FORGOTTEN = 120.0  # seconds after which a job that no page polls is abandoned, as after its tab was closed
LEFT = 4.0  # the same for idle work, which runs only while a page polls it
_RECENT = 20.0  # seconds of recent work from which the remaining time is estimated
_TELLING = 3.0  # the remaining time is estimated after so many seconds of work
ENOUGH = 0.05  # or after this fraction of it, whichever comes first
_log = logging.getLogger(__name__)


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class CancelledError(Exception):
    """Raised by a job's progress callback to stop its work."""


class TooLongError(UserError):
    """Raised if a job exceeds its time limit."""


@dataclass(frozen=True, slots=True)
class Request(Generic[Result]):
    """A task, and how the queue handles it."""

    task: Task[Result]
    cost: float  # estimated seconds at the nominal pace: see `pace`
    kind: str = "measurement"  # the pace is learnt separately for each kind
    longest: float | None = None  # time limit in seconds; None: the server's for a measurement
    abandon_after: float | None = None  # seconds without being polled by a page; None: FORGOTTEN, for idle work LEFT
    preemptible: bool = False  # it can be interrupted for shorter work: a training
    idle: bool = False  # runs only while nothing else waits and a page polls it; else it is dropped
    keep: Callable[[Any], bool] = lambda _: True  # whether a result is stored: not if it may differ the next time
    stored: bool = True  # its result is stored under its key; trainings write theirs to disk themselves

    @property
    def key(self) -> str:
        return self.task.key


class Job:
    """One piece of work. Pages may read it at any time; only its own thread and `cancel` change its state."""

    def __init__(self, request: Request[Any]) -> None:
        self.request = request
        self.key = request.key
        self.state = State.WAITING
        self.fraction = 0.0
        self.parts: tuple[Any, ...] = ()  # the parts of the result so far
        self.result: Any = None
        self.error: Message | None = None  # why it failed
        self.seconds = 0.0
        self.work: Callable[[Job], Any] = request.task.run
        self.preempted: Callable[[], None] = lambda: None  # runs the short jobs that wait, if this one is preemptible
        self._longest = limits().job_seconds if request.longest is None else request.longest
        unseen = LEFT if request.idle else FORGOTTEN
        self._abandon_after = unseen if request.abandon_after is None else request.abandon_after
        self._marks: deque[tuple[float, float]] = deque()  # recent (seconds of work, fraction done)
        self._stop = threading.Event()
        self._ended = threading.Event()
        self.arrived = self._seen = time.monotonic()
        self.visitors: set[Hashable] = set()  # who asked for it
        self._started = 0.0
        self._first: float | None = None  # fraction done before it began, as in a resumed training

    @classmethod
    def finished(cls, request: Request[Any], result: object) -> Self:
        """Return a finished job, for a result that was already stored."""
        job = cls(request)
        job.result, job.state, job.fraction = result, State.DONE, 1.0
        job._ended.set()
        return job

    @property
    def over(self) -> bool:
        return self.state in (State.DONE, State.CANCELLED, State.FAILED)

    @property
    def left(self) -> float | None:
        """Remaining seconds, estimated from the recent progress; None while that is not possible."""
        marks = list(self._marks)
        if self.state is not State.RUNNING or len(marks) < 2:
            return None
        (began, first), (now, last) = marks[0], marks[-1]
        if last <= first or (now - began < _TELLING and last - (self._first or 0.0) < ENOUGH):
            return None
        return (now - began) * (1 - last) / (last - first)

    @property
    def done(self) -> float:
        """Fraction of the work done by this job itself, without what was done before it began."""
        return self.fraction - (self._first or 0.0)

    @property
    def forgotten(self) -> bool:
        """Whether it waits, or is idle work, and no page polls it any more, as after its tab was closed."""
        waits = self.request.idle or self.state is State.WAITING
        return waits and self.unseen > self._abandon_after

    @property
    def unseen(self) -> float:
        """Seconds since a page has polled it."""
        return time.monotonic() - self._seen

    def seen(self) -> None:
        """Note that a page has polled the job, so that it is not abandoned."""
        self._seen = time.monotonic()

    def wait(self, seconds: float) -> bool:
        """Wait until the job ends, at most `seconds`; return whether it has ended."""
        return self._ended.wait(seconds)

    def cancel(self) -> None:
        """Cancel the job: its state changes at once, its work stops when it next reports progress."""
        self._stop.set()
        if self.state is State.WAITING:
            self._ended.set()
        if not self.over:
            self.state = State.CANCELLED

    def make_way(self) -> None:
        """End the job, which waits, for another visitor's."""
        self.error = message(
            "Too many jobs are waiting: this one made way for a visitor who had none. Try again in a minute."
        )
        self.state = State.FAILED
        self._stop.set()
        self._ended.set()

    def tell(self, done: float) -> None:
        """Report the fraction done, 0 to 1; called by the work, at any interval.

        Raises `CancelledError` if the job is cancelled or abandoned, `TooLongError` beyond its time limit.
        """
        now = time.monotonic()
        self.preempted()
        self._started += time.monotonic() - now
        if self._stop.is_set() or now - self._seen > self._abandon_after:
            raise CancelledError
        if self._longest is not None and now - self._started > self._longest:
            raise TooLongError("It took longer than the limit of {minutes:.3g} minutes.", minutes=self._longest / 60)
        if done and self._first is None and self.request.preemptible:  # a resumed training starts above 0
            self._first, self._started = done, time.monotonic()
            self._marks.clear()
        self.fraction = max(self.fraction, done)
        self._mark()

    def _mark(self) -> None:
        """Record the progress, at most five times per second, and drop old records."""
        worked = time.monotonic() - self._started
        if not self._marks or worked - self._marks[-1][0] > 0.2:
            self._marks.append((worked, self.fraction))
        while len(self._marks) > 2 and worked - self._marks[0][0] > _RECENT:
            self._marks.popleft()

    def part(self, record: object, *, only: bool = False) -> None:
        """Add a part of the result that can be shown already; with `only`, it replaces the parts before."""
        self.parts = (record,) if only else (*self.parts, record)

    def run(self) -> None:
        """Run the task; its outcome, including any error, is stored in the job."""
        if self._stop.is_set():
            return
        self._started = time.monotonic()
        self.state = State.RUNNING
        ended = State.FAILED
        try:
            self.tell(0.0)
            self.result = self.work(self)
            ended = State.CANCELLED if self._stop.is_set() else State.DONE
        except CancelledError:
            ended = State.CANCELLED
        except UserError as error:  # its message says what to change
            self.error = error.message
        except MemoryError:
            self.error = message("The machine ran out of memory. Choose a smaller batch or input.")
        except Exception as error:  # noqa: BLE001  # the page shows a sentence, the log the traceback
            if "out of memory" in str(error).lower():
                self.error = OUT_OF_MEMORY
            else:
                self.error = message(
                    "The measurement failed ({kind}). The server's log has the details.", kind=type(error).__name__
                )
            _log.exception("a job failed: %s", self.request.task.function)
        finally:
            self.seconds = time.monotonic() - self._started
            if not self.request.stored:  # a picture in its arguments is needed no more
                self.request = replace(self.request, task=Task(self.request.task.function))
                self.work = self.request.task.run
            self.state = ended
            self._ended.set()
