"""Trainings on disk: a folder each, in open formats, written so that whatever happens a finished epoch is not lost.

    runs/<id>/run.json             the run's spec, its state, who works on it
    runs/<id>/epochs.csv           a line an epoch
    runs/<id>/weights.safetensors  the network's tensors; while it isn't finished, also what it needs to go on
    runs/<id>/test_answers.txt     a 1 or a 0 for each test image: right or wrong after the last epoch
    runs/.<id>.lock                held by the process that trains it; the system lets go of it when that one is gone

The id holds a digest of what differs from the defaults: equal trainings are one, and a field that a later version adds
changes no id. Reading never raises and never waits, whatever lies in the folder. No torch here.
"""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from math import isfinite
from pathlib import Path
from secrets import token_hex
from tempfile import NamedTemporaryFile
from typing import Any

from filelock import FileLock, Timeout

from models import run_files
from models.depths import depth
from models.names import kind
from models.recipe import DATA, Epoch, RunSpec
from models.run_files import ANSWERS, EPOCHS, FORMAT, RUN, WEIGHTS, DamagedError
from models.spec import NetworkSpec

FOLDER = Path(os.environ.get("SKIPSCOPE_RUNS", Path(__file__).parent.parent / "runs"))
# What a server gives to trainings that nobody watches: set here and nowhere else.
MOST_SECONDS = 12 * 3600.0  # a race may take
MOST_BYTES = 5 * 10**9  # all runs together
_ASIDE = ".damaged-"  # in the names of folders that made way
_MOST_NAME = 255  # bytes of an id: what file systems take
_LONG_NAME = 240  # bytes: a lock's own name is longer
_MOST_FILES = 20_000  # that are added up when the size of a folder is told
_AT_WORK: dict[Path, FileLock] = {}  # folders of the runs that this process trains
_LOOK = 1.0  # seconds that a lock is waited for: another process may just be looking whether it is held


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
    answers: str = field(default="", repr=False)  # a 1 or a 0 for each test image; empty where they were not kept
    unknown: tuple[str, ...] = ()  # fields of its spec that this version does not have: another training than `run`
    created: float = 0.0  # seconds since 1970
    size: int = 0  # bytes
    stamp: int = 0  # differs when the weights do


def identity(run: RunSpec) -> str:
    """The name of a new run's folder: "resnet-20-digits-3f2a9c01bd"."""
    title = kind(run.network).lower().replace(" ", "-")
    return f"{title}-{depth(run.network)}-{run.data}-{run.digest}"


