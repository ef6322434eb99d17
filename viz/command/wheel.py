"""Build hook of the wheel: all parts become parts of one package, `skipscope`.

`models` and `viz` are names that others may have, so nothing is installed under them: `from models.` and `from viz.`
become `from skipscope.models.` and `from skipscope.viz.`. app.py, the assets and Streamlit's settings travel with them.
"""

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PARTS = ("models", "viz", "assets", ".streamlit", "app.py")
_IMPORT = re.compile(r"^(\s*)(from|import) (models|viz)\b", re.MULTILINE)
_DOOR = '''"""See image networks: graph, layers, signals, with and without skip connections.

The names are those of `skipscope.models`; they are loaded when they are first used.
"""

from . import models

__all__ = models.__all__


def __getattr__(name: str) -> object:
    return getattr(models, name)


def __dir__() -> list[str]:
    return __all__
'''


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling looks for this name
    """Copies the parts into one folder, with their imports changed, which becomes the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self.folder = Path(tempfile.mkdtemp())
        package(Path(self.root), self.folder)
        build_data["force_include"][str(self.folder)] = "skipscope"

    def finalize(self, version: str, build_data: dict[str, Any], artifact: str) -> None:
        shutil.rmtree(self.folder)


def package(root: Path, target: Path) -> None:
    """Write the package `skipscope` with everything below `root` that belongs to it."""
    for name in _PARTS:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(source, target / name)
    (target / "__init__.py").write_text(_DOOR)
    for path in target.rglob("*.py"):
        path.write_text(_IMPORT.sub(r"\1\2 skipscope.\3", path.read_text()))
