"""The source line that creates each part of a network, found in the class or function that builds it."""

import ast
import inspect
import textwrap
from functools import cache
from pathlib import Path
from typing import Any


@cache
def created_at(owner: Any) -> dict[str, str]:
    """`name -> "blocks.py:93  self.conv1 = ..."` for every part that a class or function creates; none for torch."""
    if not isinstance(owner, type):
        return _own_lines(owner)
    found: dict[str, str] = {}
    for base in reversed(owner.__mro__[:-1]):  # what a class creates itself comes before what its bases do
        found |= _own_lines(base)
    return found


def _own_lines(owner: Any) -> dict[str, str]:
    if owner.__module__.partition(".")[0] == "torch":
        return {}
    try:
        source, first = inspect.getsourcelines(owner)
    except (OSError, TypeError):  # typed into a console, say
        return {}
    text = textwrap.dedent("".join(source))
    file = Path(inspect.getsourcefile(owner) or "").name
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        if isinstance(node, ast.Assign):
            targets = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
            for target in targets:
                if isinstance(target, ast.Attribute):
                    names.append(target.attr)
                elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                    names.append(str(target.slice.value))
        elif isinstance(node, ast.keyword) and node.arg and isinstance(node.value, ast.Call):
            names.append(node.arg)
        for name in names:
            line = " ".join((ast.get_source_segment(text, node) or "").split())
            found.setdefault(name, f"{file}:{first + node.lineno - 1}  {line}")  # type: ignore[attr-defined]
    return found
