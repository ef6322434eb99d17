"""Runs on disk: one folder each, in open formats, written such that a finished epoch is never lost.

    runs/<id>/run.json             the run's spec, its status and the process that trains it
    runs/<id>/epochs.csv           one line per epoch
    runs/<id>/weights.safetensors  the network's tensors; until the run is finished, also the state to resume from
    runs/<id>/test_answers.txt     a 1 or a 0 for each test image: right or wrong after the last epoch
    runs/.<id>.lock                held by the process that trains the run; the system releases it when that ends

The id contains a digest of the settings that differ from the defaults: equal trainings share one run, and a field added
by a later version changes no id. Reading never raises and never waits, whatever the folder contains. No torch here.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from filelock import FileLock, Timeout

from ..runtime.messages import Message, message
from ..runtime.server_limits import limits
from . import run_files
from .run_files import ANSWERS, EPOCHS, FORMAT, RUN, WEIGHTS
from .run_folder import folder_size, is_folder, is_link, is_there, lock_of, move_aside, reason, remove, stamp
from .run_index import RunIndex
from .run_spec import Epoch, RunSpec
from .stored_run import RunStoreError, Status, StoredRun, answers_of, identity, owners_of, spec_of, time_of

FOLDER = Path(os.environ.get("SKIPSCOPE_RUNS", Path(__file__).parents[2] / "runs"))
_MOST_NAME = 255  # bytes of an id: the limit of file systems
_DAY = 86_400.0  # seconds
_AT_WORK: dict[Path, FileLock] = {}  # folder -> lock, of the runs that this process trains
_LOOK = 1.0  # seconds to wait for a lock: another process may be checking whether it is held


@dataclass(frozen=True)
class RunStore:
    """The folder that contains all runs."""

    folder: Path = FOLDER

    @property
    def index(self) -> RunIndex:
        """Summaries of the runs, for lists."""
        return RunIndex(self.folder, self.read, self._at_work)

    def all(self) -> tuple[StoredRun, ...]:
        """Return every run whole, newest first; those that can't be read are listed as damaged."""
        found = [self.read(path.name) for path in self._folders()]
        return tuple(sorted(found, key=lambda kept: (-kept.created, kept.id)))

    def id_of(self, run: RunSpec) -> str:
        """Return the id of the stored run that equals `run`, whatever its name; else the id of a new one."""
        own = identity(run)
        return own if is_folder(self.folder / own) else self.index.with_digest(run.digest) or own

    def find(self, run: RunSpec) -> StoredRun | None:
        """Return the stored run that equals `run`, or None."""
        own = self.id_of(run)
        return self.read(own) if is_folder(self.folder / own) else None

    def read(self, own: str) -> StoredRun:
        """Return a run by its id; never raises, whatever the id and the content of the folder."""
        if not self._holds(own):
            return StoredRun(id=own[:200], status=Status.DAMAGED, why=message("there is no such run"))
        path, created = self.folder / own, 0.0
        if is_link(path):
            return StoredRun(id=own, status=Status.DAMAGED, why=message("it is a link, not a folder"))
        bytes_ = folder_size(path)
        try:
            stored = run_files.read_json(path / RUN)
            created = time_of(stored.get("created"))
            run, unknown = spec_of(stored)
            status = Status(stored["state"])
            epochs = (
                run_files.epochs_from_csv(run_files.read_text(path / EPOCHS), run) if is_there(path / EPOCHS) else ()
            )
            if status is Status.DONE or is_there(path / WEIGHTS):
                run_files.check_weights(path / WEIGHTS)
            if status is Status.DONE:
                run_files.check_complete(epochs, run)
        except Exception as error:  # noqa: BLE001  # an untrusted file may make a reader raise anything
            return StoredRun(id=own, status=Status.DAMAGED, why=reason(error), created=created, size=bytes_)
        if status is Status.RUNNING and not self._at_work(path):
            status = Status.STOPPED
        return StoredRun(
            id=own,
            status=status,
            why=Message.from_json(stored["why"]) if stored.get("why") else None,
            run=run,
            epochs=epochs,
            answers=answers_of(path / ANSWERS, run) if status is Status.DONE else "",
            unknown=unknown,
            created=created,
            size=bytes_,
            stamp=stamp(path / WEIGHTS),
            owners=owners_of(stored),
        )

    def delete(self, own: str) -> None:
        """Remove a run's folder. Raises `RunStoreError` while it is being trained, or if there is no such run."""
        if not self._holds(own):
            raise RunStoreError("There is no run {run}.", run=repr(own[:60]))
        path = self.folder / own
        with self._locked(path):
            try:
                if is_link(path):
                    path.unlink()
                else:
                    remove(path)
            except OSError as error:
                raise RunStoreError(
                    "{run} could not be deleted ({reason}).", run=own, reason=error.strerror or str(error)
                ) from None
        lock_of(path).unlink(missing_ok=True)
        self.index.touch(own)

    def clean(self) -> None:
        """Delete the runs that are older than the server keeps them."""
        days = limits().days
        if days is None:
            return
        before = time.time() - days * _DAY
        for own in self.index.made_before(before):
            if 0 < self.read(own).created < before:
                with contextlib.suppress(RunStoreError):  # being trained, or already gone
                    self.delete(own)
        self.index.forget_lost_owners()

    def make_room(self, wanted: int) -> None:
        """Delete runs until so many more fit into the server's limits: the oldest of the owner who has most.

        Only on a server that tells its visitors apart; on others nothing is deleted by itself.
        """
        most = limits()
        while most.runs is not None and wanted <= most.runs:
            number, size = self.index.totals()
            too_large = most.run_bytes is not None and size > most.run_bytes
            if number + wanted <= most.runs and not too_large:
                return
            for own in self.index.first_to_go(by_size=too_large):
                with contextlib.suppress(RunStoreError):
                    self.delete(own)
                    break
            else:
                return

    def disown(self, own: str, owner: str) -> tuple[str, ...]:
        """Take a run out of an owner's list; return who still owns it."""
        left = self.index.disown(own, owner)
        found = self.read(own)
        if found.run is not None and found.status is not Status.RUNNING and owner in found.owners:
            stored = run_files.read_json(self.folder / own / RUN)
            self._put(own, RUN, json.dumps(stored | {"owners": left}, indent=1).encode())
        return left

    def begin(self, run: RunSpec) -> None:
        """Mark a run as trained by this process. Raises `RunStoreError` if another one does, or storage is used up.

        A damaged folder of that name is moved aside rather than removed: its content may still be wanted.
        """
        used, most = self.index.totals()[1], limits().run_bytes
        if most is not None and used > most:
            raise RunStoreError(
                "The stored runs take up {used:,.1f} GB; the limit is {allowed:,.0f} GB. Delete some of them first.",
                used=used / 1e9,
                allowed=most / 1e9,
            )
        path = self.folder / self.id_of(run)
        if is_link(path):
            raise RunStoreError("{run} is a link, not a folder. Remove it first.", run=path.name)
        held = self._locked(path)
        try:
            before = self.find(run)
            if before is not None and before.status is Status.DAMAGED:
                move_aside(path)
                before = None
            self._state(run, Status.RUNNING, created=before.created if before else time.time())
        except BaseException:
            held.release()
            raise
        _AT_WORK[path] = held

    def end(self, run: RunSpec, status: Status, why: Message | None = None) -> None:
        """Store the status of a run that is no longer being trained, and release its lock."""
        held = _AT_WORK.pop(self.folder / self.id_of(run), None)
        try:
            before = self.find(run)
            self._state(run, status, why, created=before.created if before else time.time())
        finally:
            if held is not None:
                held.release()
        self.index.touch(self.id_of(run))

    def put_epochs(self, run: RunSpec, epochs: Sequence[Epoch]) -> None:
        self.write(run, EPOCHS, run_files.epochs_to_csv(epochs).encode())

    def put_answers(self, run: RunSpec, right: Sequence[bool]) -> None:
        """Store which test images the network classifies correctly, in their order."""
        self.write(run, ANSWERS, run_files.answers_to_text(right).encode())

    def write(self, run: RunSpec, name: str, content: bytes) -> None:
        """Write a file of a run atomically. Raises `RunStoreError` if it can't be written; the old file then stays."""
        self._put(self.id_of(run), name, content)

    def _put(self, own: str, name: str, content: bytes) -> None:
        target = self.folder / own / name
        temporary: Path | None = None
        try:
            if not target.parent.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                self.index.changed()
            with NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
                temporary = Path(file.name)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except OSError as error:
            raise RunStoreError(
                "{file} of {run} could not be written ({reason}). What was written before is safe.",
                file=name,
                run=own,
                reason=error.strerror or str(error),
            ) from None
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)

    def _holds(self, own: str) -> bool:
        """Whether the store directly contains a folder or a link of that name."""
        try:
            plain = 0 < len(own.encode()) <= _MOST_NAME and own[0] != "." and not {*"/\\\0"} & {*own}
        except UnicodeEncodeError:  # not valid text
            return False
        return plain and (is_folder(self.folder / own) or is_link(self.folder / own))

    def _folders(self) -> Iterator[Path]:
        try:
            paths = sorted(self.folder.iterdir())
        except OSError:
            return
        yield from (path for path in paths if self._holds(path.name))

    def _locked(self, path: Path) -> FileLock:
        """Acquire the lock of a run's folder. Raises `RunStoreError` if a training holds it, or it can't be created."""
        if path in _AT_WORK:
            raise RunStoreError("{run} is already being trained. Pause it first.", run=path.name)
        # the lock may be released by another thread than the one that acquired it
        held = FileLock(lock_of(path), timeout=_LOOK, thread_local=False)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            held.acquire()
        except Timeout:
            raise RunStoreError(
                "{run} is already being trained, by another process or server. Pause it there.", run=path.name
            ) from None
        except (OSError, NotImplementedError) as error:  # the file system does not support locks
            raise RunStoreError("{run} could not be locked ({reason}).", run=path.name, reason=str(error)) from None
        return held

    def _at_work(self, path: Path) -> bool:
        """Whether a process trains the run in this folder."""
        if path in _AT_WORK:
            return True
        if not is_there(lock_of(path)):
            return False
        try:
            with FileLock(lock_of(path), timeout=0):
                return False
        except Timeout:
            return True
        except (OSError, NotImplementedError):
            return False

    def _state(self, run: RunSpec, status: Status, why: Message | None = None, *, created: float) -> None:
        own = self.id_of(run)
        stored = {
            "format": FORMAT,
            "state": status,
            "why": why.to_json() if why else "",
            "created": created,
            "process": os.getpid(),
            "owners": sorted({*self.index.owners(own), *self.read(own).owners}),
            "run": run.to_json(),
        }
        self.write(run, RUN, json.dumps(stored, indent=1).encode())
