"""Tasks on the workers of a Dask cluster: `SKIPSCOPE_CLUSTER=local:4`, or a scheduler's address. An extra: `cluster`.

A scheduler runs whatever it is sent. One on this machine listens on the loopback only; beyond it, TLS is asked for,
with the certificates that Dask's own configuration names.
"""

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any
from uuid import uuid4

from distributed import Client, Future, KilledWorker, get_worker

from ..results.task import Task
from ..runtime.messages import Message, message
from ..runtime.settings import Device
from ..signals.measure_spec import MeasureSpec
from ..specs.here import register_all
from . import cluster_local
from .cluster_address import LOCAL, address
from .points import Tell, reason

GPU = "GPU"  # the resource that workers with a GPU offer: dask worker --resources "GPU=1"
_AHEAD = 2  # tasks for each worker that the scheduler knows of
_LOOK = 0.2  # seconds between two looks
_AGAIN = 1.0  # seconds between two tries to reach a scheduler
_ENDING = 20.0  # seconds for this machine's cluster to end
_SILENT = 5.0  # seconds to wait for one
_KEY = "skipscope"
_ROOT = Path(cluster_local.__file__).parents[cluster_local.__name__.count(".")]  # where `-m` finds it
_COUNT = 2.0  # seconds after which the workers are counted again
_LOST = object()  # the scheduler has forgotten the task
_NO_ANSWER = message("The cluster's scheduler does not answer. The work goes on when it is back.")
_NO_START = message(
    "The workers on this machine do not start; the server's log may say why. The work goes on when they have."
)
_NO_GPU = message('No worker of the cluster offers a GPU. Workers are started with --resources "GPU=1".')
_DIED = message("It ended each process that measured it, probably for lack of memory, and was left out.")
_one_at_a_time = threading.Lock()  # PyTorch's random numbers belong to the process


