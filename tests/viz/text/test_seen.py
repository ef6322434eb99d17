"""Every chart says what it shows."""

import ast
from pathlib import Path

import pytest

from viz.text.seen import _SEEN, seen

ROOT = Path(__file__).parents[3]
DRAWN = {"show": "", "_chart": "", "draw": "compare_"}  # function -> what it puts before the key
VARIABLES = {  # keys that are variables, and their values
    "viz/signals/tab_joins.py": ["stream", "back"],
    "viz/signals/tab_outputs.py": ["activation_rms", "activation_std", "zero_fraction", "histograms"],
    "viz/compare/tab_measured.py": ["compare_timings", "compare_weight_gradient_norm", "compare_activation_rms"],
    "viz/compare/scene.py": [],  # passes its key on
    "viz/architecture/tabs.py": ["params", "shapes", "macs", "field", "stages"],
    "viz/training/tab_inside.py": ["heat_gradients", "heat_updates", "lesions", "responses", "reuse_0"],
    "viz/lessons/shown.py": [],  # a lesson's figure has `about`
}


def keys(file):
    """The keys of the charts that a file draws; None for one that is a variable."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.Call) or len(node.args) < 2:
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        owner = getattr(getattr(function, "value", None), "id", "")
        if name not in DRAWN or (name == "show" and owner != "chart") or (name != "show" and owner):
            continue
        key = node.args[1]
        if isinstance(key, ast.IfExp):
            yield from (DRAWN[name] + one.value for one in (key.body, key.orelse))
        elif isinstance(key, ast.Constant):
            yield DRAWN[name] + key.value
        elif isinstance(key, ast.JoinedStr) and isinstance(key.values[0], ast.Constant):
            yield DRAWN[name] + key.values[0].value + "0"
        else:
            yield None


FOUND = {file: list(keys(file)) for file in sorted((ROOT / "viz").rglob("*.py")) if list(keys(file))}
CHARTS = [
    (file.relative_to(ROOT).as_posix(), key)
    for file, found in FOUND.items()
    for key in VARIABLES.get(file.relative_to(ROOT).as_posix(), [key for key in found if key])
]


def test_the_charts_are_found():
    assert len(CHARTS) > 25
    for file, found in FOUND.items():
        if None in found:
            assert file.relative_to(ROOT).as_posix() in VARIABLES, file


@pytest.mark.parametrize(("file", "key"), CHARTS)
def test_a_chart_says_what_it_shows(file, key):
    assert seen(key), f"{file}: {key} is not in viz/text/seen.py"


def test_no_explanation_is_left_over():
    used = {key for __, key in CHARTS}

    for name in _SEEN:
        assert name in used or any(key.startswith(name) for key in used), name


def test_an_unknown_chart_has_none():
    assert seen("nothing") == ""
