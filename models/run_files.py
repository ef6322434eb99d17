"""The files of a stored training, read as a stranger's: regular files only, of bounded size, never waited for.

Every function raises `DamagedError` with the reason for what can't be read. No torch here.
"""

import csv
import io
import json
import os
import stat
from collections.abc import Sequence
from dataclasses import fields
from itertools import islice, pairwise
from math import isfinite
from pathlib import Path
from typing import Any

from models.recipe import Epoch, RunSpec

RUN, EPOCHS, WEIGHTS, ANSWERS = "run.json", "epochs.csv", "weights.safetensors", "test_answers.txt"
FORMAT = 2  # of run.json; 1 had no number
MOST_BYTES = {RUN: 1 << 20, EPOCHS: 1 << 26, ANSWERS: 1 << 20}
_MOST_HEADER = 1 << 22  # bytes that say what a weights file holds
_MOST_COLUMNS = 20_000
_GRADIENT = "gradient_norm."
_PLAIN = tuple(field for field in fields(Epoch) if field.name != "gradients")
_WHOLE = frozenset({"number", "steps", "memory"})


class DamagedError(ValueError):
    """A file that is not what a training writes."""


def read(path: Path) -> bytes:
    """The content of one of a run's files. A pipe, a device, a link or a file beyond its bound is refused."""
    most = MOST_BYTES[path.name]
    _check_regular(path)
    # of what takes the name meanwhile neither a pipe is waited for nor a link followed
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DamagedError(f"{path.name} is not a regular file")
            content = file.read(most + 1)
    except OSError as error:
        raise DamagedError(f"{path.name} can't be read ({error.strerror or error})") from None
    if len(content) > most:
        raise DamagedError(f"{path.name} is larger than {most:,} bytes")
    return content


def read_text(path: Path) -> str:
    try:
        return read(path).decode()
    except UnicodeDecodeError:
        raise DamagedError(f"{path.name} is not UTF-8 text") from None


def read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path))
    except RecursionError:
        raise DamagedError(f"{path.name} is nested too deeply") from None
    except DamagedError:
        raise
    except ValueError as error:
        raise DamagedError(f"{path.name} is not JSON ({str(error)[:80]})") from None
    if not isinstance(found, dict):
        raise DamagedError(f"{path.name} is not a JSON object")
    return found


def check_weights(path: Path) -> None:
    """Raise where a file is not a whole safetensors file."""
    from safetensors import SafetensorError, safe_open  # networks are measured without it too  # noqa: PLC0415

    _check_regular(path)
    try:
        with path.open("rb") as file:
            if int.from_bytes(file.read(8), "little") > _MOST_HEADER:
                raise SafetensorError("its header is too long")  # noqa: TRY301
        with safe_open(path, "np"):
            pass
    except (SafetensorError, OSError, ValueError) as error:
        raise DamagedError(f"{path.name} is not a whole safetensors file ({str(error)[:80]})") from None


def epochs_to_csv(epochs: Sequence[Epoch]) -> str:
    """Python's own `repr` of a number is read back as the same number."""
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


def epochs_from_csv(text: str, run: RunSpec) -> tuple[Epoch, ...]:
    """The epochs of a run. Columns of a newer format are passed over."""
    try:
        reader = csv.reader(io.StringIO(text))
        header = next(reader, [])
        rows = list(islice(reader, run.all_epochs + 1))
    except (csv.Error, ValueError):
        raise DamagedError(f"{EPOCHS} is not a table of epochs") from None
    if len(header) > _MOST_COLUMNS:
        raise DamagedError(f"{EPOCHS} has {len(header):,} columns")
    missing = [field.name for field in _PLAIN if field.name not in header]
    if missing:
        raise DamagedError(f"{EPOCHS} has no column {missing[0]}")
    if any(len(row) != len(header) for row in rows):
        raise DamagedError(f"{EPOCHS} has a line that is cut off")
    found = tuple(_epoch(dict(zip(header, row, strict=False)), place, run) for place, row in enumerate(rows, start=1))
    if len(found) > run.all_epochs:
        raise DamagedError(f"{EPOCHS} holds more than {run.all_epochs:,} epochs")
    if any(epoch.steps <= before.steps for before, epoch in pairwise(found)):
        raise DamagedError(f"{EPOCHS}: the steps of its epochs do not rise")
    return found


def check_complete(epochs: Sequence[Epoch], run: RunSpec) -> None:
    """Raise where epochs are missing."""
    if len(epochs) != run.all_epochs:
        raise DamagedError(f"it says that it is done, and holds {len(epochs):,} of {run.all_epochs:,} epochs")


def _epoch(row: dict[str, str], place: int, run: RunSpec) -> Epoch:
    try:
        values: dict[str, Any] = {name: _number(name, row[name]) for name in (field.name for field in _PLAIN)}
        gradients = tuple(
            (name.removeprefix(_GRADIENT), float(value)) for name, value in row.items() if name.startswith(_GRADIENT)
        )
    except (KeyError, ValueError):
        raise DamagedError(f"{EPOCHS}: line {place} holds something else than numbers") from None
    epoch = Epoch(**values, gradients=gradients)
    possible = (
        epoch.number == place
        and 0 < epoch.steps <= run.all_steps
        and 0 <= epoch.train_accuracy <= 1
        and 0 <= epoch.test_accuracy <= 1
        and isfinite(epoch.train_loss)
        and epoch.learning_rate >= 0
        and epoch.images_per_second >= 0
        and epoch.seconds >= 0
    )
    if not possible:
        raise DamagedError(f"{EPOCHS}: line {place} can't be the epoch number {place} of this run")
    return epoch


def _number(name: str, text: str) -> float | None:
    if name == "memory" and text == "":
        return None
    return int(text) if name in _WHOLE else float(text)


def answers_to_text(right: Sequence[bool]) -> str:
    """A sign for each test image: 1 where the network was right after its last epoch."""
    return "".join("1" if one else "0" for one in right)


def answers_from_text(text: str, images: int) -> str:
    if len(text) != images or not set(text) <= {"0", "1"}:
        raise DamagedError(f"{ANSWERS} does not hold {images:,} signs of 0 and 1")
    return text


def _check_regular(path: Path) -> None:
    """Before it is opened: opening a pipe waits for somebody who writes."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        raise DamagedError(f"{path.name} is missing") from None
    except (OSError, ValueError) as error:
        raise DamagedError(f"{path.name} can't be read ({error})") from None
    if not stat.S_ISREG(mode):
        raise DamagedError(f"{path.name} is not a regular file")
