"""The process that runs heavy work, where there is room for one: pages then stay quick while others measure."""

import atexit
import logging
import os
import subprocess
import sys
import threading
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from secrets import token_bytes
from typing import Any

from models.results.task import Task
from models.runtime.memory_limits import available
from models.runtime.messages import UserError
from models.runtime.progress import Progress
from models.runtime.server_limits import public
from models.work import worker as other
from viz.backend import pace

WORKER = "SKIPSCOPE_WORKER"  # environment variable: 1 or 0; by default a public server with room for it has one
_ROOT = Path(other.__file__).parents[other.__name__.count(".")]  # where `-m` finds it
_ENDING = 10.0  # seconds for the process to end by itself
_ROOM = 3 * 10**9  # bytes of memory left: PyTorch is loaded a second time
_log = logging.getLogger(__name__)


class EndedError(UserError):
    """Raised if the worker ends in the middle of a task."""


def wanted() -> bool:
    """Return whether heavy work runs in a process of its own."""
    said = os.environ.get(WORKER, "").strip()
    if said:
        return said != "0"
    return public() and (os.cpu_count() or 1) > 1 and available() > _ROOM


class Worker:
    """The process, started with the first task, and again after it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None
        self._lock = threading.Lock()
        atexit.register(self.close)

    def run(self, task: Task[Any], progress: Progress) -> Any:
        """Run a task there and return its result; progress, parts and cancelling pass through.

        A task may be run while another one reports its progress: that one waits. Raises what the task raises, and
        `EndedError` if the process dies.
        """
        connection = self._connected()
        stop: BaseException | None = None
        whole = False
        try:
            connection.send(("task", task))
            while True:
                kind, *rest = connection.recv()
                if kind == "tell":
                    stop = stop or _told(progress, rest[0])
                    connection.send(("go",) if stop is None else ("stop",))
                elif kind == "part":
                    progress.part(rest[0], only=rest[1])
                else:
                    whole = True
                    break
        except (EOFError, OSError) as error:
            raise EndedError(
                "The process that measures has ended, probably for lack of memory. Choose a smaller batch or input."
            ) from error
        finally:
            if not whole:  # what it says next would be taken for an answer to the next task
                self.close()
        return _outcome(kind, rest, stop)

    def start(self) -> None:
        """Start the process now, so that the first task does not wait for it."""
        self._connected()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            if self._process is not None:
                pace.OURS.discard(self._process.pid)
                try:  # it ends with its connection, after a training has stored its state
                    self._process.wait(_ENDING)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
            self._connection = self._process = None

    def _connected(self) -> "Connection[Any, Any]":
        with self._lock:
            if self._connection is not None and self._process is not None and self._process.poll() is None:
                return self._connection
            self._process, self._connection = _started()
            pace.OURS.add(self._process.pid)
            return self._connection


def _started() -> "tuple[subprocess.Popen[bytes], Connection[Any, Any]]":
    """Start a worker and wait until it speaks. Raises `EndedError` if it ends before that."""
    key = token_bytes(32)
    with Listener(authkey=key) as listener:
        command = [sys.executable, "-P", "-m", other.__name__, str(listener.address)]
        paths = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
        environment = os.environ | {other.KEY: key.hex(), "PYTHONPATH": paths}
        process = subprocess.Popen(command, env=environment)  # noqa: S603  # our own command
        found: list[Connection[Any, Any]] = []
        waiting = threading.Thread(target=lambda: found.append(listener.accept()), daemon=True)
        waiting.start()
        while waiting.is_alive():
            waiting.join(0.1)
            if process.poll() is not None:
                raise EndedError("The process that measures could not be started. The server's log has the details.")
        if not found:
            process.kill()
            process.wait()
            raise EndedError("The process that measures could not be started. The server's log has the details.")
        return process, found[0]


def _told(progress: Progress, done: float) -> BaseException | None:
    """Pass progress on; return why the work is to stop, or None."""
    try:
        progress.tell(done)
    except Exception as error:  # noqa: BLE001  # raised where the work ends
        return error
    return None


def _outcome(kind: str, rest: list[Any], stop: BaseException | None) -> Any:
    """Return the result that the worker sends, or raise what it tells."""
    if kind == "done":
        return rest[0]
    if kind == "stopped" and stop is not None:
        raise stop
    if kind == "refused":
        raise UserError(rest[0])
    if kind == "memory":
        raise MemoryError
    name, trace = rest
    _log.error("a task failed in the worker:\n%s", trace)
    raise type(name, (RuntimeError,), {})(trace.strip().splitlines()[-1])
