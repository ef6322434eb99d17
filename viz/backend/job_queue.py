"""The queue of long work: one heavy job at a time for the whole server; visitors take turns.

A job runs in a thread that never calls Streamlit; pages poll it. Equal requests share one job, and finished results
are kept in a store.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any

from models.results.codec import ResultError, encode
from models.results.store import ResultStore, claimed
from models.runtime.messages import plural
from models.runtime.server_limits import limits
from viz.backend import admission
from viz.backend.admission import RefusedError
from viz.backend.execution import Execution
from viz.backend.job import Job, Request, State
from viz.backend.turns import in_turn

_MOST_VISITORS = 500  # whose last turn is remembered
_log = logging.getLogger(__name__)


class JobQueue:
    """Runs jobs one at a time, each in its own thread; a preemptible job is interrupted for short ones."""

    def __init__(
        self,
        results: ResultStore,
        *,
        ended: Callable[[Job], None] = lambda __: None,
        run: Callable[[Job], Any] | None = None,
    ) -> None:
        self.results = results
        self._task = run or Execution(results)  # runs a job's task: here by default
        self._ended = ended  # called with each job that is over
        self._lock = threading.Lock()
        self._busy = threading.Semaphore(1)  # held by the one heavy job
        self._waiting: list[Job] = []  # as they came
        self._served: dict[Hashable, float] = {}  # visitor -> when a job of theirs last began
        self._running: Job | None = None
        self._short: Job | None = None  # runs while a preemptible job is interrupted

    def submit(self, request: Request[Any], visitor: Hashable = None, *, instead: Job | None = None) -> Job:
        """Return the job of a visitor's request: finished, under way, or new in the queue.

        `instead`: the job that the visitor gives up for it. Raises `RefusedError` beyond the server's limits.
        """
        with self._lock:
            self._drop_forgotten()
            job = self._under_way(request.key)
        if job is None or (job.over and job.state is not State.DONE):
            found = self.results.get(request.key) if request.stored else None
            job = self._add(request, visitor, instead) if found is None else Job.finished(request, found)
        with self._lock:  # `_next` goes through the visitors of all jobs
            job.visitors.add(visitor)
        job.seen()
        self._next()
        return job

    def free(self, request: Request[Any]) -> bool:
        """Return whether a request costs nothing more: its result is stored, or its job is under way for somebody."""
        return self.under_way(request.key) or (request.stored and self.results.get(request.key) is not None)

    def under_way(self, key: str) -> bool:
        """Return whether a job with this key is running or waiting."""
        with self._lock:
            job = self._under_way(key)
            return job is not None and not job.over

    def before(self, job: Job) -> tuple[Job, ...]:
        """Return the jobs that run before a waiting one, the running one first; idle work does not count.

        A training is interrupted for short work, which therefore does not wait for it.
        """
        with self._lock:
            if job not in self._waiting:
                return ()
            order = self._order()
            found = [*([self._running] if self._running else []), *order[: order.index(job)]]
            alike = (other for other in found if job.request.preemptible or not other.request.preemptible)
            return tuple(other for other in alike if not other.request.idle)

    def leave(self, job: Job, visitor: Hashable) -> None:
        """Note that a visitor wants a job no more; it is withdrawn when nobody does."""
        with self._lock:
            job.visitors.discard(visitor)
        if not job.visitors:
            self.withdraw(job)

    def withdraw(self, job: Job) -> None:
        """Cancel a job that no page needs any more, and remove it from the queue."""
        job.cancel()
        with self._lock:
            self._waiting = [other for other in self._waiting if other is not job]

    def close(self, seconds: float) -> None:
        """Cancel all jobs before the process ends, and wait up to `seconds` for running ones to store their state."""
        with self._lock:
            ending = [job for job in (self._running, self._short, *self._waiting) if job is not None]
            self._waiting = []
        for job in ending:
            job.cancel()
        end = time.monotonic() + seconds
        for job in ending:
            job.wait(max(0.0, end - time.monotonic()))

    def _under_way(self, key: str) -> Job | None:
        running = [job for job in (self._short, self._running) if job is not None]
        return next((job for job in (*running, *self._waiting) if job.key == key), None)

    def all(self) -> tuple[Job, ...]:
        """Return the jobs under way: those that run, then the waiting ones in their order."""
        with self._lock:
            return tuple(job for job in (self._short, self._running, *self._order()) if job is not None)

    def _add(self, request: Request[Any], visitor: Hashable, instead: Job | None) -> Job:
        admission.check(request)
        with self._lock:
            if not request.idle:
                self._admit(visitor, instead, preemptible=request.preemptible)
            job = Job(request)
            job.visitors.add(visitor)
            job.work = self._measured if request.stored else self._task
            self._waiting.append(job)
            if not request.idle and self._running is not None and self._running.request.idle:
                self._running.cancel()
            return job

    def _admit(self, visitor: Hashable, instead: Job | None, *, preemptible: bool) -> None:
        """Make room for a job. Raises `RefusedError` if its visitor or all together have too much under way."""
        most = limits()
        alike = [one for one in self._waiting if one.request.preemptible == preemptible]
        waiting = sum(not one.request.idle for one in alike)  # trainings take no place from measurements
        under_way = (self._running, self._short, *self._waiting)
        mine = sum(
            one is not None and one is not instead and visitor in one.visitors and not (one.over or one.request.idle)
            for one in under_way
        )
        if most.waiting is not None and waiting >= most.waiting:
            last = None if mine else self._spare(alike)
            if last is None:
                raise RefusedError("{n} jobs are already waiting. Try again in a minute.", n=waiting)
            self._waiting.remove(last)
            last.make_way()
        if most.waiting_each is not None and mine >= most.waiting_each:
            raise RefusedError(
                plural(
                    "You already have {n} job under way here. Wait until it ends, or cancel it.",
                    "You already have {n} jobs under way here. Wait until one ends, or cancel one.",
                    mine,
                )
            )

    def _spare(self, waiting: list[Job]) -> Job | None:
        """The last job of those that wait for visitors who have others waiting too; None if each has one."""
        have = Counter(visitor for job in waiting for visitor in job.visitors)
        spare = {job for job in waiting if not job.request.idle and all(have[one] > 1 for one in job.visitors)}
        return next((job for job in reversed(self._order()) if job in spare), None)

    def _next(self) -> None:
        """Start the first waiting job, if none is running."""
        with self._lock:
            self._drop_forgotten()
            if not self._waiting or not self._busy.acquire(blocking=False):
                return
            try:
                job = self._running = self._taken(self._order()[0])
                if job.request.preemptible:
                    job.preempted = self._in_between
                threading.Thread(target=self._run, args=(job,), name="skipscope job", daemon=True).start()
            except BaseException:
                self._running = None
                self._busy.release()
                raise

    def _drop_forgotten(self) -> None:
        for job in self._waiting:
            if job.forgotten:
                job.cancel()
        self._waiting = [job for job in self._waiting if not job.over]

    def _order(self) -> list[Job]:
        """The waiting jobs in the order in which they run."""
        return in_turn(self._waiting, self._served, time.monotonic())

    def _taken(self, job: Job) -> Job:
        """Take a job out of the queue: its visitors have had their turn."""
        self._waiting.remove(job)
        for visitor in job.visitors:
            self._served.pop(visitor, None)  # the last one served is the last one here
            self._served[visitor] = time.monotonic()
        while len(self._served) > _MOST_VISITORS:
            self._served.pop(next(iter(self._served)))
        return job

    def _in_between(self) -> None:
        """Run the short jobs that wait, while a preemptible job is interrupted."""
        while True:
            with self._lock:
                short = (one for one in self._order() if not (one.request.preemptible or one.request.idle or one.over))
                job = next(short, None)
                if job is None:
                    return
                self._short = self._taken(job)
            # in its own thread, so that what the training has set for its thread does not apply to it
            thread = threading.Thread(target=job.run, name="skipscope job", daemon=True)
            thread.start()
            thread.join()
            with self._lock:
                self._short = None
            self._tell_ended(job)

    def _tell_ended(self, job: Job) -> None:
        try:
            self._ended(job)
        except Exception:  # noqa: BLE001  # the queue goes on
            _log.exception("what follows a job failed")

    def _run(self, job: Job) -> None:
        try:
            job.run()
        finally:
            with self._lock:
                self._running = None
            self._busy.release()
            self._next()
            self._tell_ended(job)

    def _measured(self, job: Job) -> Any:
        """Run the task of a job, unless another server on the same folder does so: then wait for its result."""
        with claimed(self.results, job.key, waiting=lambda: job.tell(0.0)):
            found = self.results.get(job.key)
            if found is None:
                found = self._task(job)
                self._store(job, found)
            return found

    def _store(self, job: Job, result: object) -> None:
        if not job.request.keep(result):
            return
        try:
            self.results.put(job.key, result, len(encode(result)))
        except ResultError:  # the page that asked still gets it
            _log.exception("a result can't be kept: %s", job.request.task.function)
