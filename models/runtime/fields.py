"""Settings as frozen dataclasses whose fields are validated and can be encoded in a link.

A settings class derives from `Fields` and declares its fields with `whole`, `number`, `flag`, `choice`, `text` and the
other functions here. Invalid values raise `SpecError` with the field's name, what was expected and what was given.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Self

from .errors import SpecError
from .messages import Message
from .rules import Choice, Flag, Key, Names, Number, Rule, Text, Whole


def ruled(default: Any, rule: Rule) -> Any:
    """Return a dataclass field whose values are checked, decoded and encoded by `rule`."""
    return field(default=default, metadata={"rule": rule})


def whole(default: int, low: float, high: float) -> Any:
    return ruled(default, Whole(int(low), int(high)))


def number(default: float, low: float, high: float) -> Any:
    return ruled(default, Number(low, high))


def flag(*, default: bool = False) -> Any:
    return ruled(default, Flag())


def choice(default: StrEnum) -> Any:
    return ruled(default, Choice(type(default)))


def key(default: str | None, registry: Mapping[str, object]) -> Any:
    return ruled(default, Key(registry))


def text(default: str = "") -> Any:
    return ruled(default, Text())


def names() -> Any:
    return ruled(frozenset(), Names())


def nested(default: "Fields") -> Any:
    """Return a field that holds other settings; in a link their fields appear beside the outer ones."""
    return field(default=default, metadata={"nested": default})


@dataclass(frozen=True, slots=True)
class Problem:
    """An invalid field of a link, and why it is invalid."""

    field: str  # as written in the link
    message: Message

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Fields:
    """Base class of settings that validate themselves and can be encoded in a link. Subclasses are frozen dataclasses.

    Fields declared with plain `dataclasses.field` are neither validated nor encoded.
    """

    __slots__ = ()
    # If a combination is invalid and the field that the error names was not given, these are dropped in this order.
    suspects: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name, rule in rules(type(self)).items():
            object.__setattr__(self, name, rule.check(name, getattr(self, name)))

    def to_query(self, *, full: bool = False, prefix: str = "", default: Self | None = None) -> dict[str, str]:
        """Return the fields that differ from the default, as strings; `full`: all. `prefix` precedes every name."""
        found: dict[str, str] = {}
        for name, rule in rules(type(self)).items():
            value = getattr(self, name)
            if full or value != (_defaults(type(self))[name] if default is None else getattr(default, name)):
                found[prefix + name] = rule.encode(value)
        for name, inner in _nested(type(self)).items():
            found |= getattr(self, name).to_query(full=full, prefix=prefix, default=inner)
        return found

    @classmethod
    def from_query(
        cls, query: Mapping[str, object], *, prefix: str = "", default: Self | None = None
    ) -> tuple[Self, tuple[Problem, ...]]:
        """Decode a query: return the settings and one message per invalid field. Never raises. Inverse of `to_query`.

        Valid fields are kept, invalid ones take their default. Names that are not fields are ignored.
        """
        query = cls.renewed(query, prefix)
        start = {} if default is None else {name: getattr(default, name) for name in rules(cls)}
        kept: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, inner in _nested(cls).items():
            start[name], wrong = inner.from_query(query, prefix=prefix, default=inner)
            problems += wrong
        for name, rule in rules(cls).items():
            if prefix + name in query:
                value = str(query[prefix + name])
                try:
                    kept[name] = rule.check(prefix + name, rule.decode(value))
                except SpecError as error:
                    problems.append(Problem(error.field, error.reason))
                    kept |= cls.outdated(name, value)
        while True:
            try:
                return cls(**start | kept), tuple(problems)
            except SpecError as error:
                problems.append(Problem(prefix + error.field, error.reason))
                # drop a field that was given: a default is invalid only in combination with one of those
                kept.pop(next(name for name in (error.field, *cls.suspects, *kept) if name in kept))

    def changed(self, **changes: Any) -> Self:
        """Return a copy with changed values, in nested settings too. Raises `SpecError` if the result is invalid."""
        for name, inner in _nested(type(self)).items():
            own = {one.name for one in fields(inner)} & set(changes)  # type: ignore[arg-type]
            if own:
                changes[name] = getattr(self, name).changed(**{one: changes.pop(one) for one in own})
        return replace(self, **changes)  # type: ignore[type-var]

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of all fields that a link may hold, nested ones included, without a prefix."""
        inner = [name for settings in _nested(cls).values() for name in settings.names()]
        return (*inner, *rules(cls))

    @classmethod
    def rule(cls, name: str) -> Any:
        """Return the rule of a field, which may be nested."""
        own = rules(cls)
        return own[name] if name in own else next(s.rule(name) for s in _nested(cls).values() if name in s.names())

    def value(self, name: str) -> Any:
        """Return the value of a field, which may be nested."""
        if name in rules(type(self)):
            return getattr(self, name)
        return next(getattr(self, one).value(name) for one, s in _nested(type(self)).items() if name in s.names())

    @classmethod
    def renewed(cls, query: Mapping[str, object], prefix: str) -> Mapping[str, object]:  # noqa: ARG003
        """Return a query in the terms of this version; subclasses translate what earlier ones wrote."""
        return query

    @classmethod
    def outdated(cls, name: str, text: str) -> dict[str, Any]:  # noqa: ARG003  # subclasses use them
        """Return `{name: value}` to replace a value that only earlier versions allowed in links, or `{}`."""
        return {}


def _find_rules(settings: Any) -> Mapping[str, Rule]:
    return {one.name: one.metadata["rule"] for one in fields(settings) if "rule" in one.metadata}


def _find_nested(settings: Any) -> Mapping[str, Fields]:
    return {one.name: one.metadata["nested"] for one in fields(settings) if "nested" in one.metadata}


def _find_defaults(settings: Any) -> Mapping[str, Any]:
    return {one.name: one.default for one in fields(settings)}


# Field -> its rule, in the order of declaration, without the fields of nested settings.
rules: Callable[[Any], Mapping[str, Rule]] = cache(_find_rules)
_nested: Callable[[Any], Mapping[str, Fields]] = cache(_find_nested)  # field -> default of the nested settings
_defaults: Callable[[Any], Mapping[str, Any]] = cache(_find_defaults)
