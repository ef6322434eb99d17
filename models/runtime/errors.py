"""The error for an invalid value: it names the field, what was expected and what was given."""

from enum import StrEnum
from typing import Any

from .messages import Message, UserError, message


class SpecError(UserError):
    """An invalid value of a field. The text reads `field: expectation, got value`."""

    def __init__(self, field: str, expected: str | Message, given: object, /, **values: Any) -> None:
        """`expected` is a sentence with named places for `values`, or a message."""
        self.field = field
        self.expected = message(expected, **values) if isinstance(expected, str) else expected
        self.got = show(given)
        self.reason = message("{expected}, got {value}", expected=self.expected, value=self.got)
        super().__init__("{field}: {reason}", field=field, reason=self.reason)


def show(value: object) -> str:
    """Return the repr of any object (for a member of a `StrEnum`, of its value), shortened to about 90 characters."""
    if isinstance(value, StrEnum):
        value = value.value
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  # a foreign __repr__ may raise anything; int's refuses more than 4,300 digits
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text)})"