@dataclass(frozen=True)
class Runs:
    """The folder of all runs."""

    folder: Path = FOLDER

    def all(self) -> tuple[Kept, ...]:
        """Every run, the newest first; what can't be read is listed as damaged."""
        found = [self.read(path.name) for path in self._folders()]
        return tuple(sorted(found, key=lambda kept: (-kept.created, kept.id)))

    def id_of(self, run: RunSpec) -> str:
        """The id of an equal run that is kept, whatever its name; the one that it would get where there is none."""
        own = identity(run)
        if _is_folder(self.folder / own):
            return own
        wanted = run.digest
        names = (path.name for path in self._folders() if _ASIDE not in path.name and _digest(path) == wanted)
        return next(names, own)

    def find(self, run: RunSpec) -> Kept | None:
        """What there is of a run."""
        own = self.id_of(run)
        return self.read(own) if _is_folder(self.folder / own) else None

    def read(self, own: str) -> Kept:
        """A run by its id; never raises, whatever the id and whatever lies in the folder."""
        if not self._holds(own):
            return Kept(id=own[:200], status=Status.DAMAGED, why="there is no such run")
        path, created = self.folder / own, 0.0
        if _is_link(path):
            return Kept(id=own, status=Status.DAMAGED, why="it is a link, not a folder")
        size = _size(path)
        try:
            stored = run_files.read_json(path / RUN)
            created = _time(stored.get("created"))
            run, unknown = _spec(stored)
            status = Status(stored["state"])
            epochs = run_files.epochs_from_csv(_text(path / EPOCHS), run) if _is_there(path / EPOCHS) else ()
            if status is Status.DONE or _is_there(path / WEIGHTS):
                run_files.check_weights(path / WEIGHTS)
            if status is Status.DONE:
                run_files.check_complete(epochs, run)
        except Exception as error:  # noqa: BLE001  # whatever a stranger's file makes a reader raise
            return Kept(id=own, status=Status.DAMAGED, why=_reason(error), created=created, size=size)
        if status is Status.RUNNING and not self._at_work(path):
            status = Status.STOPPED
        return Kept(
            id=own,
            status=status,
            why=str(stored.get("why", ""))[:1_000],
            run=run,
            epochs=epochs,
            answers=_answers(path / ANSWERS, run) if status is Status.DONE else "",
            unknown=unknown,
            created=created,
            size=size,
            stamp=_stamp(path / WEIGHTS),
        )

    def delete(self, own: str) -> None:
        """Remove a run's folder. Raises `KeepingError` while it is being trained, and where there is no such run."""
        if not self._holds(own):
            raise KeepingError(f"runs: there is no run {own[:60]!r}")
        path = self.folder / own
        with self._locked(path):
            try:
                if _is_link(path):
                    path.unlink()
                else:
                    _remove(path)
            except OSError as error:
                raise KeepingError(f"runs: {own} could not be deleted ({error.strerror or error})") from None
        _lock(path).unlink(missing_ok=True)

    def begin(self, run: RunSpec) -> None:
        """Say that this process works on a run. Raises `KeepingError` where another one does, or disk space is gone.

        A damaged folder of that name is moved aside: somebody may still want what is in it.
        """
        used = _size(self.folder)
        if used > MOST_BYTES:
            raise KeepingError(
                f"runs: {used / 1e9:,.1f} GB are kept and {MOST_BYTES / 1e9:,.0f} GB allowed: delete some runs first."
            )
        path = self.folder / self.id_of(run)
        if _is_link(path):
            raise KeepingError(f"runs: {path.name} is a link, not a folder; remove it first.")
        held = self._locked(path)
        try:
            before = self.find(run)
            if before is not None and before.status is Status.DAMAGED:
                _move_aside(path)
                before, fresh = None, self.folder / self.id_of(run)
                if fresh != path:  # it had another name than the new one gets
                    held.release()
                    path, held = fresh, self._locked(fresh)
            self._state(run, Status.RUNNING, created=before.created if before else time.time())
        except BaseException:
            held.release()
            raise
        _AT_WORK[path] = held

    def end(self, run: RunSpec, status: Status, why: str = "") -> None:
        """Say how it stands, now that nobody works on it."""
        held = _AT_WORK.pop(self.folder / self.id_of(run), None)
        try:
            before = self.find(run)
            self._state(run, status, why, created=before.created if before else time.time())
        finally:
            if held is not None:
                held.release()

    def put_epochs(self, run: RunSpec, epochs: Sequence[Epoch]) -> None:
        self.write(run, EPOCHS, run_files.epochs_to_csv(epochs).encode())

    def put_answers(self, run: RunSpec, right: Sequence[bool]) -> None:
        """Which of the test images the network gets right, in their order."""
        self.write(run, ANSWERS, run_files.answers_to_text(right).encode())

    def write(self, run: RunSpec, name: str, content: bytes) -> None:
        """A file of a run, whole or as it was before. Raises `KeepingError` where the disk will not take it."""
        own = self.id_of(run)
        target = self.folder / own / name
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
                f"runs: {name} of {own} could not be written ({error.strerror or error}); "
                "what was written before is safe."
            ) from None
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)

    def _holds(self, own: str) -> bool:
        """Whether there is a folder, or a link, of that name, right here."""
        try:
            plain = 0 < len(own.encode()) <= _MOST_NAME and own[0] != "." and not {*"/\\\0"} & {*own}
        except UnicodeEncodeError:  # a name that is no text
            return False
        return plain and (_is_folder(self.folder / own) or _is_link(self.folder / own))

    def _folders(self) -> Iterator[Path]:
        try:
            paths = sorted(self.folder.iterdir())
        except OSError:
            return
        yield from (path for path in paths if self._holds(path.name))

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
        if not _is_there(_lock(path)):
            return False
        try:
            with FileLock(_lock(path), timeout=0):
                return False
        except Timeout:
            return True
        except (OSError, NotImplementedError):
            return False

    def _state(self, run: RunSpec, status: Status, why: str = "", *, created: float) -> None:
        stored = {
            "format": FORMAT,
            "state": status,
            "why": why,
            "created": created,
            "process": os.getpid(),
            "run": run.to_json(),
        }
        self.write(run, RUN, json.dumps(stored, indent=1).encode())


