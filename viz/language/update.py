"""Update and compile the translation catalogues: `python -m viz.language.update [language]`.

All sentences in the code are collected. A language without a catalogue gets a new one. Needs Babel, which is in the
development group.
"""

import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from viz.language import DOMAIN, LOCALE

ROOT = Path(__file__).parents[2]
_NEVER = datetime(2026, 1, 1, tzinfo=UTC)
# function -> which of its arguments are sentences (None: the first); `c` marks a context
KEYWORDS: dict[str, Any] = {
    "_": None,
    "N_": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "message": None,
    "plural": (1, 2),
    "SpecError": (2,),
    "UserError": None,
    "DataError": None,
    "PictureError": None,
    "RunStoreError": None,
    "WeightsError": None,
    "LessonError": None,
    "TooLargeError": None,
    "TooLongError": None,
    "RefusedError": None,
    "EndedError": None,
    "DamagedError": None,
    "DivergedError": None,
    "ArchiveError": None,
    "ImageFolderError": None,
}
_METHODS: list[Any] = [("**.py", "python"), ("**.html", "jinja2")]


def template() -> Catalog:
    """Return a catalogue of every sentence in the code, with the files that contain it."""
    found = Catalog(project="Skipscope", charset="utf-8", fuzzy=False)
    for folder in ("models", "viz"):
        for file, _line, sentence, comments, context in extract_from_dir(ROOT / folder, _METHODS, keywords=KEYWORDS):
            found.add(sentence, None, [(f"{folder}/{file}", 0)], auto_comments=comments, context=context)
    for _line, sentence, comments, context in extract_from_file("python", ROOT / "app.py", keywords=KEYWORDS):
        found.add(sentence, None, [("app.py", 0)], auto_comments=comments, context=context)
    return found


def update(locale: Path, language: str) -> Catalog:
    """Update and compile a language's catalogue: translations are kept, new sentences are empty."""
    text = locale / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    catalogue = read_po(BytesIO(text.read_bytes()), language) if text.exists() else Catalog(language, charset="utf-8")
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.fuzzy = False
    catalogue.project, catalogue.header_comment = "Skipscope", f"# The texts of Skipscope in the language {language!r}."
    catalogue.copyright_holder = catalogue.msgid_bugs_address = catalogue.last_translator = ""
    catalogue.creation_date = catalogue.revision_date = _NEVER  # else every update would change the file
    text.parent.mkdir(parents=True, exist_ok=True)
    with text.open("wb") as file:
        write_po(file, catalogue, width=110, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    with text.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)
    return catalogue


def main() -> None:
    known = {path.parts[-3] for path in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")}
    for language in sorted(known | set(sys.argv[1:])):
        catalogue = update(LOCALE, language)
        missing = sum(not entry.string or not all(entry.string) for entry in catalogue if entry.id)
        print(f"{language}: {len(catalogue):,} sentences, {missing:,} without a translation")


if __name__ == "__main__":
    main()
