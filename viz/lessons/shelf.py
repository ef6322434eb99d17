"""Where lessons lie: those that come with the program, and a lecturer's own folder."""

import os
from functools import lru_cache
from pathlib import Path

from viz.language import ENGLISH, worded
from viz.lessons.errors import LessonError
from viz.lessons.lesson import MOST_BYTES, Lesson, read

FOLDER = Path(__file__).parents[2] / "assets" / "lessons"
OWN = "SKIPSCOPE_LESSONS"  # environment variable: a folder of more lessons


def folders() -> list[Path]:
    """Return the folders of lessons, in the order of their names; those of one's own come after the others."""
    own = os.environ.get(OWN, "")
    return [*_inside(FOLDER), *(_inside(Path(own)) if own else ())]


def _inside(place: Path) -> list[Path]:
    try:
        return sorted(one for one in place.iterdir() if one.is_dir() and not one.name.startswith("."))
    except OSError:
        return []


def lessons(language: str) -> tuple[list[Lesson], list[LessonError]]:
    """Return the lessons in a language, in English where there is no other, and why others can't be read."""
    found, wrong = [], []
    for folder in folders():
        try:
            found.append(lesson(folder, language))
        except LessonError as error:
            wrong.append(LessonError("{lesson}: {why}", lesson=folder.name, why=worded(error)))
    return found, wrong


def lesson(folder: Path, language: str) -> Lesson:
    """Return the lesson in a folder. Raises `LessonError`."""
    own = folder.name if folder.parent == FOLDER else f"own-{folder.name}"
    try:
        place = next((folder / code for code in (language, ENGLISH) if (folder / code).is_dir()), folder)
        files = sorted(file for file in place.glob("*.md") if file.is_file())
        return _read(own, tuple((file, file.stat().st_mtime_ns) for file in files))
    except OSError as error:
        raise LessonError("can't be read ({reason})", reason=error.strerror or str(error)) from None


@lru_cache(maxsize=64)
def _read(own: str, files: tuple[tuple[Path, int], ...]) -> Lesson:  # the times are part of the key
    texts = []
    for file, __ in files:
        if file.stat().st_size > MOST_BYTES:
            raise LessonError("{file}: is larger than {most:,} bytes", file=file.name, most=MOST_BYTES)
        try:
            texts.append((file.name, file.read_text(encoding="utf-8-sig")))
        except UnicodeDecodeError:
            raise LessonError("{file}: is not UTF-8 text", file=file.name) from None
    return read(own, texts)
