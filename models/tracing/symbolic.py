"""A tensor with a shape but no values, which records the operations when passed through a module's own forward.

torch dispatches every function that is called with a `Symbol` to `Symbol.__torch_function__`, and `rules` defines the
function's effect on the shape. torch is not patched, so any number of symbols may pass through their networks in any
number of threads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from ..networks.dropping import Dropout, StochasticDepth
from ..networks.joins import Branches, Sum
from ..runtime.messages import UserError
from .kinds import Kind
from .layers import Shape
from .rules import RULES, Operation, batch_norm, complement, concat, conv2d, mul, relu
from .sight import Pair, Sees, adaptive_steps, extents, through, union

# Records an operation as a layer, with the receptive field and effective stride of its output; returns its path.
Record = Callable[[Operation, int, int], str]


@dataclass(slots=True, kw_only=True, eq=False)
class Symbol:
    """A tensor of one image: its shape, the layer that output it, and the part of the image that position 0 sees."""

    chw: Shape  # (C, H, W) or (features,)
    source: str
    source_shape: Shape  # output shape of the source; views of it have another
    record: "Record"
    sees: Sees = ((0, 0), (0, 0))
    jumps: Pair = (1, 1)  # image pixels between neighbouring positions
    step: Pair = (1, 1)  # stride of this view, in positions of the source

    @property
    def shape(self) -> torch.Size:
        return torch.Size((1, *self.chw))

    def size(self) -> torch.Size:
        return self.shape

    def dim(self) -> int:
        return len(self.chw) + 1

    def __add__(self, other: "Symbol") -> "Symbol":
        return _run(torch.add, (self, other), {})

    def __mul__(self, other: "Symbol | Tensor | float") -> "Symbol":
        return done(mul(self, other))

    __rmul__ = mul = __mul__

    def __rsub__(self, other: float) -> "Symbol":
        return done(complement(self))

    def sigmoid(self) -> "Symbol":
        return _run(torch.sigmoid, (self,), {})

    def mean(self, dim: Any = None, keepdim: bool = False) -> "Symbol":  # noqa: FBT001, FBT002  # torch's own signature
        return _run(torch.mean, (self, dim, keepdim), {})

    def view(self, *shape: Any) -> "Symbol":
        """The same values in another shape: no layer, no memory."""
        sides = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        chw = tuple(int(side) for side in sides[1:])
        if -1 in chw:
            rest = prod(self.chw) // -prod(chw)
            chw = tuple(rest if side == -1 else side for side in chw)
        if sides[0] not in (1, -1) or prod(chw) != prod(self.chw):
            raise UserError("{shape} can't be viewed as {other}.", shape=str(self.chw), other=str(chw))
        return replace(self, chw=chw)

    reshape = view

    def unsqueeze(self, dim: int) -> "Symbol":
        sides = list(self.shape)
        sides.insert(dim % (len(sides) + 1), 1)
        return self.view(*sides)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> "Symbol":
        """A view: no layer, no memory."""
        if (start_dim, end_dim) != (1, -1):
            raise NotImplementedError("a symbol has no rule for flattening anything but all of an image")
        if len(self.chw) < 3:
            return self
        # what reads the features sees what all positions together see
        seen = tuple(
            (first, last + (side - 1) * jump)
            for (first, last), side, jump in zip(self.sees, self.chw[1:], self.jumps, strict=True)
        )
        return replace(self, chw=(prod(self.chw),), sees=(seen[0], seen[1]))

    def __getitem__(self, index: Any) -> "Symbol":
        """A strided view of height and width, as in a zero-padded shortcut: no layer, no memory."""
        whole = slice(None)
        if index == (whole, whole, None, None):  # appends two axes, as for a gate per channel
            return self.view(*self.shape, 1, 1)
        if not (isinstance(index, tuple) and len(index) == 4 and index[:2] == (whole, whole)):
            raise NotImplementedError(f"a symbol has no rule for the index {index}: only [:, :, ::n, ::n]")
        step = index[2].step or 1, index[3].step or 1
        channels, *sides = self.chw
        return replace(
            self,
            chw=(channels, *(-(-side // by) for side, by in zip(sides, step, strict=True))),
            jumps=(self.jumps[0] * step[0], self.jumps[1] * step[1]),
            step=step,
        )

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> "Symbol":
        return _run(func, args, kwargs or {})


def _run(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Symbol:
    if func in (torch.flatten, torch.unsqueeze, torch.reshape):
        found: Symbol = getattr(args[0], func.__name__)(*args[1:], **kwargs)
        return found
    rule = RULES.get(func)
    if rule is None:
        raise NotImplementedError(f"a symbol has no rule for {getattr(func, '__name__', func)}: add one to RULES")
    return done(rule(*args, **kwargs))


def done(done: Operation) -> Symbol:
    """Record an operation and return its output."""
    first = done.inputs[0]
    sees, jumps = _sight(done)
    path = first.record(done, max(extents(sees)), max(jumps))
    return Symbol(chw=done.out, source=path, source_shape=done.out, record=first.record, sees=sees, jumps=jumps)


def _sight(done: Operation) -> tuple[Sees, Pair]:
    """The part of the image that position 0 of the output sees, and the distance between its positions, in pixels.

    Intervals are propagated along both axes: a window widens them by its size, a join takes their union
    (Araujo et al. 2019, doi 10.23915/distill.00021).
    """
    first = done.inputs[0]
    if done.kernel is None or done.kind is Kind.PAD:  # the stride of zero padding is that of its view, already counted
        if len(done.inputs) == 1:
            return first.sees, first.jumps
        seen = union([symbol.sees for symbol in done.inputs])
        return seen, max(done.inputs, key=lambda symbol: prod(symbol.chw)).jumps
    stride, padding = done.stride or (1, 1), done.padding or (0, 0)
    if done.name == "adaptive_avg_pool2d":
        stride = adaptive_steps((first.chw[1], first.chw[2]), (done.out[1], done.out[2]))
    return through(first.sees, first.jumps, done.kernel, stride, padding, done.dilation)


def _conv2d_module(module: nn.Conv2d, x: Symbol) -> Symbol:
    return done(conv2d(x, module.weight, module.bias, module.stride, module.padding, module.dilation, module.groups))


def _batch_norm_module(module: nn.BatchNorm2d, x: Symbol) -> Symbol:
    running = module.running_mean, module.running_var
    return done(batch_norm(x, *running, module.weight, module.bias, counter=module.num_batches_tracked))


def _relu_module(module: nn.ReLU, x: Symbol) -> Symbol:
    return done(relu(x))


def _dropping_module(kind: Kind, module: nn.Module, x: Symbol) -> Symbol:
    """Recorded though it does nothing here, in evaluation, so that it is seen."""
    return done(Operation(kind=kind, name=kind.value, inputs=(x,), out=x.chw))


def _branches_module(module: Branches, *symbols: Symbol) -> Symbol:
    return done(concat(Kind.BRANCHES, *symbols))


def _sum_module(module: Sum, *symbols: Symbol) -> Symbol:
    return done(Operation(kind=Kind.SUM, name="sum", inputs=symbols, out=symbols[0].chw))


_MODULES: dict[type[nn.Module], Callable[..., Symbol]] = {
    nn.Conv2d: _conv2d_module,
    nn.BatchNorm2d: _batch_norm_module,
    nn.ReLU: _relu_module,
    Branches: _branches_module,
    Sum: _sum_module,
    Dropout: partial(_dropping_module, Kind.DROPOUT),
    StochasticDepth: partial(_dropping_module, Kind.DROP_PATH),
}


def forward(module: nn.Module) -> Callable[..., Any]:
    """Return what a symbol is passed through in place of a module: its own forward, or an equivalent.

    For torch's three most common layers that is their rule: the result is the same as through torch's dispatcher, which
    would take half of a trace's time.
    """
    rule = _MODULES.get(type(module))
    return partial(rule, module) if rule else module.forward
