"""Files of a stored run, read as untrusted input: only regular files of bounded size, without ever waiting.

Every function raises `DamagedError` with the reason if a file can't be read. No torch here.
"""

import csv
import io
import json
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import fields
from itertools import islice, pairwise
from math import isfinite
from pathlib import Path
from typing import Any

from ..runtime.messages import UserError
from .run_spec import Epoch, RunSpec

RUN, EPOCHS, WEIGHTS, ANSWERS = "run.json", "epochs.csv", "weights.safetensors", "test_answers.txt"
_EPOCH = re.compile(r"epoch-\d{4,}\.safetensors")  # weights after an epoch
FORMAT = 2  # of run.json; format 1 did not state it
MOST_BYTES = {RUN: 1 << 20, EPOCHS: 1 << 26, ANSWERS: 1 << 20}
_MOST_HEADER = 1 << 22  # bytes of a weights file's header
_MOST_COLUMNS = 20_000
_OF_LAYERS = {"gradients": "gradient_norm.", "updates": "update."}  # field -> start of its columns, one per layer
_PLAIN = tuple(field for field in fields(Epoch) if field.name not in _OF_LAYERS)
_WHOLE = frozenset({"number", "steps", "memory"})


class DamagedError(UserError):
    """Raised for a file that is not as a training writes it."""


def epoch_file(epoch: int) -> str:
    """Return the name of the file with the weights after an epoch."""
    return f"epoch-{epoch:04}.safetensors"


def is_epoch_file(name: str) -> bool:
    return _EPOCH.fullmatch(name) is not None


def read(path: Path) -> bytes:
    """Return the content of one of a run's files. Rejects pipes, devices, links and files over their size limit."""
    most = MOST_BYTES[path.name]
    _check_regular(path)
    # the file may have been replaced since the check: never wait for a pipe or follow a link
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DamagedError("{file} is not a regular file", file=path.name)
            content = file.read(most + 1)
    except OSError as error:
        raise DamagedError(
            "{file} can't be read ({reason})", file=path.name, reason=error.strerror or str(error)
        ) from None
    if len(content) > most:
        raise DamagedError("{file} is larger than {most:,} bytes", file=path.name, most=most)
    return content


def read_text(path: Path) -> str:
    try:
        return read(path).decode()
    except UnicodeDecodeError:
        raise DamagedError("{file} is not UTF-8 text", file=path.name) from None


def read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path))
    except RecursionError:
        raise DamagedError("{file} is nested too deeply", file=path.name) from None
    except DamagedError:
        raise
    except ValueError as error:
        raise DamagedError("{file} is not JSON ({reason})", file=path.name, reason=str(error)[:80]) from None
    if not isinstance(found, dict):
        raise DamagedError("{file} is not a JSON object", file=path.name)
    return found


def check_weights(path: Path) -> None:
    """Raise `DamagedError` unless the file is a complete safetensors file."""
    from safetensors import SafetensorError, safe_open  # not needed to measure networks  # noqa: PLC0415

    _check_regular(path)
    try:
        with path.open("rb") as file:
            if int.from_bytes(file.read(8), "little") > _MOST_HEADER:
                raise SafetensorError("its header is too long")  # noqa: TRY301
        with safe_open(path, "np"):
            pass
    except (SafetensorError, OSError, ValueError) as error:
        raise DamagedError(
            "{file} is not a complete safetensors file ({reason})", file=path.name, reason=str(error)[:80]
        ) from None


def epochs_to_csv(epochs: Sequence[Epoch]) -> str:
    """Return the epochs as CSV; numbers are written by `repr`, which is read back as the same number."""
    layers = (
        [start + path for name, start in _OF_LAYERS.items() for path, _ in getattr(epochs[0], name)] if epochs else []
    )
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([*(field.name for field in _PLAIN), *layers])
    for epoch in epochs:
        values = [getattr(epoch, field.name) for field in _PLAIN]
        found = dict(column for name in _OF_LAYERS for column in _columns(epoch, name))
        writer.writerow(
            ["" if value is None else repr(value) for value in values] + [found.get(one, "nan") for one in layers]
        )
    return written.getvalue()


