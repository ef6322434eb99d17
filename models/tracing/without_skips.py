"""Run any network without its skip connections, or with weaker ones."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from ..networks.build import build
from ..specs.external import ExternalSpec, Network
from .addition_mode import AdditionMode
from .layers import Unclear
from .module_joins import Joins
from .recording import Shape, record

_HEADS = ("aux1", "aux2", "AuxLogits")  # torchvision's GoogLeNet and Inception v3 have them for training alone


@dataclass
class Cut:
    """What was taken out of a network; empty until its structure is known, at the first forward."""

    joins: tuple[str, ...] = ()  # the modules whose additions run without their skip, in the order of the forward
    unclear: tuple[tuple[str, Unclear], ...] = ()  # the modules with additions whose skip can't be named, and why
    concatenations: tuple[str, ...] = ()  # skips by concatenation: the layers behind them expect their channels
    skips: Mapping[int, int] = field(default_factory=dict, repr=False)  # number of an addition -> place of its skip


@contextmanager
def without_skips(module: nn.Module, *, input_shape: Shape | None = None, skip_scale: float = 0.0) -> Iterator[Cut]:
    """Multiply the skip of every addition by `skip_scale` in every forward of a module inside the context.

    0 takes the skips out, 1 changes nothing. The weights are the module's own. Yields what was cut: with `input_shape`
    (C, H, W) at once, else after the first forward. Nothing is patched: a hook before the forward and one after it,
    which other threads do not see and which are removed at the end, also after an error.

    Raises `UntraceableError` if the forward can't be followed.
    """
    cut = Cut()
    if input_shape is not None:
        _find(cut, module, (input_shape,), training=module.training)
    handles = _scale(module, cut, skip_scale, known={module.training} if input_shape is not None else set())
    try:
        yield cut
    finally:
        for handle in handles:
            handle.remove()


def built(spec: Network, *, seed: int = 0) -> nn.Module:
    """Build the network of a spec to be run as it is; a library's network whose skips are scaled runs so for good.

    Its heads for training alone are left out. Its hooks are not copied, and have no part in a trace.
    """
    network = build(spec, seed=seed)
    if isinstance(spec, ExternalSpec):
        for name in _HEADS:
            if getattr(network, name, None) is not None:
                setattr(network, name, None)
                vars(network)["aux_logits"] = False
        if spec.skip_scale != 1:
            _scale(network, Cut(), spec.skip_scale, known=set())
    return network


def _scale(module: nn.Module, cut: Cut, scale: float, *, known: set[bool]) -> list[RemovableHandle]:
    """Register the hooks that scale the skips in every forward; `known`: the modes, training or not, found already."""
    modes = threading.local()

    def before(_: nn.Module, args: tuple[Any, ...]) -> None:
        if module.training not in known:
            shapes = [tuple(one.shape[1:]) for one in args if isinstance(one, Tensor)]
            _find(cut, module, shapes, training=module.training)
            known.clear()  # the additions are numbered differently in the other mode
            known.add(module.training)
        mode = _Scaling(cut.skips, scale)
        mode.__enter__()  # type: ignore[no-untyped-call]
        vars(modes).setdefault("stack", []).append(mode)

    def after(*_: Any) -> None:
        if vars(modes).get("stack"):
            modes.stack.pop().__exit__(None, None, None)

    return [
        module.register_forward_pre_hook(before),
        module.register_forward_hook(after, always_call=True, prepend=True),
    ]


def _find(cut: Cut, module: nn.Module, shapes: Sequence[Shape], *, training: bool) -> None:
    calls = record(module, shapes, training=training).calls
    found = Joins(calls)
    cut.joins = tuple(calls[join.call].container for join in found.named)
    cut.unclear = tuple((calls[one.call].container, one.why) for one in found.unclear)
    cut.concatenations = tuple(calls[place].container for place in found.concatenations)
    cut.skips = {calls[join.call].addition: join.skip for join in found.named}


def scaling(joins: Joins, scale: float) -> TorchFunctionMode:
    """Return a mode in which one forward of the module with these joins has its skips multiplied by `scale`."""
    return _Scaling({joins.calls[join.call].addition: join.skip for join in joins.named}, scale)


class _Scaling(AdditionMode):
    """Scales the skip of the additions with given numbers, in one forward."""

    def __init__(self, skips: Mapping[int, int], scale: float) -> None:
        super().__init__()
        self.skips = skips
        self.scale = scale

    def otherwise(self, number: int, operands: tuple[Any, ...]) -> Tensor | None:
        skip = self.skips.get(number)
        if skip is None:
            return None
        branch: Tensor = operands[1 - skip]
        return branch if self.scale == 0 else operands[skip] * self.scale + branch
