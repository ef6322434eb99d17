"""`source(spec)`: export a network as one self-contained PyTorch file, made from the code that builds it here."""

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from functools import cache, partial
from types import ModuleType
from typing import Any

from ..runtime.version import __version__
from ..specs.choices import Gate, Init
from ..specs.spec import NetworkSpec
from .arguments import arguments, block_class, family
from .initialisation import INITS, silence
from .joins import nearly_closed

_FACTORIES = (
    "Conv",
    "Norm",
    "Shortcut",
    "ResidualBlock",
    "DenseBlockLayer",
    "StageBlock",
    "ResidualInception",
    "Unit",
    "StemConv",
    "Layout",
)  # protocols here, one alias when exported

_HEADER = '''"""{title}: {params:,} parameters.

Written by Skipscope {version} from the code that built the network there; it needs torch alone.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.functional import pad

# what makes the parts of a network
{factories} = Callable[..., nn.Module | tuple[nn.Module, nn.Module]]
'''

_LOOP = """    for module in network.modules():
        if isinstance(module, {kind}):
            {call}
"""

_FOOTER = """

def build() -> nn.Module:
    conv = {conv}
    norm = {norm}
    network = {make}(
{call}    )
{initialised}    return network


if __name__ == "__main__":
    model = build().eval()
    image = torch.randn(1, {shape})
    print(tuple(model(image).shape), f"{{sum(p.numel() for p in model.parameters()):,}} parameters")
"""


def source(spec: NetworkSpec, *, title: str, params: int) -> str:
    """Return Python source whose `build()` creates the network of `spec`: same `state_dict` keys, same output."""
    make, given = family(spec), arguments(spec)
    parts: dict[str, str] = {}
    drawn, initialised = _initialisation(spec)
    for part in (*_ours(given.values()), make, *drawn):
        _collect(part, parts)
    body = "\n\n".join(parts.values())
    local = {id(given[name]): name for name in ("conv", "norm")}
    footer = _FOOTER.format(
        conv=_written(given["conv"], {}),
        norm=_written(given["norm"], {}),
        make=make.__name__,
        call="".join(f"        {name}={_written(value, local)},\n" for name, value in given.items()),
        initialised=initialised,
        shape=", ".join(map(str, spec.input_shape)),
    )
    factories = " = ".join(name for name in _FACTORIES if f": {name}" in body)
    return _used_imports(
        f"{_HEADER.format(title=title, params=params, factories=factories, version=__version__)}\n\n{body}{footer}"
    )


def _initialisation(spec: NetworkSpec) -> tuple[list[Any], str]:
    """The functions that initialise the weights, and the lines that call them; PyTorch's default needs none."""
    drawn: list[Any] = []
    lines = ""
    if spec.init is not Init.DEFAULT:
        drawn.append(INITS[spec.init])
        lines += _LOOP.format(kind="nn.Conv2d | nn.Linear", call=f"{INITS[spec.init].__name__}(module)")
    if spec.essential.gate is not Gate.NONE:
        drawn.append(nearly_closed)
        lines += _LOOP.format(kind="GatedAdd", call="nearly_closed(module)")
    if spec.zero_init_residual and spec.silenced:
        drawn.append(silence)
        lines += _LOOP.format(kind=block_class(spec).__name__, call=f"silence(module, {spec.silenced})")
    return drawn, lines


def _ours(values: Iterable[Any]) -> Iterator[Any]:
    """This project's classes and functions among the values, including those inside partials."""
    for value in values:
        if isinstance(value, partial):
            yield from _ours((value.func, *value.keywords.values()))
        elif (inspect.isclass(value) or inspect.isfunction(value)) and not _is_library(value):
            yield value


def _is_library(value: Any) -> bool:
    """Whether the exported file can import it from torch or the standard library."""
    return value.__module__.partition(".")[0] in {"torch", *sys.stdlib_module_names}


def _collect(part: Any, parts: dict[str, str]) -> None:
    """Add the source of a part, after that of everything in this project that it uses."""
    text = inspect.getsource(part)
    module = sys.modules[part.__module__]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id not in (*_FACTORIES, *parts, part.__name__):
            for other in _ours((vars(module).get(node.id),)):
                _collect(other, parts)
            if alias := _aliases(module).get(node.id):
                parts[node.id] = alias
    parts[part.__name__] = text


@cache
def _aliases(module: ModuleType) -> dict[str, str]:
    """The source of the values that a module names, such as types, by their names."""
    text = inspect.getsource(module)
    return {
        node.targets[0].id: f"{ast.get_source_segment(text, node)}\n"
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _written(value: Any, local: dict[int, str]) -> str:
    """Write a value as source code: numbers as literals, functions by name, partials as calls."""
    if id(value) in local:
        return local[id(value)]
    if isinstance(value, partial):
        keywords = (f"{name}={_written(given, local)}" for name, given in value.keywords.items())
        return f"partial({', '.join([_written(value.func, local), *keywords])})"
    if isinstance(value, type) or inspect.isfunction(value):
        return f"nn.{value.__name__}" if value.__module__.startswith("torch.nn") else value.__name__
    return repr(value)


def _used_imports(text: str) -> str:
    """Remove the imports that this network's parts don't use."""
    tree = ast.parse(text)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    lines: list[str | None] = list(text.splitlines())
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [ast.unparse(alias) for alias in node.names if (alias.asname or alias.name) in used]
            start = f"from {node.module} import" if isinstance(node, ast.ImportFrom) else "import"
            lines[node.lineno - 1] = f"{start} {', '.join(names)}" if names else None
    return "\n".join(line for line in lines if line is not None) + "\n"
