"""A lesson: steps in Markdown, each with a head in TOML between lines of plus signs. CONTRIBUTING.md has an example."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from viz.language import worded
from viz.lessons.errors import LessonError
from viz.lessons.grammar import FIELD, Condition, condition

MOST_BYTES = 200_000  # of a file
_MOST_STEPS = 40
_MOST_TOLERANCE = 50  # percent
_HEAD = re.compile(r"^\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*$", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(rf"{{({FIELD})(?::([a-z]*))?}}")
_HOWS = ("", "percent", "times", "size")
FIGURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "architecture": ("graph", "block", "none"),
        "signals": ("gradients", "outputs", "graphs", "none"),
        "compare": ("numbers", "blocks", "none"),
        "training": ("curves", "none"),
    }
)
_COUNTED = ("params", "macs", "depth", "activation_bytes")
_SIDES = ("ratio", "first", "last", "zeros", "rms", "loss")
_FIELDS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "architecture": re.compile(
            r"params|macs|depth|layers|identities|projections|concatenations|activation_bytes|receptive_field"
            r"|layer\.(params|macs|in|out|side)"
        ),
        "signals": re.compile(rf"depth|(plain|skips)\.({'|'.join(_SIDES)})"),
        "compare": re.compile(rf"({'|'.join(_COUNTED)})\.([1-6]|ratio|more)"),
        "training": re.compile(r"epochs|(train_error|test_error|train_loss)\.[1-6]"),
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and the condition on the measured numbers under which it is right."""

    text: str
    when: Condition


