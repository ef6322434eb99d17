"""The glossary: each term with two sentences, a formula and a figure, written as the steps of a lesson."""

from functools import lru_cache
from pathlib import Path

from viz.language import ENGLISH, language
from viz.lessons.lesson import Step, read

FOLDER = Path(__file__).parents[2] / "assets" / "glossary"


def terms() -> dict[str, Step]:
    """Return the terms in the visitor's language, by their English names."""
    return _terms(language())


@lru_cache(maxsize=8)
def _terms(spoken: str) -> dict[str, Step]:
    english, own = _steps(ENGLISH), _steps(spoken)
    return {one.title: translated for one, translated in zip(english, own, strict=True)}


@lru_cache(maxsize=8)
def _steps(spoken: str) -> tuple[Step, ...]:
    file = FOLDER / f"{spoken}.md"
    file = file if file.exists() else FOLDER / f"{ENGLISH}.md"
    return read("glossary", [(file.name, file.read_text(encoding="utf-8"))]).steps


def words() -> dict[str, tuple[str, ...]]:
    """Return the words under which texts use each term, by its English name."""
    return {term: (step.title, *step.words) for term, step in terms().items()}
