"""Stores of results: in memory and in a folder, both limited in bytes, and several in sequence.

Stored measurements can be repeated at any time, so a result that can't be read is treated as missing.
"""

import contextlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from filelock import FileLock, Timeout

from .codec import ResultError, decode, encode

RESULTS = "SKIPSCOPE_RESULTS"  # environment variable: the folder of a server's results
_LOCKS = 256  # lock files of a folder: a key has one of them
_LOOKS = 20  # a folder is looked through when this share of its room was written
_LOOK = 0.2  # seconds between two looks at a lock that another server holds


class ResultStore(Protocol):
    """Stores results by the keys of their tasks."""

    def get(self, key: str) -> Any | None:
        """Return the result, or None if it is not stored."""

    def put(self, key: str, result: object, size: int) -> None:
        """Store a result whose encoded form has `size` bytes; older ones may be removed."""

    def clean(self) -> None:
        """Remove what is too old to be kept."""


class MemoryStore:
    """Stores the most recently used results in memory, up to `room` bytes, but at least the newest one."""

    def __init__(self, room: int, *, dropped: Callable[[str], None] = lambda _: None) -> None:
        self.room = room
        self.dropped = dropped  # called with the key of each result removed
        self._kept: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Any | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def put(self, key: str, result: object, size: int) -> None:
        gone = []
        with self._lock:
            self._kept[key] = (result, size)
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(bytes_ for _, bytes_ in self._kept.values()) > self.room:
                gone.append(self._kept.popitem(last=False)[0])
        for one in gone:
            self.dropped(one)

    def clean(self) -> None:
        """Nothing here has an age: the memory is small, and ends with the process."""

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._kept))


@contextmanager
def claimed(store: ResultStore, key: str, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the right to measure what has this key, so that servers that share a folder don't measure it twice.

    While another server holds it, `waiting` is called now and then; what it raises ends the wait. The right of a server
    that dies is free again. Where nothing is shared, or locks don't work, it is had at once.
    """
    folder = next((one.folder for one in getattr(store, "stores", (store,)) if isinstance(one, FolderStore)), None)
    lock = None if folder is None else FileLock(folder / f".lock-{int(key, 16) % _LOCKS:02x}", timeout=_LOOK)
    while lock is not None and not lock.is_locked:
        try:
            Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            waiting()
        except (OSError, NotImplementedError):
            break
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


class FolderStore:
    """Stores each result in a file; several servers may share the folder. The least recently read are removed first.

    It is looked through now and then, and what is left then is a twentieth less than `room`.

    Results that were not read for `days` are removed too, if there is such a limit.
    """

    def __init__(self, folder: Path, room: int, *, days: float | None = None) -> None:
        self.folder = folder
        self.room = room  # bytes
        self.days = days
        self._written = room  # bytes since the folder was last looked through: not yet

    def get(self, key: str) -> Any | None:
        path = self._path(key)
        try:
            found = decode(path.read_bytes())
            os.utime(path)  # marks it as recently used
        except (OSError, ResultError):
            return None
        return found

    def put(self, key: str, result: object, size: int) -> None:
        """Store a result, unless it is larger than `room` or can't be written, as on a full disk."""
        if size > self.room:
            return
        path, aside = self._path(key), self.folder / f".{uuid4().hex}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(encode(result))
            aside.replace(path)
            self._written += size
            if self._written > self.room // _LOOKS:
                self._make_room()
        except OSError:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)

    def clean(self) -> None:
        """Remove the results that were not read for too long."""
        self._make_room()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.zip"

    def _make_room(self) -> None:
        self._written = 0
        files = []
        for path in self.folder.glob("*.zip"):
            with contextlib.suppress(OSError):  # another server may have removed it
                status = path.stat()
                files.append((status.st_mtime, status.st_size, path))
        whole = sum(size for _, size, _ in files)
        oldest = 0.0 if self.days is None else time.time() - self.days * 86_400
        for read, size, path in sorted(files):
            if whole <= self.room - self.room // _LOOKS and read >= oldest:
                return
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            whole -= size


class Stores:
    """Several stores, read in order. A result found is copied to the stores before; new results go to all."""

    def __init__(self, stores: Sequence[ResultStore]) -> None:
        self.stores = tuple(stores)

    def get(self, key: str) -> Any | None:
        for place, store in enumerate(self.stores):
            found = store.get(key)
            if found is not None:
                if place:
                    size = len(encode(found))
                    for before in self.stores[:place]:
                        before.put(key, found, size)
                return found
        return None

    def put(self, key: str, result: object, size: int) -> None:
        for store in self.stores:
            store.put(key, result, size)

    def clean(self) -> None:
        """Remove what is too old, in all of them."""
        for store in self.stores:
            store.clean()
