"""A device that every machine has and that no CPU tensor may be mixed with: torch's meta device, in a GPU's place.

Its tensors have shapes and no values. What is asked of it comes over as ones and is counted: each time a GPU would have
to be waited for. So what holds on every device can be tested without one: that all of a computation takes place there,
and how often it is looked at.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from models import predictions, signals, timing, training

aten = torch.ops.aten
BETWEEN = (aten.copy_.default, aten._to_copy.default)  # the ways from one device to another
INDEXED = (aten.index.Tensor,)  # a GPU's tensors take a CPU's index


class Elsewhere(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.looks = 0  # transfers to the CPU

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
        there = [one for one in tensors if one.is_meta]
        here = [one for one in tensors if not one.is_meta and one.dim()]
        if not there:
            return func(*args, **kwargs)
        if func is aten._local_scalar_dense.default:
            return self.brought(there[0].dtype)
        if func is aten._to_copy.default and kwargs.get("device") == torch.device("cpu"):
            return torch.full(there[0].shape, self.brought(there[0].dtype), dtype=kwargs.get("dtype", there[0].dtype))
        if func is aten.copy_.default and args[1].is_meta and not args[0].is_meta:
            return args[0].fill_(self.brought(args[1].dtype))
        if func is aten.bincount.default:  # it has no meta kernel
            return torch.empty(args[2], dtype=torch.int64, device="meta")
        if here and func not in BETWEEN + INDEXED:
            raise RuntimeError(f"{func} mixes devices")
        return func(*args, **kwargs)

    def brought(self, dtype: torch.dtype) -> float:
        self.looks += 1
        return True if dtype is torch.bool else 1 if not dtype.is_floating_point else 1.0


@contextmanager
def elsewhere(monkeypatch) -> Iterator[Elsewhere]:
    """Whatever chooses a device chooses this one."""
    for room in (signals, timing, training, predictions):
        monkeypatch.setattr(room, "choose", lambda name: torch.device("meta"))
    for room in (signals, timing, training):
        monkeypatch.setattr(room, "afford", lambda *args, **kwargs: 0)
    monkeypatch.setattr(torch, "autocast", lambda *args, **kwargs: nullcontext())
    with Elsewhere() as mode:
        yield mode
