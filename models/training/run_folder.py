"""Safe inspection, renaming and removal of a run's folder, whose content is untrusted."""

import contextlib
import os
import shutil
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from secrets import token_hex

from ..runtime.messages import Message, UserError

ASIDE = ".damaged-"  # marks the names of folders that were moved aside
LONG_NAME = 240  # bytes: longer names are hashed for the lock, whose name is longer still
MOST_FILES = 20_000  # counted at most for the size of a folder


def move_aside(path: Path) -> None:
    """Rename a folder to the first free ".damaged-" name; does nothing if that fails."""
    for number in range(1, 1_000):
        aside = path.with_name(f"{path.name}{ASIDE}{number}")
        if not os.path.lexists(aside):
            with contextlib.suppress(OSError):
                path.rename(aside)
            return


def is_folder(path: Path) -> bool:
    """Whether the path is a folder and not a link to one."""
    try:
        return path.is_dir() and not path.is_symlink()
    except (OSError, ValueError):
        return False


def is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except (OSError, ValueError):
        return False


def is_there(path: Path) -> bool:
    """Whether anything has this path, even a broken link."""
    try:
        return os.path.lexists(path)
    except (OSError, ValueError):
        return False


def stamp(file: Path) -> int:
    """Return the time of the last modification in nanoseconds; 0 if it is unknown."""
    with contextlib.suppress(OSError, ValueError):
        return file.lstat().st_mtime_ns
    return 0


def lock_of(path: Path) -> Path:
    """Return the path of the lock file of a run's folder."""
    name = (
        path.name if len(path.name.encode()) <= LONG_NAME else blake2b(path.name.encode(), digest_size=16).hexdigest()
    )
    return path.with_name(f".{name}.lock")


def folder_size(path: Path) -> int:
    """Return the bytes of all files below, at any depth; stops after `MOST_FILES` entries."""
    total, seen, folders = 0, 0, [os.fspath(path)]
    while folders and seen < MOST_FILES:
        with contextlib.suppress(OSError, ValueError), os.scandir(folders.pop()) as entries:  # may be gone by now
            for entry in islice(entries, MOST_FILES - seen):
                seen += 1
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def remove(path: Path) -> None:
    """Remove a folder tree of any depth: folders two levels down are moved up until there are none left."""
    for level in range(MOST_FILES):
        inner = folders_in(path)
        deeper = [folder for outer in inner for folder in folders_in(outer)]
        for place, folder in enumerate(deeper):
            folder.rename(path / f".{token_hex(4)}-{level}-{place}")
        for folder in inner:
            shutil.rmtree(folder)
        if not deeper:
            break
    shutil.rmtree(path)


def folders_in(path: Path) -> list[Path]:
    with os.scandir(path) as entries:
        return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]


def reason(error: Exception) -> Message:
    return error.message if isinstance(error, UserError) else Message.of(f"{type(error).__name__}: {str(error)[:120]}")
