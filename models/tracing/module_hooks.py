"""Observe any module while it runs, by its own calls: no layer has to be a module, and none a name of ours."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from .functions import in_place, passes_on
from .hooks import Listener, Stack, Way, call_stack
from .layers import INPUT
from .structure import Read, Structure

_Path = tuple[str, Way]  # a join, and a way to it


@contextmanager
def listening_to(network: nn.Module, structure: Structure, listener: Listener) -> Iterator[None]:
    """Pass to `listener` the output and gradient of every layer, and the gradients on both ways to the joins.

    The functions that the forward calls are seen by a mode of this thread. Where a layer reads the fork of a join, it
    is given a view of it, whose gradient is what returns on that way. Values and gradients stay bit-equal; nothing is
    left behind, also after an error.
    """
    handles: list[RemovableHandle] = []
    with call_stack(network) as stack:
        mode = _Observer(stack, structure, listener, handles)
        try:
            with mode:
                yield
            mode.finish()
        finally:
            for handle in handles:
                handle.remove()


class _Observer(TorchFunctionMode):
    def __init__(self, stack: Stack, structure: Structure, listener: Listener, handles: list[RemovableHandle]) -> None:
        super().__init__()
        self.stack = stack
        self.structure = structure
        self.listener = listener
        self.handles = handles
        self.counts: Counter[tuple[str, str]] = Counter()
        self.forks: dict[str, list[Tensor]] = defaultdict(list)  # fork -> its output, and views of it
        self.waiting: Counter[str] = Counter(read.fork for reads in structure.reads.values() for read in reads)
        self.readers: Counter[_Path] = Counter()
        self.returned: dict[_Path, Tensor] = {}  # the sum so far, where several layers read a fork on one way

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", type(func).__name__).strip("_")
        if not self.stack:
            return func(*args, **kwargs)
        container = self.stack[-1][0]
        self.counts[container, name] += 1
        path = self.structure.calls.get((container, name, self.counts[container, name]))
        if path is None:
            out = func(*args, **kwargs)
            if passes_on(getattr(func, "__name__", ""), args, kwargs):
                self._follow(args, out)
            return out
        args, kwargs = self._read(path, args, kwargs)
        given = args
        if path in self.structure.skips:
            args = self._join(path, args)
        out = func(*args, **kwargs)
        if given[:1] and given[0] is not args[0] and in_place(getattr(func, "__name__", "")):
            with torch._C.DisableTorchFunction():  # noqa: SLF001
                out = given[0].copy_(out)  # the scaled skip was changed in its place
        value = next((one for one in _several(out) if isinstance(one, Tensor)), None)
        if value is not None:
            self.listener.output(path, value.detach())
            if value.requires_grad:
                self.handles.append(value.register_hook(partial(self.listener.gradient, path)))  # type: ignore[no-untyped-call]
            if self.waiting[path]:
                self.forks[path].append(value)
        return out

    def _follow(self, args: Sequence[Any], out: Any) -> None:
        """Note the views of a fork, which are read in its place."""
        for tensors in self.forks.values():
            if any(one is tensor for one in args for tensor in tensors):
                tensors += [one for one in _several(out) if isinstance(one, Tensor)]

    def _join(self, path: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Tell the two operands of a join, the skip first, and return them, the skip scaled."""
        place, scale = self.structure.skips[path], self.structure.skip_scale
        skip, branch = args[place], args[1 - place]
        if scale != 1:
            with torch._C.DisableTorchFunction():  # noqa: SLF001  # else the product would be counted as a call
                skip = skip * scale
        self.listener.operands(path, skip.detach(), branch.detach())
        return (skip, branch, *args[2:]) if place == 0 else (branch, skip, *args[2:])

    def _read(self, path: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Replace the forks among the arguments of a layer by views whose gradients are observed."""
        for read in self.structure.reads.get(path, ()):
            args = tuple(self._seen(one, read) for one in args)
            kwargs = {name: self._seen(one, read) for name, one in kwargs.items()}
            self.waiting[read.fork] -= 1
            if not self.waiting[read.fork]:
                self.forks.pop(read.fork, None)
        return args, kwargs

    def _seen(self, value: Any, read: Read) -> Any:
        if type(value) in (tuple, list):
            return type(value)(self._seen(one, read) for one in value)
        if not isinstance(value, Tensor) or not value.requires_grad:
            return value
        if read.fork != INPUT and not any(value is one for one in self.forks.get(read.fork, ())):
            return value
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # no call of the network's
            seen = value.view_as(value)
        key = read.join, read.way
        self.readers[key] += 1
        self.handles.append(seen.register_hook(partial(self._return, key)))  # type: ignore[no-untyped-call]
        return seen

    def _return(self, key: _Path, gradient: Tensor) -> None:
        if self.readers[key] == 1:
            self.listener.returned(*key, gradient)
        elif key in self.returned and self.returned[key].shape == gradient.shape:
            self.returned[key] = self.returned[key] + gradient
        else:
            self.returned.setdefault(key, gradient)

    def finish(self) -> None:
        """Tell the gradients of the ways on which several layers read the fork: their sum."""
        for key, gradient in self.returned.items():
            self.listener.returned(*key, gradient)


def _several(out: Any) -> Sequence[Any]:
    return out if isinstance(out, tuple | list) else (out,)
