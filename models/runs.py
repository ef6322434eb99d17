"""Trainings on disk: a folder each, in open formats, written so that whatever happens a finished epoch is not lost.

    runs/<id>/run.json             the run's spec, its state, who works on it
    runs/<id>/epochs.csv           a line an epoch
    runs/<id>/weights.safetensors  the network's tensors; while it isn't finished, also what it needs to go on
    runs/.<id>.lock                held by the process that trains it; the system lets go of it when that one is gone

The id holds a digest of the spec: equal trainings are one. No torch here.
"""

import contextlib
import csv
import io
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from filelock import FileLock, Timeout

from models.depths import depth
from models.names import kind
from models.recipe import Epoch, RunSpec

FOLDER = Path(os.environ.get("SKIPSCOPE_RUNS", Path(__file__).parent.parent / "runs"))
# What a server gives to trainings that nobody watches: set here and nowhere else.
MOST_SECONDS = 12 * 3600.0  # a race may take
MOST_BYTES = 5 * 10**9  # all runs together
_AT_WORK: dict[Path, FileLock] = {}  # folders of the runs that this process trains
_LOOK = 1.0  # seconds that a lock is waited for: another process may just be looking whether it is held
_RUN, _EPOCHS, WEIGHTS = "run.json", "epochs.csv", "weights.safetensors"
_GRADIENT = "gradient_norm."
_PLAIN = tuple(field for field in fields(Epoch) if field.name != "gradients")


class Status(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"  # whoever worked on it is gone
    DONE = "done"
    FAILED = "failed"
    DAMAGED = "damaged"


class KeepingError(ValueError):
    """A run that can't be written; the message says why and what is safe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A run as it lies on disk."""

    id: str
    status: Status
    why: str = ""  # it failed, or is damaged
    run: RunSpec | None = None  # None where it is damaged
    epochs: tuple[Epoch, ...] = ()
    created: float = 0.0  # seconds since 1970
    size: int = 0  # bytes
    stamp: int = 0  # differs when the weights do

    @property
    def resumable(self) -> bool:
        return self.status in (Status.PAUSED, Status.STOPPED)


def identity(run: RunSpec) -> str:
    """The name of a run's folder: "resnet-20-digits-3f2a9c01bd"."""
    title = kind(run.network).lower().replace(" ", "-")
    return f"{title}-{depth(run.network)}-{run.data}-{run.digest}"


@dataclass(frozen=True)
class Runs:
    """The folder of all runs."""

    folder: Path = FOLDER

    def all(self) -> tuple[Kept, ...]:
        """Every run, the newest first; what can't be read is listed as damaged."""
        if not self.folder.is_dir():
            return ()
        found = [self.read(path.name) for path in self.folder.iterdir() if path.is_dir()]
        return tuple(sorted(found, key=lambda kept: (-kept.created, kept.id)))

    def find(self, run: RunSpec) -> Kept | None:
        """What there is of a run."""
        own = identity(run)
        return self.read(own) if (self.folder / own).is_dir() else None

    def read(self, own: str) -> Kept:
        """A run by its id; never raises for what lies in the folder."""
        path = self.folder / own
        if path.parent != self.folder or own in ("", ".", ".."):
            return Kept(id=own, status=Status.DAMAGED, why="there is no such run")
        size, created = _size(path), 0.0
        try:
            stored = json.loads((path / _RUN).read_text())
            created = float(stored["created"])
            run = RunSpec.from_json(stored["run"])
            status = Status(stored["state"])
            epochs = _parse((path / _EPOCHS).read_text()) if (path / _EPOCHS).exists() else ()
            if status is Status.DONE or (path / WEIGHTS).exists():
                _check_weights(path / WEIGHTS)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            return Kept(id=own, status=Status.DAMAGED, why=_reason(error), created=created, size=size)
        if status is Status.RUNNING and not self._at_work(path):
            status = Status.STOPPED
        why = str(stored.get("why", ""))
        return Kept(
            id=own,
            status=status,
            why=why,
            run=run,
            epochs=epochs,
            created=created,
            size=size,
            stamp=_stamp(path / WEIGHTS),
        )

    def delete(self, own: str) -> None:
        """Remove a run's folder. Raises `KeepingError` while it is being trained, and for what is no run's name."""
        path = self.folder / own
        if path.parent != self.folder or own in ("", ".", ".."):
            raise KeepingError(f"runs: there is no run {own[:60]!r}")
        with self._locked(path):
            try:
                shutil.rmtree(path)
            except OSError as error:
                raise KeepingError(f"runs: {own} could not be deleted ({error.strerror or error})") from None
        _lock(path).unlink(missing_ok=True)

    def begin(self, run: RunSpec) -> None:
        """Say that this process works on a run. Raises `KeepingError` where another one does, or disk space is gone."""
        used = _size(self.folder)
        if used > MOST_BYTES:
            raise KeepingError(
                f"runs: {used / 1e9:,.1f} GB are kept and {MOST_BYTES / 1e9:,.0f} GB allowed: delete some runs first."
            )
        path = self.folder / identity(run)
        with contextlib.ExitStack() as undoing:
            held = self._locked(path)
            undoing.callback(held.release)
            before = self.find(run)
            if before is not None and before.status is Status.DAMAGED:
                shutil.rmtree(path, ignore_errors=True)
                before = None
            self._state(run, Status.RUNNING, created=before.created if before else time.time())
            _AT_WORK[path] = held
            undoing.pop_all()

    def end(self, run: RunSpec, status: Status, why: str = "") -> None:
        """Say how it stands, now that nobody works on it."""
        held = _AT_WORK.pop(self.folder / identity(run), None)
        try:
            before = self.find(run)
            self._state(run, status, why, created=before.created if before else time.time())
        finally:
            if held is not None:
                held.release()

    def _locked(self, path: Path) -> FileLock:
        """The lock of a run's folder, held. Raises `KeepingError` where a training holds it, or it can't be made."""
        if path in _AT_WORK:
            raise KeepingError(f"runs: {path.name} is being trained already; pause it first.")
        # it may be let go of by another thread than the one that took it
        lock = FileLock(_lock(path), timeout=_LOOK, thread_local=False)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise KeepingError(
                f"runs: {path.name} is being trained already, by another server; pause it there."
            ) from None
        except (OSError, NotImplementedError) as error:  # the file system knows no locks
            raise KeepingError(f"runs: {path.name} could not be locked ({error})") from None
        return lock

    def _at_work(self, path: Path) -> bool:
        """Whether anybody trains it."""
        if path in _AT_WORK:
            return True
        try:
            with FileLock(_lock(path), timeout=0):
                return False
        except Timeout:
            return True
        except (OSError, NotImplementedError):
            return False

    def _state(self, run: RunSpec, status: Status, why: str = "", *, created: float) -> None:
        stored = {"state": status, "why": why, "created": created, "process": os.getpid(), "run": run.to_json()}
        self.write(run, _RUN, json.dumps(stored, indent=1).encode())

    def put_epochs(self, run: RunSpec, epochs: Sequence[Epoch]) -> None:
        self.write(run, _EPOCHS, _text(epochs).encode())

    def write(self, run: RunSpec, name: str, content: bytes) -> None:
        """A file of a run, whole or as it was before. Raises `KeepingError` where the disk will not take it."""
        target = self.folder / identity(run) / name
        temporary: Path | None = None
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
                temporary = Path(file.name)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except OSError as error:
            raise KeepingError(
                f"runs: {name} of {identity(run)} could not be written ({error.strerror or error}); "
                "what was written before is safe."
            ) from None
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)


