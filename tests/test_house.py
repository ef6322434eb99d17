"""Rules for the code base: imports, packaging, pages."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.conftest import ROOT

SOURCES = [path for folder in ("models", "viz") for path in sorted((ROOT / folder).rglob("*.py"))]
MODULES = [str(path.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__init__") for path in SOURCES]
DRAWN = [name for name in MODULES if name.startswith("viz.") and not name.startswith(("viz.backend", "viz.pages."))]
RECORDS = [name for name in MODULES if name.startswith(("models.specs", "models.results")) or name.endswith("records")]
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
        [sys.executable, "-c", code, *DRAWN, *RECORDS], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_models_run_with_neither_streamlit_nor_plotly_nor_graphviz():
    blocked = "import sys; [sys.modules.__setitem__(name, None) for name in ('streamlit', 'plotly', 'graphviz', 'pygraphviz')]"
    done = run(
        f"{blocked}; from models.tracing.tracer import trace; from models.specs.spec import NetworkSpec; print(trace(NetworkSpec()).params)"
    )

    assert done.stdout.strip() == "11689512", done.stderr


def test_the_public_door_opens_without_torch():
    done = run("import models, sys; models.NetworkSpec(); print('torch' in sys.modules, 'numpy' in sys.modules)")

    assert done.stdout.strip() == "False False", done.stderr


def contracts(folder):
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


@pytest.mark.parametrize(
    ("wrong", "modules", "contract"),
    [
        ("torch", DRAWN, "only viz.backend reaches torch"),
        ("streamlit", [name for name in MODULES if name.startswith("models.")], "models never draws"),
    ],
)
def test_the_contracts_name_every_module_that_imports_what_it_may_not(tmp_path, wrong, modules, contract):
    """Check the contracts on a copy in which every module has the forbidden import."""
    for name in ("models", "viz", "pyproject.toml"):
        source = ROOT / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copy(source, tmp_path)
    for name in modules:
        path = tmp_path / name.replace(".", "/")
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        path.write_text(f"{path.read_text()}\nimport {wrong}\n")

    said = contracts(tmp_path)

    assert f"{contract} BROKEN" in said
    for name in modules:
        assert re.search(rf"^-? *{re.escape(name)} -> {wrong} ", said, re.MULTILINE), name


def test_no_file_is_too_long_to_be_held_in_the_head():
    for path in SOURCES:
        assert len(path.read_text().splitlines()) <= 300, path


def test_imports_inside_models_are_relative():
    """The folder can be installed under another name."""
    for path in SOURCES:
        if path.is_relative_to(ROOT / "models"):
            named = [node.module for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
            assert not [name for name in named if (name or "").startswith("models")], path


def test_tests_lie_where_the_code_lies():
    for folder in ("models", "viz"):
        rooms = {path.name for path in (ROOT / folder).iterdir() if (path / "__init__.py").exists()}
        tested = {path.name for path in (ROOT / "tests" / folder).iterdir() if (path / "__init__.py").exists()}
        assert tested - rooms <= {"journeys"}, folder


def test_tracing_imports_neither_torchvision_nor_torchinfo():
    done = run(
        "import sys, models.tracing.tracer, models.networks.export_code; print([m for m in ('torchvision', 'torchinfo') if m in sys.modules])"
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


def test_there_is_one_version():
    from models import __version__

    assert PROJECT["version"] == __version__
    assert f"version: {__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_the_readmes_python_runs(monkeypatch, capsys):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)

    for code in blocks:
        exec(compile(code.replace("most=56", "most=14"), "README.md", "exec"), {})  # noqa: S102

    said = capsys.readouterr().out
    assert "3*3*64*64 = 36,864" in said
    assert "Trace(212 layers, 28,288,354 parameters, 4,490,566,656 MACs" in said
    assert "\n24 ()\n" in said
    assert said.endswith("\n1.0\n")


def test_only_stated_names_stand_at_the_top():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    top = {path.split("/")[0] for path in tracked}

    assert top <= {
        "app.py", "pyproject.toml", "viz", "models", "tests", "assets", "deploy", "README.md", "README.zh.md", "LICENSE", "requirements.txt",
        ".streamlit", ".ci", ".gitignore", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff",
    }  # fmt: skip
    assert "uv.lock" not in tracked


def test_pages_are_short_scripts():
    for page in (ROOT / "viz/pages").glob("*.py"):
        lines = page.read_text().splitlines()
        assert len(lines) <= 40, page.name
        assert page.name == "__init__.py" or len(lines) > 20, "a page holds its order itself"
        assert "def " not in page.read_text(), page.name
