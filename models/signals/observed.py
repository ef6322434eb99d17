"""Observe one forward and backward pass, of a network that was built here or of any module."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..networks.build import build
from ..networks.dropping import Dropping
from ..specs.external import Network
from ..specs.spec import NetworkSpec
from ..tracing.hooks import Listener, listening
from ..tracing.module_hooks import listening_to
from ..tracing.module_joins import Joins
from ..tracing.module_trace import structure
from ..tracing.recording import record
from ..tracing.records import Trace
from ..tracing.structure import Structure
from ..tracing.without_skips import scaling


def followed(spec: Network) -> Structure | None:
    """Return how the forward of a library's network is followed; None for ours, whose layers are modules."""
    if isinstance(spec, NetworkSpec):
        return None
    with torch.device("meta"):
        built = build(spec)
    return structure(built, spec.input_shape, skip_scale=spec.skip_scale)


def leave_nothing_out(network: nn.Module, by: Structure | None) -> None:
    """Turn off what is left out at random in training; batch norms go on using the batch's own statistics.

    In a module of others that is everything but its batch norms, so heads for training alone do not run either.
    """
    if by is None:
        for module in network.modules():
            if isinstance(module, Dropping):
                module.eval()
        return
    network.eval()
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.train()


@contextmanager
def observing(
    network: nn.Module, traced: Trace, by: Structure | None, joins: Iterable[str], listener: Listener
) -> Iterator[None]:
    """Pass to `listener` what flows through one forward and backward pass; `by` is what `followed` returns."""
    if by is None:
        with listening(network, [layer.path for layer in traced.layers], joins, listener):
            yield
        return
    plain = nullcontext() if by.skip_scale else scaling(Joins(record(network, [traced.input_shape]).calls), 0.0)
    with listening_to(network, by, listener), plain:
        yield