class Cluster:
    """A connection to a cluster, made when it is first needed, and again after the scheduler was gone."""

    def __init__(self, where: str) -> None:
        """Raises `UserError` if `where` is no address, or one that is not safe."""
        self.kind, self.where = address(where)
        self.trouble: Message | None = None  # why nothing goes on at the moment
        self._client: Client | None = None
        self._local: subprocess.Popen[str] | None = None
        self._own = ""  # address of this machine's scheduler
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connection; this machine's cluster ends."""
        with self._lock:
            if self._client is not None:
                with contextlib.suppress(Exception):
                    self._client.close()
            if self._local is not None:
                try:
                    self._local.communicate(timeout=_ENDING)  # closes its input, and waits
                except subprocess.TimeoutExpired:
                    self._local.kill()
                    self._local.wait()
            self._client = self._local = None

    def __call__(
        self, tasks: Sequence[Task[Any]], tell: Tell, *, alone: bool = False
    ) -> Iterator[tuple[Task[Any], Any]]:
        """Run tasks on the workers and return each with its result, as they are done; see `points.Execute`.

        A task whose worker has died is run once more by itself; if that one dies too, its result says so.
        """
        flight = _Flight(self, tell)
        left, suspects = deque(tasks), deque[Task[Any]]()
        try:
            while left or suspects or flight.futures:
                while left and len(flight.futures) < (min(1, flight.room()) if alone else flight.room()):
                    task = left.popleft()
                    if _needs_gpu(task) and not flight.gpus:
                        yield task, _NO_GPU
                    else:
                        flight.submit(task)
                if suspects and not left and not flight.futures:
                    flight.submit(suspects.popleft(), last=True)
                for task, outcome, last in flight.done():
                    if outcome is _LOST:
                        (suspects if last else left).appendleft(task)
                    elif outcome is _DIED and not last:
                        suspects.append(task)
                    else:
                        yield task, outcome
        finally:
            flight.cancel()

    def running(self) -> bool:
        """Return whether the scheduler answers."""
        return self._client is not None and self._client.status == "running"

    def results(self, ended: dict[str, Future]) -> dict[str, Any]:
        """Return the results of those that have one, fetched together: each message to the scheduler takes its time."""
        finished = {key: future for key, future in ended.items() if future.status == "finished"}
        if not finished or self._client is None:
            return {}
        try:
            return dict(self._client.gather(finished, errors="skip"))
        except (OSError, TimeoutError, CancelledError):
            return {}

    def client(self, tell: Tell) -> Client:
        """Return the connection; waits for a scheduler that does not answer."""
        while True:
            tell(None, 0.0)
            with self._lock:
                if self._client is not None and self.running():
                    return self._client
                if self._client is not None:
                    with contextlib.suppress(Exception):
                        self._client.close(timeout=1)
                    self._client = None
                try:
                    self._client = self._connected()
                    self.trouble = None
                except (OSError, TimeoutError, ValueError):
                    self.trouble = _NO_START if self.kind == LOCAL else _NO_ANSWER
            if self._client is None:
                time.sleep(_AGAIN)

    def _connected(self) -> Client:
        where = self._started() if self.kind == LOCAL else self.where
        return Client(where, timeout=_SILENT, set_as_default=False)

    def _started(self) -> str:
        """The address of this machine's scheduler, started if it does not run. Raises `OSError` if it can't be."""
        if self._local is None or self._local.poll() is not None:
            paths = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
            self._local = subprocess.Popen(  # noqa: S603  # our own command
                [sys.executable, "-P", "-m", cluster_local.__name__, self.where],
                env=os.environ | {"PYTHONPATH": paths}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            self._own = self._local.stdout.readline().strip() if self._local.stdout else ""
        if not self._own:
            raise OSError
        return self._own


class _Flight:
    """The tasks of one call that are on the cluster."""

    def __init__(self, cluster: Cluster, tell: Tell) -> None:
        self.futures: dict[str, tuple[Future, Task[Any], bool]] = {}
        self._cluster, self._tell = cluster, tell
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._workers, self._counted = 0, 0.0
        self.gpus = False  # whether a worker offers one

    def room(self) -> int:
        """Return how many tasks the workers can use; waits until there is a worker."""
        while not self._workers or time.monotonic() - self._counted > _COUNT:
            client = self._cluster.client(self._tell)
            with contextlib.suppress(OSError, TimeoutError):
                workers = client.scheduler_info(n_workers=-1)["workers"].values()
                self._workers, self._counted = len(workers), time.monotonic()
                self.gpus = any(one["resources"].get(GPU) for one in workers)
            if self._workers:
                self._cluster.trouble = None
                break
            self._cluster.trouble = message("The cluster has no workers. The work goes on when one has started.")
            time.sleep(_LOOK)
        return _AHEAD * self._workers

    def submit(self, task: Task[Any], *, last: bool = False) -> None:
        """Send a task to the cluster. `last`: it is not sent again if its worker dies."""
        key = f"{_KEY}-{uuid4().hex}"
        client = self._cluster.client(self._tell)
        future = client.submit(run, task, key=key, pure=False, resources={GPU: 1} if _needs_gpu(task) else None)
        future.add_done_callback(lambda _: self._ended.put(key))
        self.futures[key] = future, task, last

    def done(self) -> Iterator[tuple[Task[Any], Any, bool]]:
        """Return the tasks that have ended, if there are any after a moment, with what became of each."""
        self._tell(None, 0.0)
        try:
            ended = [self._ended.get(timeout=_LOOK)]
        except queue.Empty:
            ended = [] if self._cluster.running() else list(self.futures)
        while not self._ended.empty():
            ended.append(self._ended.get())
        gone = {key: self.futures.pop(key) for key in ended if key in self.futures}
        results = self._cluster.results({key: future for key, (future, _, _) in gone.items()})
        for key, (future, task, last) in gone.items():
            yield task, results[key] if key in results else _failure(future, task), last

    def cancel(self) -> None:
        """Withdraw what is still on the cluster."""
        for future, _, _ in self.futures.values():
            with contextlib.suppress(Exception):
                future.cancel()
        self.futures.clear()


def _failure(future: Future, task: Task[Any]) -> Any:
    """The reason why a task has no result, or that its worker or the scheduler has gone."""
    try:
        error = future.exception(timeout=_SILENT) if future.status == "error" else None
    except (OSError, TimeoutError, CancelledError):
        return _LOST
    if isinstance(error, KilledWorker):
        return _DIED
    return _LOST if error is None else reason(error, task)


def _needs_gpu(task: Task[Any]) -> bool:
    return any(isinstance(one, MeasureSpec) and one.device is Device.CUDA for _, one in task.arguments)


class _Watch:
    """The progress of a task on a worker: it stops when the task was cancelled."""

    def __init__(self) -> None:
        worker = get_worker()
        self._tasks, self._own = worker.state.tasks, worker.get_current_task()

    def tell(self, done: float) -> None:
        own = self._tasks.get(self._own)
        if own is None or own.state != "executing":
            raise CancelledError

    def part(self, record: object, *, only: bool = False) -> None:
        """Parts stay where they are."""


def run(task: Task[Any]) -> Any:
    """Run a task on a worker; return its result, or the reason why there is none."""
    with _one_at_a_time:
        register_all()
        watch = _Watch()
        try:
            return task.run(watch)
        except CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # the one who asked words it
            return reason(error, task)