@dataclass(frozen=True, slots=True)
class Step:
    """A step: a text, a figure of a page in a given state, and perhaps a question."""

    title: str
    text: str  # Markdown
    page: str
    query: str  # the page's state, as in a link
    figure: str
    look: str = ""
    question: str = ""
    answers: tuple[Answer, ...] = ()
    ask: str = ""  # in place of answers: the field whose number is to be typed
    tolerance: float = 0.0  # of it, in percent
    words: tuple[str, ...] = ()  # of a term in the glossary: other forms that texts use
    reveal: str = ""  # with places for measured numbers, as in {plain.ratio:times}

    @property
    def asks(self) -> bool:
        """Return whether there is a question with an answer."""
        return bool(self.answers or self.ask)

    @property
    def fields(self) -> frozenset[str]:
        """The numbers that the step asks for or tells."""
        told = {name for name, __ in self.places()} | ({self.ask} if self.ask else set())
        return frozenset(told.union(*(answer.when.fields for answer in self.answers)))

    def places(self) -> list[tuple[str, str]]:
        """Return the numbers that the sentence after the answer tells: (field, how)."""
        return [(found[1], found[2] or "") for found in _PLACE.finditer(self.reveal)]

    def told(self, texts: Sequence[str]) -> str:
        """Return the sentence with these texts in its places."""
        given = iter(texts)
        return _PLACE.sub(lambda _found: next(given), self.reveal)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson in one language."""

    id: str
    title: str
    about: str
    steps: tuple[Step, ...]
    exercises: bool = False  # listed as exercises

    @property
    def questions(self) -> tuple[int, ...]:
        """Numbers of the steps with a question, from 1."""
        return tuple(number for number, step in enumerate(self.steps, start=1) if step.asks)


def read(own: str, files: Sequence[tuple[str, str]]) -> Lesson:
    """Read a lesson from its files, as (name, text), which hold one or several steps each. Raises `LessonError`."""
    steps: list[Step] = []
    first: dict[str, Any] = {}
    for name, text in files:
        try:
            for head, body in _parts(text):
                first = first or head
                steps.append(_step(head, body))
        except LessonError as error:
            raise LessonError("{file}, step {n}: {why}", file=name, n=len(steps) + 1, why=worded(error)) from None
    if not steps:
        raise LessonError("{lesson}: has no step; a step begins with a head between lines of +++", lesson=own)
    if len(steps) > _MOST_STEPS:
        raise LessonError("{lesson}: has {n} steps, at most {most} are possible", lesson=own, n=len(steps),
                          most=_MOST_STEPS)  # fmt: skip
    title, about = _text(first, "lesson", needed=True), _text(first, "about")
    return Lesson(own, title, about, tuple(steps), exercises=first.get("exercises") is True)


def _parts(text: str) -> list[tuple[dict[str, Any], str]]:
    heads = list(_HEAD.finditer(text.replace("\r\n", "\n")))
    if not heads:
        raise LessonError("needs a head in TOML between lines of +++")
    ends = [*(head.start() for head in heads[1:]), len(text)]
    found = []
    for head, end in zip(heads, ends, strict=True):
        try:
            found.append((tomllib.loads(head[1]), text.replace("\r\n", "\n")[head.end() : end].strip()))
        except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
            raise LessonError("the head is not TOML ({reason})", reason=str(error)[:100]) from None
    return found


_KNOWN = frozenset(
    {
        "lesson",
        "about",
        "exercises",
        "scene",
        "figure",
        "look",
        "question",
        "answers",
        "ask",
        "tolerance",
        "reveal",
        "words",
    }
)


def _step(head: Mapping[str, Any], body: str) -> Step:
    if strange := sorted(set(head) - _KNOWN):
        raise LessonError("there is no field {field}", field=repr(strange[0][:40]))
    first, __, rest = body.partition("\n")
    if not first.startswith("# "):
        raise LessonError("the text must begin with its title after a #, got {text}", text=repr(first[:60]))
    page, __, query = _text(head, "scene", needed=True).partition("?")
    if page not in FIGURES:
        raise LessonError("scene: must begin with {pages}, got {page}", pages=", ".join(FIGURES), page=repr(page[:40]))
    figure = _text(head, "figure") or "none"
    if figure not in FIGURES[page]:
        raise LessonError(
            "figure: must be {figures} on the page {page}, got {figure}",
            figures=", ".join(FIGURES[page]), page=page, figure=repr(figure[:40]),
        )  # fmt: skip
    step = Step(
        title=first[2:].strip(),
        text=rest.strip(),
        page=page,
        query=query,
        figure=figure,
        look=_text(head, "look"),
        question=_text(head, "question"),
        answers=_answers(head),
        ask=_text(head, "ask"),
        tolerance=_tolerance(head),
        words=tuple(word.strip() for word in _text(head, "words").split(",") if word.strip()),
        reveal=_text(head, "reveal"),
    )
    for name in sorted(step.fields):
        if not _FIELDS[page].fullmatch(name):
            raise LessonError("the page {page} has no number {field}", page=page, field=repr(name))
    for name, how in step.places():
        if how not in _HOWS:
            raise LessonError("reveal: {field} can be written as {forms}, got {how}", field=name,
                              forms=", ".join(_HOWS[1:]), how=repr(how[:20]))  # fmt: skip
    return step


def _answers(head: Mapping[str, Any]) -> tuple[Answer, ...]:
    found = head.get("answers", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise LessonError("answers: must be tables [[answers]] with text and when")
    if "ask" in head:
        if found or "question" not in head:
            raise LessonError("ask: needs a question, and no answers besides")
    elif bool(found) != ("question" in head) or len(found) == 1:
        raise LessonError("a question needs at least two answers, got {n}", n=len(found))
    return tuple(Answer(_text(one, "text", needed=True), condition(_text(one, "when", needed=True))) for one in found)


def _tolerance(head: Mapping[str, Any]) -> float:
    value = head.get("tolerance", 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_TOLERANCE:
        raise LessonError("tolerance: must be a number of percent from 0 to {most}, got {value}",
                          most=_MOST_TOLERANCE, value=repr(value)[:60])  # fmt: skip
    return float(value)


def _text(head: Mapping[str, Any], field: str, *, needed: bool = False) -> str:
    value = head.get(field, "")
    if not isinstance(value, str) or (needed and not value.strip()):
        raise LessonError("{field}: must be a text, got {value}", field=field, value=repr(value)[:60])
    return value.strip()
