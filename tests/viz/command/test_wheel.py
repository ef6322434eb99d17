"""The wheel: one package, in an environment of its own, that claims no other name and opens the app."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from tests.conftest import ROOT
from tests.viz.browser import chromium, visiting
from tests.viz.command.test_main import started
from viz.command.wheel import package

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy: the project's folder stays as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "project"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "runs", "__pycache__", ".*_cache"))
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(copy)],
        capture_output=True,
        check=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment with the wheel in it; what it depends on is taken from this one, since it takes gigabytes."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
    )
    site = next((folder / "lib").glob("python*")) / "site-packages"
    (site / "dependencies.pth").write_text(str(Path(torch.__file__).parents[1]))
    return folder / "bin"


def test_the_wheel_holds_one_package_and_its_command(wheel):
    with zipfile.ZipFile(wheel) as file:
        tops = {name.partition("/")[0] for name in file.namelist()}
        told = file.read(next(name for name in file.namelist() if name.endswith("entry_points.txt"))).decode()

    assert {top for top in tops if not top.endswith(".dist-info")} == {"skipscope"}
    assert "skipscope = skipscope.viz.command.main:main" in told


def test_no_import_of_the_old_names_is_left(tmp_path):
    package(ROOT, tmp_path)

    for path in tmp_path.rglob("*.py"):
        assert not re.search(r"^\s*(from|import) (models|viz)\b", path.read_text(), re.MULTILINE), path


def test_from_python_it_is_called_skipscope(installed, tmp_path):
    code = (
        "import importlib.util, skipscope\n"
        "found = skipscope.trace(skipscope.PRESETS['resnet18'].spec)\n"
        "print(found.params, '<svg' in found._repr_html_())\n"
        "print(importlib.util.find_spec('models'), importlib.util.find_spec('viz'))\n"
    )

    done = subprocess.run([installed / "python", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.split("\n")[:2] == ["11689512 True", "None None"]


def test_the_installed_command_opens_the_app(installed, tmp_path):
    chromium()
    running, address = started(
        [installed / "skipscope", "--no-browser"], tmp_path, env=os.environ | {"HOME": str(tmp_path)}
    )
    try:
        with visiting(address.rstrip("/")) as visit:
            for page in ("", "signals", "compare", "training", "sweeps"):
                visit.page.goto(f"{address}{page}")
                visit.page.locator("h1").first.wait_for()
            assert visit.troubles == []
    finally:
        running.terminate()
        running.wait(timeout=600)
