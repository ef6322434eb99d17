"""Messages for users: translatable sentences, kept apart from the values in them.

`models` raises and returns messages; `str(message)` is the English sentence. A page looks the sentence up in the
visitor's language and fills in the values itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from string import Formatter
from typing import Any, Self


def N_(sentence: str) -> str:  # noqa: N802  # gettext's own name for it
    """Mark a sentence for the translation catalogues where it is defined; it is translated where it is shown."""
    return sentence


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence with named placeholders, and their values.

    The English sentence identifies the message: it is the key in gettext's catalogues. Values are numbers, names,
    other messages, or tuples of them, which are joined to a list in words.
    """

    sentence: str
    values: tuple[tuple[str, Any], ...] = ()
    plural: str = ""  # the sentence if the value `n` is not 1

    def __str__(self) -> str:
        return fill(self, str, lambda one, many, n: one if n == 1 else many, lambda items: listed(items, "and"))

    @classmethod
    def of(cls, text: object) -> Self:
        """Wrap text that is not translated, such as an operating system's error or a name."""
        return cls("{text}", (("text", str(text)),))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, which `from_json` reads."""
        values = {name: _json(value) for name, value in self.values}
        return {"sentence": self.sentence, "values": values, "plural": self.plural}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Return the message in untrusted JSON; whatever is not one is a text."""
        try:
            return cls._checked(stored)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
            return cls.of(_shortened(stored))

    @classmethod
    def _checked(cls, stored: Any) -> Self:
        values = {str(name): cls._checked_value(value) for name, value in stored["values"].items()}
        found = cls(_plain(stored["sentence"]), tuple(values.items()), _plain(stored["plural"]))
        if found.plural and not isinstance(values["n"], int):
            raise TypeError("n")
        for sentence in (found.sentence, found.plural):  # a value may be missing, and nested messages may multiply
            if len(str(cls(sentence, found.values))) > _LONGEST:
                raise ValueError(sentence)
        return found

    @classmethod
    def _checked_value(cls, stored: Any) -> Any:
        if not isinstance(stored, dict | list | str | int | float) or len(str(stored)) > _LONGEST:
            raise TypeError(type(stored))
        if isinstance(stored, list):
            return tuple(cls._checked_value(item) for item in stored)
        return cls._checked(stored) if isinstance(stored, dict) else stored


_LONGEST = 1_000  # characters of an untrusted text
_FORMATS = frozenset({"", ",", "+,", "g", ",g", ".0f", ",.0f", "+,.0f", ",.1f"})


def _json(value: Any) -> Any:
    if isinstance(value, Message):
        return value.to_json()
    return [_json(item) for item in value] if isinstance(value, tuple) else value


def _shortened(stored: object) -> str:
    try:
        return str(stored)[:_LONGEST]
    except (ValueError, RecursionError):  # an integer of more than 4,300 digits, or nested too deeply
        return f"<{type(stored).__name__}>"


def _plain(sentence: str) -> str:
    """Return an untrusted sentence whose places have plain names and formats. Raises `ValueError` for any other."""
    for __, name, form, conversion in Formatter().parse(sentence[:_LONGEST]):
        if name is not None and (not name.isidentifier() or form not in _FORMATS or conversion):
            raise ValueError(sentence)
    return sentence[:_LONGEST]


class UserError(ValueError):
    """An error to show to the user: a page translates `message`; `str(error)` is the same in English."""

    layer: str | None = None  # path of the layer in which it was raised, while a network is traced

    def __init__(self, sentence: str | Message, /, **values: Any) -> None:
        self.message = sentence if isinstance(sentence, Message) else message(sentence, **values)
        super().__init__(str(self.message))


def message(sentence: str, /, **values: Any) -> Message:
    """Return a message, as in `message("must be at most {most:,}", most=4096)`."""
    return Message(sentence, tuple(values.items()))


def plural(one: str, many: str, n: int, /, **values: Any) -> Message:
    """Return a message whose sentence depends on the number `n`, available in it as `{n}`."""
    return Message(one, (("n", n), *values.items()), many)


OUT_OF_MEMORY = message("The device ran out of memory. Choose a smaller batch or input.")


def fill(
    told: Message,
    look_up: Callable[[str], str],
    look_up_plural: Callable[[str, str, int], str],
    listing: Callable[[list[str]], str],
) -> str:
    """Render a message: look its sentence up, then fill in its values, which may be messages themselves."""

    def worded(value: Any) -> Any:
        if isinstance(value, Message):
            return fill(value, look_up, look_up_plural, listing)
        return listing([str(worded(item)) for item in value]) if isinstance(value, tuple) else value

    values = {name: worded(value) for name, value in told.values}
    pattern = look_up_plural(told.sentence, told.plural, values["n"]) if told.plural else look_up(told.sentence)
    return pattern.format(**values)


def listed(items: Iterable[object], last: str) -> str:
    """Join items in words: 3, 4, 6 -> "3, 4 and 6" if `last` is "and"."""
    texts = [str(item) for item in items]
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}" if len(texts) > 1 else "".join(texts)
