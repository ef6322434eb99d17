"""torch's meta device in place of a GPU: available on every machine, and not to be mixed with CPU tensors.

Its tensors have shapes but no values. Values transferred to the CPU are ones, and the transfers are counted, because
each would wait for a GPU. This tests without a GPU that a computation takes place entirely on the device, and how often
it synchronises.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from models.signals import prepare
from models.training import estimate, predict

aten = torch.ops.aten
BETWEEN = (aten.copy_.default, aten._to_copy.default)  # operations that copy between devices
INDEXED = (aten.index.Tensor,)  # a GPU tensor can be indexed by a CPU tensor


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
    """Replace the chosen device by the meta device."""
    for module in (prepare, estimate, predict):
        monkeypatch.setattr(module, "choose", lambda name: torch.device("meta"))
    for module in (prepare, estimate):
        monkeypatch.setattr(module, "afford", lambda *args, **kwargs: 0)
    monkeypatch.setattr(torch, "autocast", lambda *args, **kwargs: nullcontext())
    with Elsewhere() as mode:
        yield mode
