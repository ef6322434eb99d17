"""Catalogues: every sentence is collected, a new language is one file, and translations keep their places."""

import ast
import re
from io import BytesIO
from string import Formatter

import pytest
from babel.messages.pofile import read_po, write_po

import viz.language
from tests.conftest import ROOT
from viz.language import DOMAIN, LOCALE, _, listing, ngettext, pgettext, update, worded

SOURCES = [path for folder in ("models", "viz") for path in sorted((ROOT / folder).rglob("*.py"))] + [ROOT / "app.py"]
ERRORS = ("UserError", "DataError", "PictureError", "RunStoreError", "WeightsError", "LessonError", "TooLargeError", "TooLongError", "RefusedError", "EndedError",
          "DamagedError", "DivergedError")  # fmt: skip
SPOKEN = {
    "_": (0,),
    "N_": (0,),
    "ngettext": (0, 1),
    "pgettext": (1,),
    "message": (0,),
    "plural": (0, 1),
    "SpecError": (1,),
}
SPOKEN |= dict.fromkeys(ERRORS, (0,))


@pytest.fixture(scope="module")
def sentences():
    found = {
        part
        for entry in update.template()
        if entry.id
        for part in ([entry.id] if isinstance(entry.id, str) else entry.id)
    }
    assert len(found) > 500
    return found


def calls():
    """Yield (file, line, function, literal sentence) of every call that marks a sentence."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SPOKEN:
                for place in SPOKEN[node.func.id]:
                    if place < len(node.args) and isinstance(node.args[place], ast.Constant):
                        yield path, node.lineno, node.func.id, node.args[place].value


def places(sentence):
    return sorted((name, form) for _text, name, form, _how in Formatter().parse(sentence) if name is not None)


def test_every_sentence_of_the_code_is_collected(sentences):
    missing = [
        f"{path.relative_to(ROOT)}:{line} {text!r}" for path, line, _name, text in calls() if text not in sentences
    ]

    assert not missing, "\n".join(missing)


def test_no_sentence_is_made_by_an_f_string():
    glued = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in SPOKEN
        and any(isinstance(one, ast.JoinedStr | ast.BinOp) for one in node.args[:2])
    ]
    assert not glued


def test_no_function_hides_the_translation_behind_a_name_of_its_own():
    """`_` bound inside of a function that translates would be called instead."""
    hidden = []
    for path in SOURCES:
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                names = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == "_"]
                stores = [node for node in names if isinstance(node.ctx, ast.Store)]
                if stores and len(stores) < len(names):
                    hidden.append(f"{path.relative_to(ROOT)}:{function.lineno} {function.name}")
    assert not hidden


def test_places_have_names(sentences):
    for sentence in sentences:
        for name, _form in places(sentence):
            assert name.isidentifier(), sentence


@pytest.mark.parametrize("file", sorted(LOCALE.glob("*/LC_MESSAGES/*.po")), ids=lambda file: file.parts[-3])
def test_a_catalogue_is_complete_and_keeps_the_places(file, sentences):
    catalogue = read_po(BytesIO(file.read_bytes()))
    known = {
        part for entry in catalogue if entry.id for part in ([entry.id] if isinstance(entry.id, str) else entry.id)
    }

    assert known == sentences
    for entry in catalogue:
        if entry.id:
            ids = entry.id if isinstance(entry.id, tuple) else (entry.id,)
            strings = entry.string if isinstance(entry.string, tuple) else (entry.string,)
            for string in strings:
                assert string, entry.id
                wanted = [set(places(one)) for one in ids]
                assert set(places(string)) in (*wanted, set.union(*wanted)), entry.id
    assert file.with_suffix(".mo").exists()


def test_a_third_language_is_one_file(tmp_path, monkeypatch, open_app):
    """The five lines of CONTRIBUTING.md, with a made-up language."""
    update.update(tmp_path, "tlh")
    file = tmp_path / "tlh" / "LC_MESSAGES" / f"{DOMAIN}.po"
    catalogue = read_po(BytesIO(file.read_bytes()), "tlh")
    catalogue["English"].string = "tlhIngan Hol"
    catalogue["Depth"].string = "jaH"
    catalogue[("{n:,} layer", "{n:,} layers")].string = ("{n:,} wa'", "{n:,} law'")[: catalogue.num_plurals]
    with file.open("wb") as written:
        write_po(written, catalogue)
    again = update.update(tmp_path, "tlh")
    assert again["Depth"].string == "jaH"  # a second update keeps what is translated

    monkeypatch.setattr(viz.language, "LOCALE", tmp_path)
    for cached in (viz.language.languages, viz.language.translation):
        cached.cache_clear()
    try:
        app = open_app(lang="tlh")
        labels = {one.label for one in app.metric}
        assert "jaH" in labels
        assert "Receptive field" in labels  # not translated yet: English
        assert app.session_state["language"] == "tlh"
        assert viz.language.languages() == {"en": "English", "tlh": "tlhIngan Hol"}
    finally:
        for cached in (viz.language.languages, viz.language.translation):
            cached.cache_clear()


def test_outside_of_a_page_it_is_english():
    from models.runtime.messages import message, plural

    assert _("{n} days", n=3) == "3 days"
    assert ngettext("{n} block", "{n} blocks", 1) == "1 block"
    assert pgettext("time", "{n} days", n=2) == "2 days"
    assert listing(["a"]) == "a"
    assert (
        worded(message("{what} of {who}", what=plural("{n} layer", "{n} layers", 2), who=("a", "b")))
        == "2 layers of a and b"
    )


# ------------------------------------------------------------------ texts outside of the catalogue

_WORDS = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}|^[A-Z][a-z]{3,}$")
_MARKS = {*SPOKEN, "_refused"}
_CODE = re.compile(r"[{};<>=]|--|^\w+: |pt\"|\\|%[(s]|https?:|rgba|Helvetica|Cross-Origin")  # styles, scripts, patterns
_NAMES = frozenset({"English", "Language", "Source Sans, Helvetica, Arial, sans-serif", "skipscope job", "import torch",
                    "out of memory", "open group", "group stage", "subgraph cluster_", "Markdown", "Timing", "Given", "Plain", "Pre-activation ResNet", "Helvetica", "Basic Bottleneck", "UTF-8", "Skipscope", "BasicBlock",
                    "Bottleneck", "ResNet", "DenseNet", "Fit", "TB", "LR", "Wide ResNet", "PyTorch", "crop and flip"})  # fmt: skip


def literals(tree):
    """Yield (line, text) of literals that no function marks as a sentence; not docstrings, logs, old labels or types."""
    skipped = set()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            skipped.add(id(node.body[0].value))
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in _MARKS or name in (
                "exception",
                "compile",
                "sub",
                "search",
                "AttributeError",
                "task",
                "TypeVar",
                "cast",
            ):
                skipped |= {id(inner) for inner in ast.walk(node)}
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            skipped |= {id(inner) for inner in ast.walk(node.annotation)}
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            skipped |= {id(inner) for inner in ast.walk(node.returns)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def test_no_text_for_people_stands_outside_of_the_catalogue():
    found = []
    for path in SOURCES:
        if not path.is_relative_to(ROOT / "viz") or path.name in ("update.py", "url.py"):  # old labels of links
            continue
        if path.is_relative_to(ROOT / "viz" / "command"):  # a terminal's words are English, as Python's are
            continue
        for line, text in literals(ast.parse(path.read_text())):
            if _WORDS.search(text) and not _CODE.search(text) and text.strip() not in _NAMES:
                found.append(f"{path.relative_to(ROOT)}:{line} {text!r}")
    assert not found, "\n".join(found)