def _spec(stored: dict[str, Any]) -> tuple[RunSpec, tuple[str, ...]]:
    """The run of a `run.json`, and the names of fields that a newer version wrote there."""
    run = stored.get("run")
    if not isinstance(run, dict) or not isinstance(run.get("network"), dict):
        raise DamagedError(f"{RUN} holds no run")
    known = {field.name for field in fields(RunSpec)}
    network = {field.name for field in fields(NetworkSpec)}
    unknown = [name for name in run if name not in known]
    unknown += [f"network.{name}" for name in run["network"] if name not in network]
    return RunSpec.from_json({name: value for name, value in run.items() if name in known}), tuple(unknown)


def _digest(path: Path) -> str:
    """What equal trainings share, of the run in a folder; "" where it can't be read."""
    return _digest_at(path, _stamp(path / RUN))


@lru_cache(maxsize=1_024)
def _digest_at(path: Path, stamp: int) -> str:
    try:
        run, unknown = _spec(run_files.read_json(path / RUN))
    except Exception:  # noqa: BLE001  # as in `Runs.read`
        return ""
    return "" if unknown else run.digest


def _answers(path: Path, run: RunSpec) -> str:
    try:
        return run_files.answers_from_text(run_files.read_text(path), DATA[run.data].test)
    except DamagedError:
        return ""  # a run of before they were kept, or a file that only comparisons miss


def _text(path: Path) -> str:
    return run_files.read_text(path)


def _time(value: object) -> float:
    number = float(value) if isinstance(value, int | float) else 0.0
    return number if isfinite(number) and 0 <= number < 1e11 else 0.0


def _move_aside(path: Path) -> None:
    for number in range(1, 1_000):
        aside = path.with_name(f"{path.name}{_ASIDE}{number}")
        if not os.path.lexists(aside):
            with contextlib.suppress(OSError):
                path.rename(aside)
            return


def _is_folder(path: Path) -> bool:
    """Itself, not by a link."""
    try:
        return path.is_dir() and not path.is_symlink()
    except (OSError, ValueError):
        return False


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except (OSError, ValueError):
        return False


def _is_there(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except (OSError, ValueError):
        return False


def _stamp(file: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        return file.lstat().st_mtime_ns
    return 0


def _lock(path: Path) -> Path:
    name = (
        path.name if len(path.name.encode()) <= _LONG_NAME else blake2b(path.name.encode(), digest_size=16).hexdigest()
    )
    return path.with_name(f".{name}.lock")


def _size(path: Path) -> int:
    """Bytes of all files below, however deep; of very many only the first are looked at."""
    total, seen, folders = 0, 0, [os.fspath(path)]
    while folders and seen < _MOST_FILES:
        with contextlib.suppress(OSError, ValueError), os.scandir(folders.pop()) as entries:  # it went meanwhile
            for entry in islice(entries, _MOST_FILES - seen):
                seen += 1
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def _remove(path: Path) -> None:
    """A folder with all that is below, however deep: what lies two folders down is brought up, until nothing does."""
    for level in range(_MOST_FILES):
        inner = _folders_in(path)
        deeper = [folder for outer in inner for folder in _folders_in(outer)]
        for place, folder in enumerate(deeper):
            folder.rename(path / f".{token_hex(4)}-{level}-{place}")
        for folder in inner:
            shutil.rmtree(folder)
        if not deeper:
            break
    shutil.rmtree(path)


def _folders_in(path: Path) -> list[Path]:
    with os.scandir(path) as entries:
        return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]


def _reason(error: Exception) -> str:
    if isinstance(error, DamagedError):
        return str(error)
    return f"{type(error).__name__}: {str(error)[:120]}"
