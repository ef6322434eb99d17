"""A copy of a module whose tensors have shapes but no values."""

import copy
from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn

_ATOMS = (bool, int, float, str, bytes, complex, type(None), torch.dtype, torch.device, type)
_HOOKS = ("_hooks", "_hooks_with_kwargs", "_hooks_always_called")


def on_meta(module: nn.Module) -> nn.Module:
    """Return a copy of a module on the `meta` device; the module is not changed. What is shared stays shared.

    As `copy.deepcopy` makes it, but without values and without the caller's hooks, and several times as fast: of a
    module's attributes only those that could change are copied. Raises whatever an attribute raises that can't be
    copied.
    """
    memo: dict[int, Any] = {}  # id of what is copied -> its copy, as in `copy.deepcopy`
    known = []
    for one in module.modules():
        for tensor in (*one.parameters(recurse=False), *one.buffers(recurse=False)):
            if id(tensor) not in memo:
                memo[id(tensor)] = _empty(tensor)
        if _usual(type(one)):
            memo[id(one)] = type(one).__new__(type(one))
            known.append(one)
        else:
            memo |= {id(value): OrderedDict() for name, value in vars(one).items() if name.endswith(_HOOKS)}
    for one in known:
        _fill(memo[id(one)], one, memo)
    twin: nn.Module = copy.deepcopy(module, memo)
    return twin


def _fill(twin: nn.Module, module: nn.Module, memo: dict[int, Any]) -> None:
    """Give a copy its attributes."""
    own = vars(twin)
    for name, value in vars(module).items():
        if name.endswith(_HOOKS):
            own[name] = OrderedDict()  # a caller's hooks are not told of tensors without values
        elif name in ("_parameters", "_buffers", "_modules"):
            own[name] = type(value)(
                (key, None if one is None else copy.deepcopy(one, memo)) for key, one in value.items()
            )
        elif isinstance(value, _ATOMS):
            own[name] = value
        else:
            own[name] = copy.deepcopy(value, memo)
    own.pop("_compiled_call_impl", None)  # as torch leaves it out


def _usual(kind: type[nn.Module]) -> bool:
    """Whether a class is copied attribute by attribute, as it does not say otherwise."""
    return (
        not hasattr(kind, "__deepcopy__")
        and not hasattr(kind, "__slots__")
        and kind.__reduce_ex__ is object.__reduce_ex__
        and kind.__reduce__ is object.__reduce__
        and all(
            getattr(kind, name, None) is getattr(object, name, None)
            or getattr(kind, name).__module__.startswith("torch.nn.")  # those only add what older files lack
            for name in ("__getstate__", "__setstate__")
        )
    )


def _empty(tensor: Tensor) -> Tensor:
    empty = (
        torch.empty(tensor.shape, dtype=tensor.dtype, device="meta")
        if tensor.is_contiguous()
        else torch.empty_like(tensor, device="meta")
    )
    return nn.Parameter(empty, requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else empty
