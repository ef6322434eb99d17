"""A process that runs tasks for another one: `python -m models.work.worker ADDRESS`.

Python runs one thread at a time: work in the process of the pages would make all of them wait. The two processes trust
each other, as one has started the other, and speak over a connection of `multiprocessing`:

    to the worker     ("task", task), and for each "tell": ("go",), ("stop",), or another ("task", task) that runs first
    from the worker   ("tell", fraction), ("part", record, only), and at the end
                      ("done", result), ("stopped",), ("refused", message), ("memory",) or ("failed", kind, traceback)
"""

import copyreg
import os
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Client, Connection
from types import MappingProxyType
from typing import Any

from ..results.task import Task
from ..runtime.messages import UserError
from ..specs.here import register_all

KEY = "SKIPSCOPE_WORKER_KEY"  # environment variable: the secret of the connection, in hexadecimal digits
_OFTEN = 0.01  # seconds between two reports of progress; each waits for an answer
copyreg.pickle(MappingProxyType, lambda mapping: (MappingProxyType, (dict(mapping),)))


class StoppedError(Exception):
    """Raised in a task that is to stop."""


class Reports:
    """The progress of a task, reported over the connection."""

    def __init__(self, connection: "Connection[Any, Any]") -> None:
        self._connection = connection
        self._told = 0.0

    def tell(self, done: float) -> None:
        """Report the fraction done, and do what the answer says. Raises `StoppedError`."""
        now = time.monotonic()
        if now - self._told < _OFTEN:
            return
        self._connection.send(("tell", done))
        while True:
            kind, *rest = self._connection.recv()
            if kind == "go":
                break
            if kind == "stop":
                raise StoppedError
            # in its own thread, so that what the interrupted task has set for its thread does not apply to it
            between = threading.Thread(target=run, args=(self._connection, rest[0]))
            between.start()
            between.join()
        self._told = time.monotonic()

    def part(self, record: object, *, only: bool = False) -> None:
        """Report a part of the result."""
        self._connection.send(("part", record, only))


def run(connection: "Connection[Any, Any]", task: Task[Any]) -> None:
    """Run a task and send what becomes of it."""
    try:
        answer: tuple[Any, ...] = "done", task.run(Reports(connection))
    except StoppedError:
        answer = ("stopped",)
    except UserError as error:
        answer = "refused", error.message
    except MemoryError:
        answer = ("memory",)
    except Exception as error:  # noqa: BLE001  # the other process logs it
        answer = "failed", type(error).__name__, traceback.format_exc()
    try:
        connection.send(answer)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  # a result of a kind that can't travel
        try:
            connection.send(("failed", type(error).__name__, traceback.format_exc()))
        except Exception:  # noqa: BLE001  # else the other process would wait for ever
            os._exit(1)


def main() -> None:
    """Run tasks until the other process ends."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # they may reach both processes; the other one decides
        signal.signal(ending, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)  # pages come first; alone it is as fast
    register_all()
    with Client(sys.argv[1], authkey=bytes.fromhex(os.environ.pop(KEY))) as connection:
        while True:
            try:
                _, task = connection.recv()
                run(connection, task)
            except (EOFError, OSError):
                return


if __name__ == "__main__":
    main()
