"""`source(spec)`: one self-contained PyTorch file of exactly this network, made from the code that builds it here."""

import ast
import inspect
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from models import blocks, initialisation, network
from models.initialisation import INITS, silence
from models.network import BLOCKS, arguments, family
from models.spec import Family, Init, NetworkSpec, Shortcut

_OURS = {module.__name__: module for module in (blocks, initialisation, network)}
_FACTORIES = ("Conv", "Norm", "Shortcut", "ResidualBlock", "DenseBlockLayer")  # protocols here, a plain alias there

_HEADER = '''"""{title}: {params:,} parameters.

Written by Skipscope from the code that built the network there; it needs torch alone.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
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
    """Python source whose `build()` makes the network of `spec`: equal state_dict keys, equal output."""
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
    return _used_imports(f"{_HEADER.format(title=title, params=params, factories=factories)}\n\n{body}{footer}")


def _initialisation(spec: NetworkSpec) -> tuple[list[Any], str]:
    """The functions that fill the weights, and the lines that call them; what PyTorch does by itself needs none."""
    drawn: list[Any] = []
    lines = ""
    if spec.init is not Init.DEFAULT:
        drawn.append(INITS[spec.init])
        lines += _LOOP.format(kind="nn.Conv2d | nn.Linear", call=f"{INITS[spec.init].__name__}(module)")
    if spec.zero_init_residual and spec.shortcut is not Shortcut.NONE and spec.family is Family.RESNET:
        drawn.append(silence)
        lines += _LOOP.format(kind=BLOCKS[spec.block].__name__, call=f"silence(module, preact={spec.preact})")
    return drawn, lines


def _ours(values: Iterable[Any]) -> Iterator[Any]:
    """Our own classes and functions among the arguments, also those inside partials."""
    for value in values:
        if isinstance(value, partial):
            yield from _ours((value.func, *value.keywords.values()))
        elif getattr(value, "__module__", None) in _OURS:
            yield value


def _collect(part: Any, parts: dict[str, str]) -> None:
    """Add a part's source, behind everything of ours that it names."""
    text = inspect.getsource(part)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id not in (*_FACTORIES, *parts, part.__name__):
            for other in _ours(getattr(module, node.id, None) for module in _OURS.values()):
                _collect(other, parts)
    parts[part.__name__] = text


def _written(value: Any, local: dict[int, str]) -> str:
    """A value as source: numbers as they are, functions by name, partials as calls."""
    if id(value) in local:
        return local[id(value)]
    if isinstance(value, partial):
        keywords = (f"{name}={_written(given, local)}" for name, given in value.keywords.items())
        return f"partial({', '.join([_written(value.func, local), *keywords])})"
    if isinstance(value, type) or inspect.isfunction(value):
        return f"nn.{value.__name__}" if value.__module__.startswith("torch.nn") else value.__name__
    return repr(value)


def _used_imports(text: str) -> str:
    """The source without the imports that this network's parts don't name."""
    tree = ast.parse(text)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    lines: list[str | None] = list(text.splitlines())
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names if alias.name in used]
            lines[node.lineno - 1] = f"from {node.module} import {', '.join(names)}" if names else None
    return "\n".join(line for line in lines if line is not None) + "\n"
