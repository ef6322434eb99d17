"""Conditions on measured numbers, as in "plain.ratio > 10 and depth == 56": comparisons, and nothing that is run."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from viz.lessons.errors import LessonError

FIELD = r"[a-z][a-z_]*(?:\.[a-z0-9_]+)?"
_NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
_COMPARISON = re.compile(rf"\s*({FIELD})\s*(<=|>=|==|!=|<|>)\s*({_NUMBER}|{FIELD})\s*")
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
        "!=": operator.ne,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared with a number, or with another field."""

    field: str
    sign: str
    value: float | str

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """Return whether it is true of these numbers; NaN compares as false."""
        other = numbers[self.value] if isinstance(self.value, str) else self.value
        return _OPERATORS[self.sign](numbers[self.field], other)


@dataclass(frozen=True, slots=True)
class Condition:
    """Comparisons that must all hold."""

    parts: tuple[Comparison, ...]

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(name for part in self.parts for name in (part.field, part.value) if isinstance(name, str))

    def holds(self, numbers: Mapping[str, float]) -> bool:
        return all(part.holds(numbers) for part in self.parts)


def condition(text: str) -> Condition:
    """Read a condition. Raises `LessonError` if it is none."""
    parts = []
    for piece in text.split(" and "):
        found = _COMPARISON.fullmatch(piece)
        if found is None:
            raise LessonError(
                "when: must be comparisons such as plain.ratio > 10, joined by and, got {text}", text=repr(text[:80])
            )
        field, sign, value = found.groups()
        parts.append(Comparison(field, sign, float(value) if re.fullmatch(_NUMBER, value) else value))
    return Condition(tuple(parts))
