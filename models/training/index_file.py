"""The database file of `run_index`: opened for one transaction, made anew if it is damaged."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

FOLDER = ".index"  # beside the runs: writing to it does not change the time of their folder
_TABLES = """
CREATE TABLE IF NOT EXISTS runs_1 (id TEXT PRIMARY KEY, digest TEXT, network TEXT, status TEXT, created REAL,
    size INTEGER, epochs INTEGER, stamps TEXT, rest TEXT);
CREATE INDEX IF NOT EXISTS by_time ON runs_1 (created DESC, id);
CREATE INDEX IF NOT EXISTS by_digest ON runs_1 (digest);
CREATE INDEX IF NOT EXISTS by_network ON runs_1 (network);
CREATE TABLE IF NOT EXISTS listing (one INTEGER PRIMARY KEY, changed INTEGER, looked REAL);
CREATE TABLE IF NOT EXISTS owners (run TEXT, owner TEXT, PRIMARY KEY (owner, run));
"""
_memory: dict[Path, sqlite3.Connection] = {}  # where no file can be written, as on a read-only disk


@contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """Open a folder's database, made anew if it is damaged; in memory where none can be written."""
    try:
        database = _connected(folder / FOLDER / "runs.sqlite")
    except (OSError, sqlite3.Error):  # a read-only disk, or one without locks
        if folder not in _memory:
            _memory[folder] = sqlite3.connect(":memory:", check_same_thread=False)
            _memory[folder].executescript(_TABLES)
        yield _memory[folder]
        return
    with closing(database):
        yield database


def _connected(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(exist_ok=True)
    if not os.access(file.parent, os.W_OK):
        raise PermissionError(file)
    database = sqlite3.connect(file, timeout=5.0)
    try:
        database.execute("PRAGMA synchronous = OFF")  # the runs' own files hold all that is in it
        database.executescript(_TABLES)
    except sqlite3.OperationalError:
        database.close()
        raise
    except sqlite3.DatabaseError:  # not a database, or a damaged one
        database.close()
        file.unlink()
        database = sqlite3.connect(file, timeout=5.0)
        database.executescript(_TABLES)
    return database
