"""The database of `run_index`: a file, opened for one transaction."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

FOLDER = ".index"  # beside the runs: writing to it does not change the time of their folder
_TABLES = """
CREATE TABLE IF NOT EXISTS runs_1 (id TEXT PRIMARY KEY, digest TEXT, network TEXT, status TEXT, created REAL,
    size INTEGER, epochs INTEGER, stamps TEXT, rest TEXT);
CREATE INDEX IF NOT EXISTS by_time ON runs_1 (created DESC, id);
CREATE INDEX IF NOT EXISTS by_digest ON runs_1 (digest);
CREATE INDEX IF NOT EXISTS by_network ON runs_1 (network);
CREATE TABLE IF NOT EXISTS listing (one INTEGER PRIMARY KEY, changed INTEGER, looked REAL);
CREATE TABLE IF NOT EXISTS owners (run TEXT, owner TEXT, since REAL, PRIMARY KEY (run, owner));
CREATE INDEX IF NOT EXISTS by_owner ON owners (owner, run);
"""
_PATIENCE = 10.0  # seconds to wait for another server's transaction
Found = TypeVar("Found")
_memory: dict[Path, sqlite3.Connection] = {}  # where no file can be written, as on a read-only disk


def use(folder: Path, work: Callable[[sqlite3.Connection], Found]) -> Found:
    """Let `work` use a folder's database in one transaction, and return what it returns.

    A damaged file is made anew. Where none can be written, as on a full disk, the database is one in memory.
    """
    file = folder / FOLDER / "runs.sqlite"
    for attempt in range(2):
        try:
            with closing(_connected(file)) as database, database:
                return work(database)
        except (OSError, sqlite3.OperationalError):
            break
        except sqlite3.DatabaseError:  # no database, or a damaged one
            if attempt == 0:
                file.unlink(missing_ok=True)
    if folder not in _memory:
        _memory[folder] = sqlite3.connect(":memory:", check_same_thread=False)
        _memory[folder].executescript(_TABLES)
    with _memory[folder] as database:
        return work(database)


def _connected(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(exist_ok=True)
    if not os.access(file.parent, os.W_OK):
        raise PermissionError(file)
    database = sqlite3.connect(file, timeout=_PATIENCE)
    try:
        database.execute("PRAGMA synchronous = OFF")  # the runs' own files hold all that is in it
        database.executescript(_TABLES)
    except sqlite3.Error:
        database.close()
        raise
    return database
