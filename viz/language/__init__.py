"""Translation of sentences to the visitor's language, by gettext's catalogues, with named placeholders.

English is the source. A catalogue is `locale/<language>/LC_MESSAGES/skipscope.mo`, written by
`python -m viz.language.update`; a language exists as soon as its catalogue does.
"""

import gettext as catalogues
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from models.runtime.messages import N_, Message, UserError, fill

ENGLISH = "en"
DOMAIN = "skipscope"
LOCALE = Path(__file__).with_name("locale")


def _english() -> str:
    return ENGLISH


_visitors: Callable[[], str] = _english
_chosen: ContextVar[str] = ContextVar("language")  # of the thread that runs a visitor's page


def ask(visitors: Callable[[], str]) -> None:
    """Set the function that returns the language of the visitor whose page runs in this thread."""
    global _visitors  # noqa: PLW0603  # set once, by the module that knows the visitor
    _visitors = visitors


def speak(language: str) -> None:
    """Set the language of this thread."""
    _chosen.set(language)


def language() -> str:
    """Return the language of this thread: the visitor's, or English outside a page."""
    try:
        return _chosen.get()
    except LookupError:  # a fragment runs in a thread of its own
        _chosen.set(_visitors())
        return _chosen.get()


@cache
def languages() -> dict[str, str]:
    """Return code -> the language's own name, English first."""
    found = sorted(path.parts[-3] for path in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return {ENGLISH: "English"} | {code: translation(code).gettext(N_("English")) for code in found}


@cache
def translation(code: str) -> catalogues.NullTranslations:
    """Return the catalogue of a language; without one, sentences stay English."""
    if code == ENGLISH:
        return catalogues.NullTranslations()
    return catalogues.translation(DOMAIN, LOCALE, [code], fallback=True)


def _(sentence: str, /, **values: Any) -> str:
    """Translate a sentence to the visitor's language, and fill in the values of its placeholders."""
    found = translation(language()).gettext(sentence)
    return found.format(**values) if values else found


def ngettext(one: str, many: str, n: int, /, **values: Any) -> str:
    """Translate a sentence that depends on the number `n`, available in it as `{n}`."""
    return translation(language()).ngettext(one, many, n).format(n=n, **values)


def pgettext(context: str, sentence: str, /, **values: Any) -> str:
    """Translate a sentence that is ambiguous in English; `context` distinguishes its meanings."""
    found = translation(language()).pgettext(context, sentence)
    return found.format(**values) if values else found


def worded(told: Message | UserError | str) -> str:
    """Translate a message of `models` to the visitor's language; text is returned as it is."""
    if isinstance(told, str):
        return told
    own = translation(language())
    return fill(told.message if isinstance(told, UserError) else told, own.gettext, own.ngettext, listing)


def sentences(said: Iterable[str]) -> str:
    """Join sentences; empty ones are left out."""
    return pgettext("between sentences", " ").join(filter(None, said))


def clauses(said: Iterable[str]) -> str:
    """Join parts of a sentence that are longer than words."""
    return pgettext("between clauses", "; ").join(said)


def labelled(name: str, told: str) -> str:
    """Return a text after its name, as in "Depth: 18 layers"."""
    return _("{name}: {told}", name=name, told=told)


def listing(items: Iterable[object]) -> str:
    """Join items in words: 3, 4, 6 -> "3, 4 and 6"."""
    texts = [str(item) for item in items]
    if len(texts) < 2:
        return "".join(texts)
    return _("{first} and {last}", first=_(", ").join(texts[:-1]), last=texts[-1])


__all__ = [
    "ENGLISH", "N_", "_", "ask", "clauses", "labelled", "language", "languages", "listing", "ngettext", "pgettext",
    "sentences", "speak", "translation", "worded",
]  # fmt: skip
