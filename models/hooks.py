"""The only place that registers hooks."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

Stack = list[tuple[str, nn.Module]]


@contextmanager
def call_stack(network: nn.Module) -> Iterator[Stack]:
    """A list that holds, while the network runs, (path, module) of the modules being called, the innermost last.

    The hooks sit on this network alone and are gone afterwards, also after an error.
    """
    stack: Stack = []
    handles = []
    try:
        for path, module in network.named_modules():
            entry = (path, module)
            handles.append(module.register_forward_pre_hook(lambda *_, entry=entry: stack.append(entry)))
            handles.append(module.register_forward_hook(lambda *_: _leave(stack), always_call=True))
        yield stack
    finally:
        for handle in handles:
            handle.remove()


def _leave(stack: Stack) -> None:
    stack.pop()
