"""What one visitor, and all together, may use of this server. Each limit has an environment variable.

An open server, as on one's own machine, limits only what would exhaust the machine. A public one
(`SKIPSCOPE_PUBLIC=1`, and by itself on Streamlit Community Cloud) limits each visitor too.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path

from .messages import N_, Message, message

PUBLIC = "SKIPSCOPE_PUBLIC"
PREFIX = "SKIPSCOPE_MOST_"  # of the variables of single limits, as in SKIPSCOPE_MOST_DEPTH
NONE = "none"  # value of a variable: no limit
_CLOUD = Path("/mount/src")  # where Streamlit Community Cloud keeps an app
_HERE = Path(__file__).resolve()


def _limit(label: str, *, open_: float | None, public: float | None, unit: str = "") -> float | None:
    """Declare a limit: what it limits, its defaults on an open and on a public server, its unit."""
    found: float | None = field(default=open_, metadata={"label": label, "public": public, "unit": unit})
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a server; None means no limit. Times are in seconds."""

    waiting: float | None = _limit(N_("Jobs waiting, of all visitors"), open_=40, public=40)
    waiting_each: float | None = _limit(N_("Jobs under way, for each visitor"), open_=None, public=3)
    job_seconds: float | None = _limit(N_("Time of a measurement"), open_=900, public=120, unit="seconds")
    sweep_seconds: float | None = _limit(N_("Time of a sweep"), open_=12 * 3600, public=120, unit="seconds")
    sweep_points: float | None = _limit(N_("Points of a sweep"), open_=None, public=200)
    training_seconds: float | None = _limit(
        N_("Time of a training, which then pauses"), open_=12 * 3600, public=900, unit="seconds"
    )
    depth: float | None = _limit(N_("Depth, in layers"), open_=None, public=210)
    batch: float | None = _limit(N_("Batch, in images"), open_=None, public=256)
    pixels: float | None = _limit(N_("Side of an image, in pixels"), open_=None, public=320)
    runs: float | None = _limit(N_("Stored runs, of all visitors"), open_=None, public=2_000)
    runs_each: float | None = _limit(N_("Stored runs, for each visitor"), open_=None, public=20)
    run_bytes: float | None = _limit(N_("Size of all stored runs"), open_=5e9, public=5e9, unit="bytes")
    run_bytes_each: float | None = _limit(
        N_("Size of the stored runs of each visitor"), open_=None, public=200e6, unit="bytes"
    )
    uploads: float | None = _limit(N_("Images per minute, for each visitor"), open_=None, public=10)
    days: float | None = _limit(N_("Days that runs and results are kept"), open_=None, public=30)

    @staticmethod
    def about(name: str) -> tuple[str, str]:
        """Return what a limit limits, in English, and its unit: "seconds", "bytes" or nothing."""
        found = next(one for one in fields(Limits) if one.name == name).metadata
        return found["label"], found["unit"]


def public() -> bool:
    """Return whether this server is open to strangers, who are then told from one another."""
    return _public(os.environ.get(PUBLIC, ""))


@lru_cache(maxsize=8)
def _public(said: str) -> bool:
    return _CLOUD in _HERE.parents if not said else said.strip().lower() not in ("0", "no", "false", "off")


def limits() -> Limits:
    """Return the limits in force."""
    return read(os.environ)[0]


def problems() -> tuple[Message, ...]:
    """Return why environment variables are ignored, one message each."""
    return read(os.environ)[1]


def read(environment: Mapping[str, str]) -> tuple[Limits, tuple[Message, ...]]:
    """Return the limits that the variables set, and a message for each that can't be read; its default is used."""
    given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    return _read(tuple(sorted(given.items())), _public(environment.get(PUBLIC, "")))


@lru_cache(maxsize=8)
def _read(given: tuple[tuple[str, str], ...], public: bool) -> tuple[Limits, tuple[Message, ...]]:  # noqa: FBT001
    found = {one.name: one.metadata["public"] for one in fields(Limits)} if public else {}
    known, wrong = {f"{PREFIX}{one.name.upper()}": one.name for one in fields(Limits)}, []
    for variable, value in given:
        if variable not in known:
            wrong.append(message("{field}: there is no such limit", field=variable[:60]))
            continue
        number = _number(value)
        if number == 0:
            wrong.append(
                message(
                    "{field}: must be a number above 0 or {none}, got {value}",
                    field=variable,
                    none=NONE,
                    value=value[:40],
                )
            )
            continue
        found[known[variable]] = number
    return Limits(**found), tuple(wrong)


def _number(text: str) -> float | None:
    """A number above 0, None for no limit, 0 for anything else."""
    if text.strip().lower() == NONE:
        return None
    try:
        found = float(text)
    except ValueError:
        return 0
    return found if 0 < found < float("inf") else 0
