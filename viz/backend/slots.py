"""The job that each visitor waits for or was answered by: one slot for each question of a page."""

import atexit
import os
import threading
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import streamlit as st

from models.results.store import FolderStore, MemoryStore, ResultStore, Stores
from models.runtime.server_limits import limits
from models.training.run_store import RunStore
from viz.backend import pace
from viz.backend.job import ENOUGH, Job, Request, State
from viz.backend.job_queue import JobQueue
from viz.backend.worker import Worker, wanted

ROOM = 200 * 10**6  # limit of the results in memory, in bytes of their encoded form
FOLDER_ROOM = 2 * 10**9  # limit of the results in the folder, if there is one, in bytes
_CLOSING = 20.0  # seconds that a server waits for a step and its checkpoint before it ends
_MOST = 500  # number of slots; those whose work is over are dropped first, the oldest of them, as of former visitors


class Slots:
    """One job per slot; a job that is replaced is cancelled, unless another slot holds it too."""

    def __init__(self, queue: JobQueue) -> None:
        self.queue = queue
        self._lock = threading.RLock()  # a store that makes room calls `forget`
        self._jobs: dict[Hashable, Job] = {}

    def ask(self, slot: Hashable, request: Request[Any], visitor: Hashable = None) -> Job:
        """Put the job of a visitor's request into a slot and return it; cancelled or failed work restarts.

        `visitor` defaults to the slot's tab. Raises `RefusedError` beyond the server's limits.
        """
        visitor = visitor or _tab(slot)
        with self._lock:
            before = self._jobs.get(slot)
            job = self.queue.submit(request, visitor, instead=before)
            self._put(slot, job, visitor)
        return job

    def watch(self, slot: Hashable, key: str, visitor: Hashable = None) -> Job | None:
        """Put a job that is under way for others into a slot, without asking for it; return it, None if there is none.

        It goes on when this visitor leaves, and ends when those who asked for it have left.
        """
        with self._lock:
            job = next((one for one in self.queue.all() if one.key == key and not one.over), None)
            if job is not None:
                self._put(slot, job, visitor or _tab(slot))
        return job

    def _put(self, slot: Hashable, job: Job, visitor: Hashable) -> None:
        before = self._jobs.pop(slot, None)
        self._jobs[slot] = job
        if before is not None and before is not job and before not in self._jobs.values():
            before.visitors.discard(visitor)
            if not before.visitors:
                self.queue.withdraw(before)
        while len(self._jobs) > _MOST:
            over = (slot for slot, job in self._jobs.items() if job.over)
            self._jobs.pop(next(over, next(iter(self._jobs))))

    def of(self, slot: Hashable) -> Job | None:
        """Return the job of a slot, whatever its state, or None."""
        with self._lock:
            return self._jobs.get(slot)

    def give_up(self, slot: Hashable) -> None:
        """Give up the job of a slot, which is cancelled unless another slot holds it too."""
        with self._lock:
            job = self._jobs.get(slot)
            if job is None or job.over:
                return
            if any(other is job for place, other in self._jobs.items() if place != slot):
                self._jobs[slot] = job = Job(job.request)  # of its own, which only this visitor sees cancelled
            job.cancel()

    def stop(self, slot: Hashable, visitor: Hashable = None, *, for_all: bool = True) -> None:
        """Cancel the job of a slot for all pages that poll it; else only if nobody else has asked for it."""
        with self._lock:
            job = self._jobs.get(slot)
            if job is None or job.over:
                return
            job.visitors.discard(visitor or _tab(slot))
            if job.visitors and not for_all:
                self._jobs[slot] = job = Job(job.request)  # of its own, which only this visitor sees cancelled
            job.cancel()

    def leave(self, slot: Hashable) -> None:
        """Empty a slot, so that its question can be asked again."""
        with self._lock:
            self._jobs.pop(slot, None)

    def forget(self, key: str) -> None:
        """Remove finished jobs with this key from all slots: their result is no longer stored."""
        with self._lock:
            self._jobs = {slot: job for slot, job in self._jobs.items() if job.key != key or not job.over}


def _tab(slot: Hashable) -> Hashable:
    """The visitor of a slot (tab, question), where visitors are not told from one another."""
    return slot[0] if isinstance(slot, tuple) else slot


@st.cache_resource(show_spinner=False)
def slots() -> Slots:
    """Return the slots of this server, with its queue, which is closed when the server ends, also by SIGTERM or Ctrl-C.

    Results are kept in memory and, if SKIPSCOPE_RESULTS names a folder, there too.
    """
    memory = MemoryStore(ROOM)
    stores: list[ResultStore] = [memory]
    if folder := os.environ.get("SKIPSCOPE_RESULTS"):
        stores.append(FolderStore(Path(folder), FOLDER_ROOM, days=limits().days))
    queue = (
        JobQueue(Stores(stores), ended=_ended, run=_worker().run)
        if wanted()
        else JobQueue(Stores(stores), ended=_ended)
    )
    found = Slots(queue)
    memory.dropped = found.forget
    atexit.register(found.queue.close, _CLOSING)
    return found


def _worker() -> Worker:
    """A process for heavy work, which loads its libraries while the visitor reads the page."""
    worker = Worker()
    threading.Thread(target=worker.start, name="start the worker", daemon=True).start()
    return worker


def _ended(job: Job) -> None:
    """Update the pace with the time that a job took, and delete runs that are too old."""
    RunStore().clean()
    if job.done > ENOUGH and job.state in (State.DONE, State.CANCELLED):
        pace.here().learn(job.request.kind, job.request.cost * job.done, job.seconds)
