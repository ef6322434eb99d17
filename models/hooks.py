"""The only place that listens to a network while it runs."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node
from torch.utils.hooks import RemovableHandle

from models.blocks import Concat

Stack = list[tuple[str, nn.Module]]
Forward = Callable[..., Any]


_ASIDE = "downsample"  # a block's child that lies on its skip


class Way(StrEnum):
    """From a block's input to its join."""

    SKIP = "skip"
    BRANCH = "branch"


@contextmanager
def call_stack(network: nn.Module, forward: Callable[[nn.Module], Forward] | None = None) -> Iterator[Stack]:
    """A list that holds, while the network runs, (path, module) of the modules being called, the innermost last.

    `forward` says what to call in place of a module's own forward; left out, that itself.

    Each module's own `forward` is wrapped on the instance, which takes half the time of a pair of hooks. Nothing but
    this network is touched, and all of it is as before afterwards, also after an error.
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
        finally:
            stack.pop()

    return entered


class Hearer(Protocol):
    """What is told while a network that is listened to runs forward and backward; it keeps no tensor."""

    def output(self, path: str, value: Tensor) -> None: ...

    def gradient(self, path: str, value: Tensor) -> None:
        """Of the loss by a layer's output."""

    def returned(self, path: str, way: Way, gradient: Tensor) -> None:
        """What reaches the input of a join's block by one of the two ways."""


@contextmanager
def listening(network: nn.Module, layers: Iterable[str], joins: Iterable[str], hearer: Hearer) -> Iterator[None]:
    """Tell `hearer` of every output and gradient of the layers, and of the gradients on both ways to the joins.

    Gradients are taken where autograd has them: of a layer's output by a tensor hook, of the two ways into a block by
    hooks on the nodes that send them there. Both are set from forward hooks and change nothing, so that residual and
    dense networks are heard as they are, and loss and gradients stay bit-equal. Afterwards nothing is left, also after
    an error.
    """
    handles: list[RemovableHandle] = []
    ear = _Ear(hearer, handles)
    try:
        handles += [network.get_submodule(path).register_forward_hook(partial(ear.layer, path)) for path in layers]
        for path in joins:
            ear.block(path, network.get_submodule(path.rpartition(".")[0]))
        yield
    finally:
        for handle in handles:
            handle.remove()


class _Ear:
    def __init__(self, hearer: Hearer, handles: list[RemovableHandle]) -> None:
        self.hearer = hearer
        self.handles = handles
        self.deaf = False  # while a gradient is carried back a second time, of which the layers know already

    def layer(self, path: str, module: nn.Module, args: tuple[Tensor, ...], out: Tensor) -> None:
        self.hearer.output(path, out.detach())
        if out.requires_grad:
            heard = partial(self._gradient, path)
            self.handles.append(out.register_hook(heard))  # type: ignore[no-untyped-call]

    def block(self, join: str, block: nn.Module) -> None:
        """Hooks for the block of a join: every child says what it was given; the join decides which of them matter."""
        entered: list[Tensor] = []
        given: dict[str, tuple[Tensor, Node | None]] = {}  # child -> its input, and the node that sends gradients there

        def enter(module: nn.Module, args: tuple[Tensor, ...]) -> None:
            entered[:] = [args[0]]

        def take(name: str, module: nn.Module, args: tuple[Tensor, ...], out: Tensor) -> None:
            if entered:  # and not behind the join
                given[name] = (args[0], out.grad_fn)

        def meet(module: nn.Module, args: tuple[Tensor, ...], out: Tensor) -> None:
            start = entered.pop()
            fork, aside = given.pop(_ASIDE, (start, out.grad_fn))  # nothing lies on the skip: the join itself sends
            ahead = next(node for origin, node in given.values() if origin is fork)
            given.clear()
            back = {}
            if fork is not start:  # the ways part behind the block's first layers: carried on to where it begins
                aside, back = out.grad_fn, {Way.SKIP: (args[0], start), Way.BRANCH: (fork, start)}
            for way, node in ((Way.SKIP, aside), (Way.BRANCH, ahead)):
                if node is not None:
                    self.handles.append(node.register_hook(partial(self._return, join, way, back.get(way))))

        name = join.rpartition(".")[2]
        self.handles.append(block.register_forward_pre_hook(enter))
        for child, module in block.named_children():
            first = next(leaf for leaf in module.modules() if not any(leaf.children()))
            if child != name and not isinstance(first, nn.Identity):
                self.handles.append(first.register_forward_hook(partial(take, child)))
        self.handles.append(block.get_submodule(name).register_forward_hook(meet))

    def _gradient(self, path: str, value: Tensor) -> None:
        if not self.deaf:
            self.hearer.gradient(path, value)

    def _return(
        self,
        join: str,
        way: Way,
        rest: tuple[Tensor, Tensor] | None,
        sent: Sequence[Tensor | None],
        came: Sequence[Tensor | None],
    ) -> None:
        """`rest` are the tensors between which the gradient still has to go back, if it has."""
        gradient = sent[0]
        if gradient is not None and not self.deaf:
            self.hearer.returned(join, way, gradient if rest is None else self._carry(*rest, gradient))

    def _carry(self, start: Tensor, end: Tensor, gradient: Tensor) -> Tensor:
        """A gradient at `start` carried back to `end`."""
        self.deaf = True
        try:
            return torch.autograd.grad(start, end, gradient, retain_graph=True)[0]
        finally:
            self.deaf = False


JOIN = "join"  # a block's child where skip and branch meet


@dataclass
class Cut:
    """What became clear when a network ran without one of its blocks."""

    changes_shape: bool = False
    impossible: bool = False  # nothing would be left to go on with: running the network raised


@contextmanager
def without(network: nn.Module, block: str) -> Iterator[Cut]:
    """A network without one block: its skip goes on alone, with zeros behind it where it would be concatenated.

    Of a plain block that is its input; where that has not the shape that the rest expects, running the network raises
    `RuntimeError` and the cut is told to be impossible.
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
