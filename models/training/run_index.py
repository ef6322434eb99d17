"""An index of the stored runs: a database beside them, so that a list of thousands takes milliseconds.

The folders remain the truth: a run that the index lacks is read, a row is read again when the files it came from have
changed, and the database may be deleted at any time. It also says who started a run; every run.json has a copy of that.
No torch here.
"""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ..runtime.errors import SpecError
from ..runtime.messages import Message
from ..specs.external import Network
from .index_file import Found, use
from .run_files import EPOCHS, RUN, WEIGHTS
from .run_folder import is_folder, is_link, stamp
from .run_spec import RunSpec
from .stored_run import Status, StoredRun, Summary

_AT_ONCE = 10  # unread runs that are read while somebody waits; others in a thread
_DAY = 86_400.0
_MENU = 50  # runs of a network that a menu offers
_SETTLED = 2.0  # seconds after which a folder's time of change can be trusted: file systems round it
_RECENT = 0.5  # seconds for which a listing is trusted before that
_NEWEST = """
SELECT id, status, created, size, epochs, stamps, rest FROM runs_1
WHERE (:owner IS NULL OR id IN (SELECT run FROM owners WHERE owner = :owner))
    AND (:first IS NULL OR epochs > 0 AND network IN (:first, :second))
ORDER BY created DESC, id LIMIT :most OFFSET :start
"""
_ONE = "SELECT id, status, created, size, epochs, stamps, rest FROM runs_1 WHERE id = :own"
_TOTALS = """
SELECT COUNT(*), COALESCE(SUM(size), 0) FROM runs_1
WHERE :owner IS NULL OR id IN (SELECT run FROM owners WHERE owner = :owner)
"""
# Runs that can make way: first those that nobody owns, then those whose owners all have most. A run of several counts
# as that of the owner who has least, so that nobody endangers it by starting it too.
_FIRST_TO_GO = """
SELECT runs_1.id FROM runs_1 LEFT JOIN owners ON owners.run = runs_1.id
    LEFT JOIN (
        SELECT owner, CASE WHEN :bytes THEN SUM(size) ELSE COUNT(*) END AS much
        FROM owners JOIN runs_1 ON runs_1.id = owners.run GROUP BY owner
    ) AS each ON each.owner = owners.owner
GROUP BY runs_1.id ORDER BY COALESCE(MIN(each.much), 1e18) DESC, runs_1.created LIMIT 20
"""
_lock = threading.RLock()


