"""Observe a network while it runs. Hooks are registered only here."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from ..networks.joins import Concat
from ..runtime.messages import UserError

Stack = list[tuple[str, nn.Module]]
Forward = Callable[..., Any]


JOIN = "join"  # name of the module that joins skip and branch in a block
_ASIDE = "downsample"  # name of the module on a block's skip path
_SKIP = "skip"  # name of the module through which a join of several modules reads the skip


class Way(StrEnum):
    """The two paths from a block's input to its join."""

    SKIP = "skip"
    BRANCH = "branch"


@contextmanager
def call_stack(network: nn.Module, forward: Callable[[nn.Module], Forward] | None = None) -> Iterator[Stack]:
    """Yield a list that holds (path, module) of the modules being called while the network runs, the innermost last.

    `forward` returns what to call in place of a module's own forward.

    Each module's `forward` is wrapped on the instance, which takes half the time of a pair of hooks. Only this network
    is changed, and it is restored afterwards, also after an error.
    """
    stack: Stack = []
    before: list[tuple[dict[str, Any], Any]] = []
    try:
        for path, module in network.named_modules():
            own, inner = vars(module), forward(module) if forward else module.forward
            earlier, own["forward"] = own.get("forward"), _entering(stack, (path, module), inner)
            before.append((own, earlier))
        yield stack
    finally:
        for own, earlier in before:
            del own["forward"]
            if earlier is not None:
                own["forward"] = earlier


def _entering(stack: Stack, entry: tuple[str, nn.Module], forward: Forward) -> Forward:
    def entered(*args: Any, **kwargs: Any) -> Any:
        stack.append(entry)
        try:
            return forward(*args, **kwargs)
        except UserError as error:
            if error.layer is None:
                error.layer = entry[0]
            raise
        finally:
            stack.pop()

    return entered


class Listener(Protocol):
    """Receives the values of a network while it runs forward and backward; it keeps no tensor."""

    def output(self, path: str, value: Tensor) -> None: ...

    def gradient(self, path: str, value: Tensor) -> None:
        """Receive the gradient of the loss with respect to a layer's output."""

    def operands(self, path: str, skip: Tensor, branch: Tensor) -> None:
        """Receive the two inputs of an addition, where they are not the outputs of layers, as in any module."""

    def returned(self, path: str, way: Way, gradient: Tensor) -> None:
        """Receive the gradient that reaches the input of a join's block by one of the two paths."""


@contextmanager
def listening(network: nn.Module, layers: Collection[str], joins: Iterable[str], listener: Listener) -> Iterator[None]:
    """Pass to `listener` every output and gradient of the layers, and the gradients on both paths to the joins.

    Gradients are read where autograd computes them: of a layer's output by a tensor hook, of the two paths from a
    block's input by hooks on the autograd nodes that send them there. These are registered by forward hooks and change
    nothing: loss and gradients stay bit-equal in residual and dense networks. All hooks are removed afterwards, also
    after an error. Raises `ValueError` if a layer's module is called more than once.
    """
    handles: list[RemovableHandle] = []
    hooks = _Hooks(listener, handles)
    modules = dict(network.named_modules())
    again = [path for path in layers if path.partition("#")[0] in modules and path not in modules]
    if again:
        raise UserError(
            "{layer} is called twice. Give every call a module of its own.", layer=again[0].partition("#")[0]
        )
    between = [path for path in layers if path not in modules]  # functions called in the forward of a module
    try:
        handles += [
            modules[path].register_forward_hook(partial(hooks.layer, path)) for path in layers if path in modules
        ]
        for path in joins:
            if path in modules:
                inside = f".{JOIN}."  # a join of several modules: the addition is one of them
                block = path.partition(inside)[0] if inside in path else path.rpartition(".")[0]
                hooks.block(path, block, modules[block])
        with _functions(network, frozenset(between), hooks) if between else nullcontext():
            yield
    finally:
        for handle in handles:
            handle.remove()


