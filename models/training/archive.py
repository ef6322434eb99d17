"""A stored run as one zip file, and back on another machine. Archives are read as untrusted input. No torch here."""

import contextlib
import io
import json
import shutil
import struct
import zipfile
import zlib
from lzma import LZMAError
from pathlib import Path
from tempfile import mkdtemp

from ..runtime.messages import UserError, message
from . import run_files
from .run_files import ANSWERS, EPOCHS, RUN, WEIGHTS, DamagedError
from .run_folder import is_folder, is_there
from .run_store import RunStore
from .stored_run import RunStoreError, StoredRun, identity

_FILES = (RUN, EPOCHS, WEIGHTS, ANSWERS)
_MOST_WEIGHTS = 4 * 10**9  # bytes
_MOST_EPOCHS, _MOST_EPOCH = 40, 20_000_000  # files with the weights after an epoch, and bytes of each
_HERE_ONLY = ("owners", "process")  # entries of run.json that mean nothing elsewhere


class ArchiveError(UserError):
    """Raised for a file that is not the archive of a run, or of one that is here already."""


def pack(runs: RunStore, own: str) -> bytes:
    """Return a run as a zip file with the files of its folder. Raises `RunStoreError` if there is no such run."""
    found = runs.read(own)
    if found.run is None:
        raise RunStoreError("There is no run {run}.", run=repr(own[:60]))
    made, folder = io.BytesIO(), runs.folder / own
    stored = {name: value for name, value in run_files.read_json(folder / RUN).items() if name not in _HERE_ONLY}
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr(f"{own}/{RUN}", json.dumps(stored, indent=1))
        if is_there(folder / WEIGHTS):  # a regular file: `runs.read` has looked
            file.write(folder / WEIGHTS, f"{own}/{WEIGHTS}")
        for path in sorted(folder.iterdir()):
            if run_files.is_epoch_file(path.name) and path.is_file() and not path.is_symlink():
                file.write(path, f"{own}/{path.name}")
        for name in (EPOCHS, ANSWERS):
            with contextlib.suppress(DamagedError):  # not there yet
                file.writestr(f"{own}/{name}", run_files.read(folder / name))
    return made.getvalue()


def unpack(runs: RunStore, data: bytes) -> StoredRun:
    """Store the run in a zip file that `pack` made, and return it. Nothing that is stored is overwritten.

    Raises `ArchiveError` if the file is not such an archive, if the run in it is damaged or of a newer version, or if
    the run is here already.
    """
    runs.folder.mkdir(parents=True, exist_ok=True)
    waiting = Path(mkdtemp(dir=runs.folder, prefix=".archive-"))
    try:
        place = waiting / "run"
        place.mkdir()
        _extract(data, place)
        found = RunStore(waiting).read("run")
        if found.run is None:
            raise ArchiveError("This run can't be used: {why}.", why=found.why or message("it is damaged"))
        if found.unknown:
            raise ArchiveError(
                "This run is of a newer version, with fields that are unknown here: {fields}.",
                fields=", ".join(found.unknown[:5]),
            )
        own = runs.id_of(found.run)
        if is_folder(runs.folder / own):
            raise ArchiveError("{run} is here already.", run=own)
        place.rename(runs.folder / identity(found.run))
    except OSError as error:
        raise ArchiveError("The run could not be stored ({reason}).", reason=error.strerror or str(error)) from None
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    runs.index.changed()
    return runs.read(own)


def _extract(data: bytes, place: Path) -> None:
    """Write the files of a run in an archive to a folder; names of folders in the archive are ignored."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            inside = {Path(entry.filename).name: entry for entry in file.infolist() if not entry.is_dir()}
            of_epochs = [name for name in inside if run_files.is_epoch_file(name)]
            if RUN not in inside or not set(inside) <= {*_FILES, *of_epochs} or len(of_epochs) > _MOST_EPOCHS:
                raise ArchiveError(
                    "This file is not the archive of a run: it must hold {files}.", files=", ".join(_FILES)
                )
            for name, entry in inside.items():
                most = _MOST_EPOCH if name in of_epochs else run_files.MOST_BYTES.get(name, _MOST_WEIGHTS)
                if entry.file_size > most:
                    raise ArchiveError("{file} is larger than {most:,} bytes.", file=name, most=most)
                with file.open(entry) as source, (place / name).open("wb") as target:
                    shutil.copyfileobj(source, target)  # no more than the size that was checked
    except (
        zipfile.BadZipFile,
        zlib.error,
        LZMAError,
        struct.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
    ) as error:
        raise ArchiveError(
            "This file is not a zip file that can be read ({kind}).", kind=type(error).__name__
        ) from None
