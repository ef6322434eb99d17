"""Rules for the values of fields: each checks a value, and converts it to and from text in a link."""

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar, cast

from .errors import SpecError
from .messages import N_, Message, message

_FLAGS = {"true": True, "false": False}
Option = TypeVar("Option", bound=StrEnum)


class Rule(Protocol):
    """Which values a field may hold, and how they are written in a link."""

    def check(self, name: str, value: object) -> Any:
        """Return the value in the form that the field stores. Raises `SpecError` if it is invalid."""

    def decode(self, text: str) -> object:
        """Parse text from a link to the type that `check` expects; text that can't be parsed is returned as it is."""

    def encode(self, value: Any) -> str:
        """Return the value as text, the inverse of `decode`."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `low` to `high`."""

    low: int
    high: int
    expected: str = N_("must be a whole number from {low:,} to {high:,}")

    def check(self, name: str, value: object) -> int:
        try:
            found = self.low - 1 if isinstance(value, bool) else operator.index(cast("int", value))
        except TypeError:
            found = self.low - 1
        if not self.low <= found <= self.high:
            raise SpecError(name, message(self.expected, low=self.low, high=self.high), value)
        return found

    def decode(self, text: str) -> object:
        return int(text) if text.isascii() and text.lstrip("-").isdecimal() and len(text) < 12 else text

    def encode(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number from `low` to `high`."""

    low: float
    high: float

    def check(self, name: str, value: object) -> float:
        found = math.nan
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                found = float(value)
            except OverflowError:
                found = math.inf
        if not self.low <= found <= self.high:
            raise SpecError(name, "must be a number from {low:,g} to {high:,g}", value, low=self.low, high=self.high)
        return found

    def decode(self, text: str) -> object:
        try:
            return float(text)
        except ValueError:
            return text

    def encode(self, value: float) -> str:
        return str(value)


class Flag:
    """True or false."""

    def check(self, name: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise SpecError(name, "must be true or false", value)
        return value

    def decode(self, text: str) -> object:
        return _FLAGS.get(text.lower(), text)

    def encode(self, value: bool) -> str:  # noqa: FBT001
        return "true" if value else "false"


@dataclass(frozen=True, slots=True)
class Choice(Generic[Option]):
    """One of an enum's values."""

    options: type[Option]

    def check(self, name: str, value: object) -> Option:
        try:
            return self.options(value)  # type: ignore[arg-type]  # anything but a value of the enum raises
        except (ValueError, TypeError):
            raise SpecError(name, either(self.options), value) from None

    def decode(self, text: str) -> object:
        return text

    def encode(self, value: str) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a registry, which may grow."""

    registry: Mapping[str, object]

    def check(self, name: str, value: object) -> str:
        if not isinstance(value, str) or value not in self.registry:
            raise SpecError(name, either(self.registry), value)
        return str(value)

    def decode(self, text: str) -> object:
        return text

    def encode(self, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class Wholes:
    """Several whole numbers, written with `between` as separator."""

    between: str
    checked: Callable[[str, object], tuple[int, ...]]

    def check(self, name: str, value: object) -> tuple[int, ...]:
        return self.checked(name, value)

    def decode(self, text: str) -> object:
        try:
            return tuple(int(part) for part in text.replace("x", "-").replace(",", "-").split("-"))
        except ValueError:
            return text

    def encode(self, value: tuple[int, ...]) -> str:
        return self.between.join(map(str, value))


class Text:
    """Any text."""

    def check(self, name: str, value: object) -> str:
        if not isinstance(value, str):
            raise SpecError(name, "must be text", value)
        return value

    def decode(self, text: str) -> object:
        return text

    def encode(self, value: str) -> str:
        return value


class Names:
    """A set of names without commas, which separate them in a link."""

    def check(self, name: str, value: object) -> frozenset[str]:
        if not isinstance(value, frozenset):
            raise SpecError(name, "must be a set of names", value)
        return value

    def decode(self, text: str) -> object:
        return frozenset(part for part in text.split(",") if part)

    def encode(self, value: frozenset[str]) -> str:
        return ",".join(sorted(value))


def either(options: Iterable[str]) -> Message:
    """Return the expectation "must be a, b or c"."""
    values = [str(option) for option in options]
    if len(values) == 1:
        return message("must be {value}", value=values[0])
    return message("must be {values} or {last}", values=", ".join(values[:-1]), last=values[-1])