class _Hooks:
    def __init__(self, listener: Listener, handles: list[RemovableHandle]) -> None:
        self.listener = listener
        self.handles = handles
        self.silent = False  # while a gradient is propagated a second time, not to be reported again

    def layer(self, path: str, module: nn.Module, args: tuple[Tensor, ...], out: Tensor) -> None:
        self.listener.output(path, out.detach())
        if out.requires_grad:
            heard = partial(self._gradient, path)
            self.handles.append(out.register_hook(heard))  # type: ignore[no-untyped-call]

    def block(self, join: str, path: str, block: nn.Module) -> None:
        """Register hooks for the block of a join: every child records its input; the join decides which matter."""
        entered: list[Tensor] = []
        given: dict[str, tuple[Tensor, Node | None]] = {}  # child -> its input, and the node that sends gradients to it

        def enter(module: nn.Module, args: tuple[Tensor, ...]) -> None:
            entered[:] = [args[0]]

        def take(name: str, module: nn.Module, args: tuple[Tensor, ...], out: Tensor) -> None:
            if entered:  # children after the join are left out
                given[name] = (args[0], out.grad_fn)

        def meet(module: nn.Module, args: tuple[Tensor, ...], out: Tensor) -> None:
            start = entered.pop()
            skip, node = given.pop(_SKIP, (args[0], out.grad_fn))
            fork, aside = given.pop(_ASIDE, (start, node))  # an identity has no node of its own
            ahead = next((node for origin, node in given.values() if origin is fork), None)
            given.clear()
            back = {}
            if fork is not start:  # the paths split after the block's first layers: propagate to its input
                aside, back = node, {Way.SKIP: (skip, start), Way.BRANCH: (fork, start)}
            place = 0  # of the gradient among those that a node sends
            if ahead is None and fork is not start:  # both paths leave the branch: what the join sends it is the other
                ahead, place, back[Way.BRANCH] = out.grad_fn, 1, (args[1], start)
            for way, sender, sent in ((Way.SKIP, aside, 0), (Way.BRANCH, ahead, place)):
                if sender is not None:
                    self.handles.append(sender.register_hook(partial(self._return, join, way, back.get(way), sent)))

        name = join[len(path) + 1 :]
        top = name.partition(".")[0]
        self.handles.append(block.register_forward_pre_hook(enter))
        for child, first in _readers(block, top):
            self.handles.append(first.register_forward_hook(partial(take, child)))
        self.handles.append(block.get_submodule(name).register_forward_hook(meet))

    def _gradient(self, path: str, value: Tensor) -> None:
        if not self.silent:
            self.listener.gradient(path, value)

    def _return(
        self,
        join: str,
        way: Way,
        rest: tuple[Tensor, Tensor] | None,
        place: int,
        sent: Sequence[Tensor | None],
        came: Sequence[Tensor | None],
    ) -> None:
        """`rest`: the tensors between which the gradient still has to be propagated back, if any."""
        gradient = sent[place]
        if gradient is not None and not self.silent:
            self.listener.returned(join, way, gradient if rest is None else self._carry(*rest, gradient))

    def _carry(self, start: Tensor, end: Tensor, gradient: Tensor) -> Tensor:
        """Propagate a gradient at `start` back to `end`."""
        self.silent = True
        try:
            return torch.autograd.grad(start, end, gradient, retain_graph=True)[0]
        finally:
            self.silent = False


def _readers(block: nn.Module, join: str) -> Iterator[tuple[str, nn.Module]]:
    """The first layer of each child of a block, and of its join where that reads the skip more than once."""
    for child, module in block.named_children():
        leaves = (leaf for leaf in module.modules() if not any(leaf.children()))
        first = next((leaf for leaf in leaves if not isinstance(leaf, nn.Identity)), None)
        if child != join and first is not None:
            yield child, first
    skip = getattr(block.get_submodule(join), _SKIP, None)
    if skip is not None:
        yield _SKIP, skip


class _Functions(TorchFunctionMode):
    """Observes, in one thread, the torch functions called outside leaf modules, with the names given by `tracer`."""

    def __init__(self, stack: Stack, paths: frozenset[str], hooks: _Hooks) -> None:
        super().__init__()
        self.stack = stack
        self.paths = paths
        self.hooks = hooks
        self.calls: Counter[str] = Counter()

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        if self.stack and isinstance(out, Tensor):
            container, module = self.stack[-1]
            path = f"{container}.{getattr(func, '__name__', '').strip('_')}".lstrip(".")
            if path in self.paths:
                self.calls[path] += 1
                count = self.calls[path]
                self.hooks.layer(path if count == 1 else f"{path}#{count}", module, (), out)
        return out


@contextmanager
def _functions(network: nn.Module, paths: frozenset[str], hooks: _Hooks) -> Iterator[None]:
    """Observe the functions at `paths` while the network runs forward."""
    with call_stack(network) as stack, _Functions(stack, paths, hooks):
        yield


@dataclass
class Cut:
    """What was found when a network ran without one of its blocks."""

    changes_shape: bool = False
    impossible: bool = False  # the rest had no input of the right shape: the forward pass raised


@contextmanager
def without(network: nn.Module, block: str) -> Iterator[Cut]:
    """Remove one block inside the context: only its skip is passed on, or is concatenated with zeros.

    In a plain block that is the block's input. If its shape is not what the rest expects, running the network raises
    `RuntimeError` and the cut is marked as impossible.
    """
    found = Cut()

    def cut(join: nn.Module, args: tuple[Tensor, Tensor], out: Tensor) -> Tensor:
        skip, branch = args
        if isinstance(join, Concat):
            return torch.cat((skip, torch.zeros_like(branch)), 1)
        if out.shape != skip.shape:
            found.impossible = found.changes_shape = True
            raise RuntimeError(f"{block} changes the shape and has no skip connection")
        return skip

    def enter(_: nn.Module, args: tuple[Tensor, ...], out: Tensor) -> None:
        found.changes_shape = args[0].shape != out.shape and not isinstance(network.get_submodule(join), Concat)

    join = f"{block}.{JOIN}"
    handles = [
        network.get_submodule(join).register_forward_hook(cut),
        network.get_submodule(block).register_forward_hook(enter),
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
