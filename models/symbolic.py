"""A tensor that has a shape and no values: passed through a module's own forward, it tells what happens there.

torch hands every function that is called with a `Symbol` to `Symbol.__torch_function__`. `RULES` says what each
function makes of the shape; a function without a rule is refused by name. Nothing is patched, so any number of
symbols may walk through their networks in any number of threads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  # its name everywhere

from models.records import Kind, Shape

Pair = tuple[int, int]
Interval = tuple[int, int]  # first and last pixel of the image that position 0 sees


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a function does to shapes. Shapes are (C, H, W) or (features,); `out` has no batch."""

    kind: Kind
    name: str
    inputs: tuple["Symbol", ...]
    out: Shape
    kernel: Pair | None = None
    stride: Pair | None = None
    padding: Pair | None = None
    groups: int = 1
    macs: int = 0
    weights: tuple[nn.Parameter, ...] = ()
    bias: bool = False


# Files an operation as a layer, with the receptive field and the effective stride after it; returns the layer's path.
Record = Callable[[Operation, int, int], str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Symbol:
    """A tensor of one image: its shape, the layer it comes from, and what of the image its position 0 sees."""

    chw: Shape  # (C, H, W) or (features,)
    source: str
    source_shape: Shape  # what the source put out; views of it have another shape
    record: "Record"
    sees: tuple[Interval, Interval] = ((0, 0), (0, 0))
    jumps: Pair = (1, 1)  # pixels of the image between neighbouring positions
    step: Pair = (1, 1)  # of this view, in positions of the source

    @property
    def shape(self) -> torch.Size:
        return torch.Size((1, *self.chw))

    def size(self) -> torch.Size:
        return self.shape

    def dim(self) -> int:
        return len(self.chw) + 1

    def __add__(self, other: "Symbol") -> "Symbol":
        return _run(torch.add, (self, other), {})

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> "Symbol":
        """A view: no layer, no memory."""
        if (start_dim, end_dim) != (1, -1):
            raise NotImplementedError("a symbol has no rule for flattening anything but all of an image")
        return replace(self, chw=(prod(self.chw),))

    def __getitem__(self, index: Any) -> "Symbol":
        """A strided view of height and width, as a zero-padded shortcut takes it: no layer, no memory."""
        whole = slice(None)
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

    @property
    def receptive_field(self) -> int:
        return _extent(self.sees)


def _run(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Symbol:
    if func is torch.flatten:
        return args[0].flatten(*args[1:], **kwargs)  # type: ignore[no-any-return]
    if func not in RULES:
        raise NotImplementedError(f"a symbol has no rule for {getattr(func, '__name__', func)}: add one to RULES")
    done = RULES[func](*args, **kwargs)
    first = done.inputs[0]
    sees, jumps = _sight(done)
    path = first.record(done, _extent(sees), max(jumps))
    return Symbol(chw=done.out, source=path, source_shape=done.out, record=first.record, sees=sees, jumps=jumps)


def _sight(done: Operation) -> tuple[tuple[Interval, Interval], Pair]:
    """What of the image position 0 of the output sees, and how far apart its positions are there.

    Intervals are propagated along both axes: a window widens them by its reach, a join takes the union
    (Araujo et al. 2019, doi 10.23915/distill.00021).
    """
    kernel, stride, padding = done.kernel or (1, 1), done.stride or (1, 1), done.padding or (0, 0)
    sees, jumps = [], []
    for axis in (0, 1):
        jump = done.inputs[0].jumps[axis]
        low = min(symbol.sees[axis][0] for symbol in done.inputs) - padding[axis] * jump
        high = max(symbol.sees[axis][1] for symbol in done.inputs) + (kernel[axis] - 1 - padding[axis]) * jump
        sees.append((low, high))
        # the stride of zero padding is its view's, which has been reckoned already
        jumps.append(jump if done.kind is Kind.PAD else jump * stride[axis])
    return (sees[0], sees[1]), (jumps[0], jumps[1])


def _extent(sees: tuple[Interval, Interval]) -> int:
    """Along the longer side, in pixels."""
    return max(last - first + 1 for first, last in sees)


def _pair(value: Any) -> Pair:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def _sides(x: Symbol, kernel: Pair, stride: Pair, padding: Pair) -> tuple[int, int]:
    height, width = (
        (side + 2 * pad - size) // by + 1
        for side, size, by, pad in zip(x.chw[1:], kernel, stride, padding, strict=True)
    )
    return height, width


def _parameters(*tensors: Any) -> tuple[nn.Parameter, ...]:
    return tuple(tensor for tensor in tensors if isinstance(tensor, nn.Parameter))


def _conv2d(
    x: Symbol, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Operation:
    if _pair(dilation) != (1, 1):
        raise NotImplementedError("a symbol has no rule for dilated convolutions")
    out_channels, in_channels, *kernel = weight.shape
    if in_channels * groups != x.chw[0]:
        raise ValueError(f"a convolution of {in_channels * groups} channels was given {x.chw[0]}")
    stride, padding, window = _pair(stride), _pair(padding), (kernel[0], kernel[1])
    height, width = _sides(x, window, stride, padding)
    return Operation(
        kind=Kind.CONV,
        name="conv2d",
        inputs=(x,),
        out=(out_channels, height, width),
        kernel=window,
        stride=stride,
        padding=padding,
        groups=groups,
        macs=out_channels * height * width * in_channels * kernel[0] * kernel[1],
        weights=_parameters(weight, bias),
        bias=bias is not None,
    )


def _linear(x: Symbol, weight: Any, bias: Any = None) -> Operation:
    out_features, in_features = weight.shape
    if x.chw != (in_features,):
        raise ValueError(f"a linear layer of {in_features} features was given {x.chw}")
    return Operation(
        kind=Kind.LINEAR,
        name="linear",
        inputs=(x,),
        out=(out_features,),
        macs=in_features * out_features,
        weights=_parameters(weight, bias),
        bias=bias is not None,
    )


def _batch_norm(x: Symbol, mean: Any, var: Any, weight: Any = None, bias: Any = None, *_: Any, **__: Any) -> Operation:
    return Operation(
        kind=Kind.NORM,
        name="batch_norm",
        inputs=(x,),
        out=x.chw,
        weights=_parameters(weight, bias),
        bias=bias is not None,
    )


def _group_norm(x: Symbol, groups: int, weight: Any = None, bias: Any = None, *_: Any, **__: Any) -> Operation:
    return Operation(
        kind=Kind.NORM,
        name="group_norm",
        inputs=(x,),
        out=x.chw,
        groups=groups,
        weights=_parameters(weight, bias),
        bias=bias is not None,
    )


def _relu(x: Symbol, *_: Any, **__: Any) -> Operation:
    return Operation(kind=Kind.ACT, name="relu", inputs=(x,), out=x.chw)


def _pool(name: str) -> Callable[..., Operation]:
    def rule(x: Symbol, kernel_size: Any, stride: Any = None, padding: Any = 0, *_: Any, **__: Any) -> Operation:
        window = _pair(kernel_size)
        by, pad = _pair(stride or kernel_size), _pair(padding)
        out = (x.chw[0], *_sides(x, window, by, pad))
        return Operation(kind=Kind.POOL, name=name, inputs=(x,), out=out, kernel=window, stride=by, padding=pad)

    return rule


def _adaptive_avg_pool2d(x: Symbol, output_size: Any) -> Operation:
    if _pair(output_size) != (1, 1):
        raise NotImplementedError("a symbol has no rule for adaptive pooling to more than one position")
    channels, height, width = x.chw
    return Operation(
        kind=Kind.POOL,
        name="adaptive_avg_pool2d",
        inputs=(x,),
        out=(channels, 1, 1),
        kernel=(height, width),
        stride=(height, width),
        padding=(0, 0),
    )


def _pad(x: Symbol, pad: tuple[int, ...], *_: Any, **__: Any) -> Operation:
    if len(pad) != 6 or any(pad[:4]):  # left, right, top, bottom, front, back
        raise NotImplementedError("a symbol has no rule for padding height or width")
    out = (x.chw[0] + pad[4] + pad[5], *x.chw[1:])
    return Operation(kind=Kind.PAD, name="pad", inputs=(x,), out=out, kernel=(1, 1), stride=x.step, padding=(0, 0))


def _add(skip: Symbol, branch: Symbol) -> Operation:
    if skip.chw != branch.chw:
        raise ValueError(f"can't add {branch.chw} to {skip.chw}")
    return Operation(kind=Kind.ADD, name="add", inputs=(skip, branch), out=skip.chw)


def _cat(symbols: tuple[Symbol, ...], dim: int = 0) -> Operation:
    if dim != 1:
        raise NotImplementedError("a symbol has no rule for concatenating anything but channels")
    channels = sum(symbol.chw[0] for symbol in symbols)
    return Operation(kind=Kind.CONCAT, name="cat", inputs=tuple(symbols), out=(channels, *symbols[0].chw[1:]))


RULES: dict[Any, Callable[..., Operation]] = {
    torch.conv2d: _conv2d,
    F.linear: _linear,
    F.batch_norm: _batch_norm,
    F.group_norm: _group_norm,
    F.relu: _relu,
    F.max_pool2d: _pool("max_pool2d"),
    F.avg_pool2d: _pool("avg_pool2d"),
    F.adaptive_avg_pool2d: _adaptive_avg_pool2d,
    F.pad: _pad,
    torch.add: _add,
    torch.cat: _cat,
}
