"""A run as stored on disk, read as untrusted input. No torch here."""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import Any

from ..runtime.messages import Message, UserError
from ..specs.depth import depth
from ..specs.external import ExternalSpec
from ..specs.naming import kind
from ..specs.spec import NetworkSpec
from . import run_files
from .data_registry import DATA
from .run_files import RUN, DamagedError
from .run_spec import Epoch, RunSpec

_MOST_OWNERS = 1_000


class Status(StrEnum):
    """State of a stored run."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"  # its process ended without storing another status
    DONE = "done"
    FAILED = "failed"
    DAMAGED = "damaged"


class RunStoreError(UserError):
    """Raised if a run can't be used, written or deleted; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run as stored on disk."""

    id: str
    status: Status
    why: Message | None = None  # reason, if it failed or is damaged
    run: RunSpec | None = None  # None if it is damaged
    epochs: tuple[Epoch, ...] = ()
    answers: str = field(default="", repr=False)  # a 1 or a 0 for each test image; empty if not stored
    unknown: tuple[str, ...] = ()  # fields of its spec unknown to this version: then it is not the training `run`
    created: float = 0.0  # seconds since 1970
    size: int = 0  # bytes
    stamp: int = 0  # changes with the weights file
    owners: tuple[str, ...] = ()  # who started or resumed it on a public server: see `models.training.run_index`


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run in a list: as `StoredRun`, with the number of its epochs instead of the epochs."""

    id: str
    status: Status
    why: Message | None
    run: RunSpec | None
    epochs: int
    accuracy: float | None  # on the test images, after the last epoch
    unknown: tuple[str, ...]
    created: float
    size: int
    stamp: int


def identity(run: RunSpec) -> str:
    """Return the id of a new run, as in "resnet-20-digits-3f2a9c01bd"; it names the folder."""
    if isinstance(run.network, ExternalSpec):
        title = run.network.name.replace(".", "-") + ("-plain" if run.network.plain else "")
    else:
        title = f"{kind(run.network).lower().replace(' ', '-')}-{depth(run.network)}"
    return f"{title}-{run.data}-{run.digest}"


def spec_of(stored: dict[str, Any]) -> tuple[RunSpec, tuple[str, ...]]:
    """Return the spec in a `run.json`, and the names of its fields that this version does not know."""
    run = stored.get("run")
    if not isinstance(run, dict) or not isinstance(run.get("network"), dict):
        raise DamagedError("{file} does not describe a run", file=RUN)
    known = {field.name for field in fields(RunSpec)}
    network = {field.name for settings in (NetworkSpec, ExternalSpec) for field in fields(settings)}
    unknown = [name for name in run if name not in known]
    unknown += [f"network.{name}" for name in run["network"] if name not in network]
    return RunSpec.from_json({name: value for name, value in run.items() if name in known}), tuple(unknown)


def owners_of(stored: dict[str, Any]) -> tuple[str, ...]:
    """Return the owners in a `run.json`: short texts."""
    found = stored.get("owners")
    texts = [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
    return tuple(one for one in texts[:_MOST_OWNERS] if len(one) <= 64)


def answers_of(path: Path, run: RunSpec) -> str:
    try:
        return run_files.answers_from_text(run_files.read_text(path), DATA[run.data].test)
    except DamagedError:
        return ""  # an old run without them, or a damaged file that only comparisons need


def time_of(value: object) -> float:
    number = float(value) if isinstance(value, int | float) else 0.0
    return number if isfinite(number) and 0 <= number < 1e11 else 0.0
