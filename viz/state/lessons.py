"""Where a visitor is in the lessons, with the answers; frozen and part of the link. No Streamlit here."""

import re
from dataclasses import dataclass
from typing import ClassVar

from models.runtime.fields import text, whole
from viz.state.url import Linked

_MOST = 40  # steps of a lesson


@dataclass(frozen=True, slots=True, kw_only=True)
class Course(Linked):
    prefix: ClassVar[str] = "lessons."
    since_prefixes: ClassVar[bool] = True

    lesson: str = text()  # name of its folder; empty: the list of lessons
    step: int = whole(1, 1, _MOST)
    answers: str = text()  # number of the answer to each question so far, from 1, with dots between; 0: not answered

    def answer(self, step: int) -> int:
        """Return the number of the answer that was given at a step; 0 if none was."""
        given = self.answers.split(".")
        return int(given[step - 1]) if step <= len(given) and re.fullmatch("[0-9]{1,2}", given[step - 1]) else 0

    def answered(self, step: int, answer: int) -> "Course":
        """Return the state after an answer at a step."""
        given = self.answers.split(".")[:_MOST] if self.answers else []
        given += ["0"] * (step - len(given))
        given[step - 1] = str(answer)
        return self.changed(answers=".".join(given))
