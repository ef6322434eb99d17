"""The house keeps its order: imports, packaging, pages."""

import re
import subprocess
import sys
import tomllib

import pytest

from tests.conftest import ROOT

TORCHLESS = [
    "viz.theme", "viz.format", "viz.folding", "viz.graph", "viz.view", "viz.repair", "viz.tables", "viz.controls",
    "viz.state", "viz.details", "viz.figures.architecture", "viz.measure", "viz.warm", "viz.graph_view",
    "viz.comparison", "viz.quantities", "viz.verdict", "viz.block_graph", "viz.comparison_table", "viz.kinds_table",
    "viz.figures.comparison", "viz.line_up", "viz.scoreboard", "viz.report", "viz.race", "viz.lessons",
    "viz.trainings", "viz.figures.training", "viz.gallery", "viz.classroom", "viz.findings", "models.runs",
    "viz.tasks", "viz.readings", "viz.pace", "models.zeros", "models.counting", "models.memory", "models.significance",
]  # fmt: skip
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def run(code):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_is_drawn_is_imported_without_torch():
    code = """
import importlib, sys
sys.modules["torch"] = None
for module in sys.argv[1:]:
    try:
        importlib.import_module(module)
    except ImportError as error:
        print(module, error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *TORCHLESS], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_models_run_with_neither_streamlit_nor_plotly_nor_graphviz():
    blocked = "import sys; [sys.modules.__setitem__(name, None) for name in ('streamlit', 'plotly', 'graphviz', 'pygraphviz')]"
    done = run(
        f"{blocked}; from models.trace import trace; from models.spec import NetworkSpec; print(trace(NetworkSpec()).params)"
    )

    assert done.stdout.strip() == "11689512", done.stderr


def test_tracing_imports_neither_torchvision_nor_torchinfo():
    done = run(
        "import sys, models.trace, models.code; print([m for m in ('torchvision', 'torchinfo') if m in sys.modules])"
    )

    assert done.stdout.strip() == "[]", done.stderr


def requirements():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def test_the_clouds_requirements_are_the_projects():
    assert sorted(requirements()) == sorted(PROJECT["dependencies"])


def test_every_dependency_is_bounded_at_the_next_major():
    for requirement in PROJECT["dependencies"]:
        assert re.search(r">=[\d.]+,<\d+$", requirement), requirement


def test_only_stated_names_stand_at_the_top():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    top = {path.split("/")[0] for path in tracked}

    assert top <= {
        "app.py", "pyproject.toml", "viz", "models", "tests", "assets", "README.md", "LICENSE", "requirements.txt",
        ".streamlit", ".ci", ".gitignore",
    }  # fmt: skip
    assert "uv.lock" not in tracked


def test_pages_are_short_scripts():
    for page in (ROOT / "viz/pages").glob("*.py"):
        assert len(page.read_text().splitlines()) <= 40, page.name
        assert "def " not in page.read_text(), page.name