class RunIndex:
    """Summaries of the runs in a folder. `read` returns a run by its id, `running` whether a process trains it."""

    def __init__(self, folder: Path, read: Callable[[str], StoredRun], running: Callable[[Path], bool]) -> None:
        self.folder = folder
        self._read = read
        self._running = running

    def newest(self, *, owner: str | None = None, start: int = 0, most: int = -1) -> tuple[Summary, ...]:
        """Return `most` runs, newest first, from the one with the number `start`; of one owner or of all."""
        return self._found(_NEWEST, owner=owner, start=start, most=most, first=None, second=None)

    def of_pair(self, one: Network, other: Network, *, owner: str | None = None) -> tuple[Summary, ...]:
        """Return the newest runs of two networks with at least one finished epoch."""
        keys = {"first": network_key(one), "second": network_key(other)}
        return self._found(_NEWEST, owner=owner, start=0, most=_MENU, **keys)

    def one(self, own: str) -> Summary | None:
        """Return a run by its id, or None."""
        return next(iter(self._found(_ONE, own=own)), None)

    def totals(self, owner: str | None = None) -> tuple[int, int]:
        """Return the number of runs and their bytes, of one owner or of all."""

        def count(database: sqlite3.Connection) -> tuple[int, int]:
            self._refresh(database)
            number, size = database.execute(_TOTALS, {"owner": owner}).fetchone()
            return number, size

        return self._use(count, (0, 0))

    def made_before(self, moment: float) -> tuple[str, ...]:
        """Return the ids of the runs that began before a moment, in seconds since 1970, as far as that is known."""

        def look(database: sqlite3.Connection) -> tuple[str, ...]:
            self._refresh(database)
            rows = database.execute("SELECT id FROM runs_1 WHERE 0 < created AND created < ?", (moment,)).fetchall()
            return tuple(str(row[0]) for row in rows)

        return self._use(look, ())

    def first_to_go(self, *, by_size: bool) -> tuple[str, ...]:
        """Return runs that can make way for others: the oldest of the owner who has most runs, or most bytes."""

        def look(database: sqlite3.Connection) -> tuple[str, ...]:
            return tuple(str(row[0]) for row in database.execute(_FIRST_TO_GO, {"bytes": by_size}))

        return self._use(look, ())

    def unread(self) -> int:
        """Return how many runs are still being read; 0 when the lists are complete."""
        return self._use(lambda database: len(self._refresh(database)), 0)

    def with_digest(self, digest: str) -> str | None:
        """Return the id of the run with this `RunSpec.digest`, or None."""

        def look(database: sqlite3.Connection) -> str | None:
            self._refresh(database)
            rows = database.execute("SELECT id, stamps FROM runs_1 WHERE digest = ? ORDER BY id", (digest,)).fetchall()
            for own, stamps in rows:
                if stamps == self._stamps(own) or self._store(database, own).run is not None:
                    return str(own)
            return None

        return self._use(look, None)

    def owners(self, own: str) -> tuple[str, ...]:
        """Return who started or resumed a run; none on an open server."""
        asked = "SELECT owner FROM owners WHERE run = ? ORDER BY owner"
        return self._use(lambda database: tuple(row[0] for row in database.execute(asked, (own,))), ())

    def own(self, own: str, owner: str) -> None:
        """Note that somebody starts or resumes a run, which may not exist yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        row = own, owner, time.time()
        self._do("INSERT OR IGNORE INTO owners VALUES (?, ?, ?)", row)

    def disown(self, own: str, owner: str) -> tuple[str, ...]:
        """Note that somebody wants a run no more; return who still does."""
        self._do("DELETE FROM owners WHERE run = ? AND owner = ?", (own, owner))
        return self.owners(own)

    def forget_lost_owners(self) -> None:
        """Forget who started runs that were never begun, or are gone, since a day."""
        lost = "DELETE FROM owners WHERE since < ? AND run NOT IN (SELECT id FROM runs_1)"
        self._do(lost, (time.time() - _DAY,))

    def changed(self) -> None:
        """Look at the names in the folder again, whatever its time of change says."""
        self._do("DELETE FROM listing", ())

    def touch(self, own: str) -> None:
        """Read a run again, or forget it if it is gone."""

        def read(database: sqlite3.Connection) -> None:
            if is_folder(self.folder / own):
                self._store(database, own)
            else:
                self._forget(database, [own])

        self._use(read, None)

    def _do(self, change: str, values: Sequence[object]) -> None:
        def made(database: sqlite3.Connection) -> None:
            database.execute(change, values)

        self._use(made, None)

    def _use(self, work: Callable[[sqlite3.Connection], Found], otherwise: Found) -> Found:
        """Return what `work` returns with the database open; `otherwise` if there is no folder of runs."""
        if not self.folder.is_dir():
            return otherwise
        with _lock:
            return use(self.folder, work)

    def _found(self, asked: str, **values: str | int | None) -> tuple[Summary, ...]:
        def look(database: sqlite3.Connection) -> tuple[Summary, ...]:
            self._refresh(database)
            rows = database.execute(asked, values).fetchall()
            return tuple(self._checked(database, row) for row in rows)

        return self._use(look, ())

    def _checked(self, database: sqlite3.Connection, row: Sequence[object]) -> Summary:
        """The run of a row, read again if its files have changed."""
        own, status, created, size, epochs, stamps, rest = row
        if stamps != self._stamps(str(own)):
            return self._store(database, str(own))
        ended = status == Status.RUNNING and not self._running(self.folder / str(own))
        found = Status.STOPPED if ended else Status(str(status))
        try:
            return _summary(str(own), found, float(str(created)), int(str(size)), int(str(epochs)), str(rest))
        except SpecError:  # of a data set or a module that is not registered now
            return self._store(database, str(own))

    def _store(self, database: sqlite3.Connection, own: str) -> Summary:
        """Read a run and write its row."""
        stamps, found = self._stamps(own), self._read(own)
        run = found.run
        if run is None:  # it may have been a passing trouble of the disk: it is read again when it is listed
            stamps = ""
        rest = json.dumps(
            {
                "why": found.why.to_json() if found.why else None,
                "run": run.to_json() if run else None,
                "unknown": found.unknown,
                "stamp": found.stamp,
                "accuracy": found.epochs[-1].test_accuracy if found.epochs else None,
            }
        )
        # a process that died leaves its run as running, which is told when it is listed
        status = Status.RUNNING if found.status is Status.STOPPED else found.status
        known = run is not None and not found.unknown
        database.execute(
            "INSERT OR REPLACE INTO runs_1 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                own, run.digest if run and known else "", network_key(run.network) if run and known else "",
                status, found.created, found.size, len(found.epochs), stamps, rest,
            ),
        )  # fmt: skip
        rows = [(own, owner, found.created) for owner in found.owners]
        database.executemany("INSERT OR IGNORE INTO owners VALUES (?, ?, ?)", rows)
        return _summary(own, found.status, found.created, found.size, len(found.epochs), rest)

    def _refresh(self, database: sqlite3.Connection) -> list[str]:
        """Bring the rows up to date with the names in the folder; return the runs that are still to be read."""
        changed, now = stamp(self.folder), time.time()
        before, when = database.execute("SELECT changed, looked FROM listing").fetchone() or (0, 0.0)
        settled = when - changed / 1e9 > _SETTLED or now - when < _RECENT
        if changed == before and settled:
            return []
        try:
            names = {name for name in os.listdir(self.folder) if name[0] != "."}  # noqa: PTH208  # 20,000 names
        except OSError:
            names = set()
        known = {str(row[0]) for row in database.execute("SELECT id FROM runs_1")}
        self._forget(database, known - names)
        new = sorted(name for name in names - known if _is_run(self.folder / name))
        for own in new[:_AT_ONCE]:
            self._store(database, own)
        left = new[_AT_ONCE:]
        if left:
            self._read_later(left)
        else:
            database.execute("INSERT OR REPLACE INTO listing VALUES (0, ?, ?)", (changed, now))
        return left

    def _read_later(self, names: Sequence[str]) -> None:
        """Read runs in a thread, unless one is doing so."""
        title = f"skipscope index {self.folder}"
        if any(thread.name == title for thread in threading.enumerate()):
            return

        def read() -> None:
            for own in names:
                self.touch(own)

        threading.Thread(target=read, name=title, daemon=True).start()

    def _forget(self, database: sqlite3.Connection, names: Iterable[str]) -> None:
        rows = [(own,) for own in names]
        if rows:
            database.executemany("DELETE FROM runs_1 WHERE id = ?", rows)
            database.executemany("DELETE FROM owners WHERE run = ?", rows)

    def _stamps(self, own: str) -> str:
        """The times of the files that a row comes from."""
        return " ".join(str(stamp(self.folder / own / name)) for name in (RUN, EPOCHS, WEIGHTS))


def network_key(network: Network) -> str:
    """Return 16 hexadecimal digits that equal networks share."""
    text = json.dumps(network.essential.to_query(), sort_keys=True)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _is_run(path: Path) -> bool:
    try:
        path.name.encode()
    except UnicodeEncodeError:
        return False
    return is_folder(path) or is_link(path)


def _summary(own: str, status: Status, created: float, size: int, epochs: int, rest: str) -> Summary:
    stored, run = _rest(rest)
    return Summary(
        id=own,
        status=status,
        why=Message.from_json(stored["why"]) if stored["why"] else None,
        run=run,
        epochs=epochs,
        accuracy=stored["accuracy"],
        unknown=tuple(stored["unknown"]),
        created=created,
        size=size,
        stamp=stored["stamp"],
    )


@lru_cache(maxsize=512)
def _rest(text: str) -> tuple[dict[str, Any], RunSpec | None]:
    stored = json.loads(text)
    return stored, RunSpec.from_json(stored["run"]) if stored["run"] else None