def _columns(epoch: Epoch, name: str) -> list[tuple[str, str]]:
    return [(_OF_LAYERS[name] + path, repr(value)) for path, value in getattr(epoch, name)]


def epochs_from_csv(text: str, run: RunSpec) -> tuple[Epoch, ...]:
    """Return the epochs of a run. Unknown columns, as of a newer format, are ignored."""
    try:
        reader = csv.reader(io.StringIO(text))
        header = next(reader, [])
        rows = list(islice(reader, run.all_epochs + 1))
    except (csv.Error, ValueError):
        raise DamagedError("{file} is not a table of epochs", file=EPOCHS) from None
    if len(header) > _MOST_COLUMNS:
        raise DamagedError("{file} has {n:,} columns", file=EPOCHS, n=len(header))
    missing = [field.name for field in _PLAIN if field.name not in header]
    if missing:
        raise DamagedError("{file} has no column {column}", file=EPOCHS, column=missing[0])
    if any(len(row) != len(header) for row in rows):
        raise DamagedError("{file} has an incomplete line", file=EPOCHS)
    found = tuple(_epoch(dict(zip(header, row, strict=False)), place, run) for place, row in enumerate(rows, start=1))
    if len(found) > run.all_epochs:
        raise DamagedError("{file} has more than {epochs:,} epochs", file=EPOCHS, epochs=run.all_epochs)
    if any(epoch.steps <= before.steps for before, epoch in pairwise(found)):
        raise DamagedError("the steps in {file} do not increase", file=EPOCHS)
    return found


def check_complete(epochs: Sequence[Epoch], run: RunSpec) -> None:
    """Raise `DamagedError` if epochs are missing."""
    if len(epochs) != run.all_epochs:
        raise DamagedError(
            "it is marked as done but has only {n:,} of {epochs:,} epochs", n=len(epochs), epochs=run.all_epochs
        )


def _epoch(row: dict[str, str], place: int, run: RunSpec) -> Epoch:
    try:
        values: dict[str, Any] = {name: _number(name, row[name]) for name in (field.name for field in _PLAIN)}
        of_layers: dict[str, Any] = {
            field: tuple(
                (name.removeprefix(start), float(value)) for name, value in row.items() if name.startswith(start)
            )
            for field, start in _OF_LAYERS.items()
        }
    except (KeyError, ValueError):
        raise DamagedError("line {n} of {file} has values that are not numbers", file=EPOCHS, n=place) from None
    epoch = Epoch(**values, **of_layers)
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
        raise DamagedError("line {n} of {file} is not a valid record of epoch {n} of this run", file=EPOCHS, n=place)
    return epoch


def _number(name: str, text: str) -> float | None:
    if name == "memory" and text == "":
        return None
    return int(text) if name in _WHOLE else float(text)


def answers_to_text(right: Sequence[bool]) -> str:
    """Return a character per test image: 1 if the network is right after its last epoch, else 0."""
    return "".join("1" if one else "0" for one in right)


def answers_from_text(text: str, images: int) -> str:
    if len(text) != images or not set(text) <= {"0", "1"}:
        raise DamagedError("{file} does not consist of {n:,} characters 0 or 1", file=ANSWERS, n=images)
    return text


def _check_regular(path: Path) -> None:
    """Check the file before it is opened, because opening a pipe would wait for a writer."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        raise DamagedError("{file} is missing", file=path.name) from None
    except (OSError, ValueError) as error:
        raise DamagedError("{file} can't be read ({reason})", file=path.name, reason=str(error)) from None
    if not stat.S_ISREG(mode):
        raise DamagedError("{file} is not a regular file", file=path.name)