def _stamp(file: Path) -> int:
    with contextlib.suppress(OSError):
        return file.stat().st_mtime_ns
    return 0


def _lock(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def _text(epochs: Sequence[Epoch]) -> str:
    """As CSV: Python's own `repr` of a number is read back as the same number."""
    paths = [path for path, _ in epochs[0].gradients] if epochs else []
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([*(field.name for field in _PLAIN), *(_GRADIENT + path for path in paths)])
    for epoch in epochs:
        values = [getattr(epoch, field.name) for field in _PLAIN]
        writer.writerow(
            ["" if value is None else repr(value) for value in values] + [repr(v) for _, v in epoch.gradients]
        )
    return written.getvalue()


def _parse(text: str) -> tuple[Epoch, ...]:
    rows = csv.DictReader(io.StringIO(text))
    found = []
    for row in rows:
        plain: dict[str, Any] = {}
        for field in _PLAIN:
            value = row[field.name]
            whole = field.name in ("number", "steps", "memory")
            plain[field.name] = (
                None if value == "" and field.name == "memory" else int(value) if whole else float(value)
            )
        gradients = tuple(
            (name.removeprefix(_GRADIENT), float(value)) for name, value in row.items() if name.startswith(_GRADIENT)
        )
        found.append(Epoch(**plain, gradients=gradients))
    if [epoch.number for epoch in found] != list(range(1, len(found) + 1)):
        raise ValueError("epochs are missing")
    return tuple(found)


def _check_weights(path: Path) -> None:
    """Raise where a safetensors file (its head's length, its head, numbers) is not as long as its head says."""
    with path.open("rb") as file:
        length = os.fstat(file.fileno()).st_size  # of this very file: another one may take its name meanwhile
        head = int.from_bytes(file.read(8), "little")
        if head > length:
            raise ValueError(f"{path.name} is cut off")
        tensors = json.loads(file.read(head))
    ends = [entry["data_offsets"][1] for name, entry in tensors.items() if name != "__metadata__"]
    if 8 + head + max(ends, default=0) != length:
        raise ValueError(f"{path.name} is cut off")


def _size(path: Path) -> int:
    total = 0
    for file in path.rglob("*"):
        with contextlib.suppress(OSError):  # it went meanwhile
            total += file.stat().st_size
    return total


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{Path(str(error.filename)).name} is missing"
    return f"{type(error).__name__}: {str(error)[:120]}"
