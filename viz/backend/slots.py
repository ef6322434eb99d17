"""The job that each visitor waits for or was answered by: one slot for each question of a page."""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from models.results.store import RESULTS, FolderStore, MemoryStore, ResultStore, Stores
from models.runtime.messages import Message
from models.runtime.server_limits import limits
from models.training.run_store import RunStore
from models.work import cluster_address
from viz.backend import pace
from viz.backend.execution import Execution, run_here
from viz.backend.job import ENOUGH, Job, Request, State
from viz.backend.job_queue import JobQueue
from viz.backend.memo import Once
from viz.backend.worker import Worker, wanted

ROOM = 200 * 10**6  # limit of the results in memory, in bytes of their encoded form
FOLDER_ROOM = 2 * 10**9  # limit of the results in the folder, if there is one, in bytes
PICTURES = 900.0  # seconds for which what was measured with a visitor's picture is kept after it was last used
_CLOSING = 20.0  # seconds that a server waits for a step and its checkpoint before it ends
_MOST = 500  # number of slots; those whose work is over are dropped first, the oldest of them, as of former visitors

_log = logging.getLogger(__name__)


class Slots:
    """One job per slot. Who puts another job into their slot has left the one before, which ends if nobody wants it."""

    def __init__(self, queue: JobQueue, trouble: Callable[[], Message | None] = lambda: None) -> None:
        self.queue = queue
        self._trouble = trouble
        self._lock = threading.RLock()  # a store that makes room calls `forget`
        self._jobs: dict[Hashable, Job] = {}
        self._visitors: dict[Hashable, Hashable] = {}  # slot -> whose it is

    def ask(self, slot: Hashable, request: Request[Any], visitor: Hashable = None) -> Job:
        """Put the job of a visitor's request into a slot and return it; cancelled or failed work restarts.

        `visitor` defaults to the slot's tab. Raises `RefusedError` beyond the server's limits.
        """
        with self._lock:
            job = self.queue.submit(request, visitor or _tab(slot), instead=self._jobs.get(slot))
            self._put(slot, job, visitor or _tab(slot))
        return job

    @property
    def trouble(self) -> Message | None:
        """Why running work does not go on at the moment, as if a cluster does not answer."""
        return self._trouble()

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
        self._jobs[slot], self._visitors[slot] = job, visitor
        if before is not None and before is not job:
            self._left(before, visitor)
        while len(self._jobs) > _MOST:
            over = (slot for slot, job in self._jobs.items() if job.over)
            self._drop(next(over, next(iter(self._jobs))))

    def _left(self, job: Job, visitor: Hashable) -> None:
        """Note that a visitor has left a job, unless they hold it in another slot, as in another tab."""
        if not job.over and not any(one is job and self._visitors[slot] == visitor for slot, one in self._jobs.items()):
            self.queue.leave(job, visitor)

    def _drop(self, slot: Hashable) -> None:
        self._jobs.pop(slot, None)
        self._visitors.pop(slot, None)

    def tidy(self) -> None:
        """Drop finished work whose result is stored nowhere else, as of a visitor's own picture, once it is unused."""
        with self._lock:
            for slot, job in list(self._jobs.items()):
                if job.over and not job.request.stored and job.unseen > PICTURES:
                    self._drop(slot)

    def of(self, slot: Hashable) -> Job | None:
        """Return the job of a slot, whatever its state, or None."""
        with self._lock:
            return self._jobs.get(slot)

    def give_up(self, slot: Hashable) -> None:
        """Give up the job of a slot; it ends unless others have asked for it too."""
        with self._lock:
            job = self._jobs.get(slot)
            if job is None or job.over:
                return
            self._jobs[slot] = shown = Job(job.request)  # of its own, which only this visitor sees cancelled
            shown.cancel()
            self._left(job, self._visitors[slot])

    def stop(self, slot: Hashable) -> None:
        """Cancel the job of a slot for all who have asked for it."""
        job = self.of(slot)
        if job is not None and not job.over:
            job.cancel()

    def leave(self, slot: Hashable) -> None:
        """Empty a slot, so that its question can be asked again."""
        with self._lock:
            self._drop(slot)

    def forget(self, key: str) -> None:
        """Remove finished jobs with this key from all slots: their result is no longer stored."""
        with self._lock:
            for slot in [slot for slot, job in self._jobs.items() if job.key == key and job.over]:
                self._drop(slot)


def _tab(slot: Hashable) -> Hashable:
    """The visitor of a slot (tab, question), where visitors are not told from one another."""
    return slot[0] if isinstance(slot, tuple) else slot


@Once
def slots() -> Slots:
    """Return the slots of this server, with its queue, which is closed when the server ends, also by SIGTERM or Ctrl-C.

    Results are kept in memory and, if SKIPSCOPE_RESULTS names a folder, there too.
    """
    memory = MemoryStore(ROOM)
    stores: list[ResultStore] = [memory]
    if folder := os.environ.get(RESULTS):
        stores.append(FolderStore(Path(folder), FOLDER_ROOM, days=limits().days))
    results = Stores(stores)
    execution = Execution(results, _worker().run if wanted() else run_here, cluster=cluster_address.named())
    found = Slots(JobQueue(results, ended=_ended, run=execution), lambda: execution.trouble)
    memory.dropped = found.forget
    atexit.register(execution.close)
    atexit.register(found.queue.close, _CLOSING)  # before that
    threading.Thread(target=_keep_tidy, args=(found, stores), name="skipscope-tidy", daemon=True).start()
    return found


def _keep_tidy(found: Slots, stores: Sequence[ResultStore]) -> None:
    """Drop what is kept no longer: every minute what is in memory, every hour what is on disk."""
    for minute in count():
        time.sleep(60)
        try:
            found.tidy()
            if minute % 60 == 0:
                RunStore().clean()
                for store in stores:
                    store.clean()
        except Exception:  # noqa: BLE001  # it is tried again
            _log.exception("what is too old could not be removed")


def _worker() -> Worker:
    """A process for heavy work, which loads its libraries while the visitor reads the page."""
    worker = Worker()
    threading.Thread(target=worker.start, name="skipscope-worker", daemon=True).start()
    return worker


def _ended(job: Job) -> None:
    """Update the pace with the time that a job took."""
    if job.done > ENOUGH and job.state in (State.DONE, State.CANCELLED):
        pace.here().learn(job.request.kind, job.request.cost * job.done, job.seconds)
