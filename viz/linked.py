"""What a page shows, as part of the link: a frozen dataclass whose fields say by their defaults what they hold."""

from collections.abc import Mapping
from dataclasses import Field, fields
from enum import StrEnum
from math import nan
from typing import Any, Self

_FLAGS = {"true": True, "false": False}


class Linked:
    """Fields are enums, flags, numbers (with `low` and `high` in their metadata), sets of paths, or text."""

    __slots__ = ()

    def to_query(self, *, full: bool = False) -> dict[str, str]:
        """Only what differs from the default. `full`: every field."""
        return {
            field.name: _encode(value)
            for field in fields(self)  # type: ignore[arg-type]  # its subclasses are dataclasses
            if (value := getattr(self, field.name)) != field.default or full
        }

    @classmethod
    def from_query(cls, query: Mapping[str, object]) -> tuple[Self, tuple[str, ...]]:
        """The inverse of `to_query`; never raises. Returns the record and one message per bad field."""
        kept: dict[str, Any] = {}
        problems: list[str] = []
        for field in fields(cls):  # type: ignore[arg-type]
            if field.name in query:
                try:
                    kept[field.name] = _decode(field, str(query[field.name]))
                except ValueError as error:
                    problems.append(f"{field.name}: {error}")
        return cls(**kept), tuple(problems)


def _encode(value: object) -> str:
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _decode(field: "Field[Any]", text: str) -> object:
    """Raises `ValueError` with what is expected and what came."""
    default = field.default
    if isinstance(default, StrEnum):
        kind = type(default)
        if text not in list(kind):
            raise ValueError(f"must be {', '.join(kind)}, got {text[:60]!r}")
        return kind(text)
    if isinstance(default, frozenset):
        return frozenset(part for part in text.split(",") if part)
    if isinstance(default, bool):
        if text.lower() not in _FLAGS:
            raise ValueError(f"must be true or false, got {text[:60]!r}")
        return _FLAGS[text.lower()]
    if isinstance(default, int | float):
        return _number(field, text)
    return text


def _number(field: "Field[Any]", text: str) -> float:
    low, high = field.metadata["low"], field.metadata["high"]
    if isinstance(field.default, int):
        if not (text.isascii() and text.isdecimal() and len(text) < 12 and low <= int(text) <= high):
            raise ValueError(f"must be a whole number from {low:,} to {high:,}, got {text[:60]!r}")
        return int(text)
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not low <= number <= high:
        raise ValueError(f"must be a number from {low:,g} to {high:,g}, got {text[:60]!r}")
    return number
