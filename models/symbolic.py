"""A tensor that has a shape and no values: passed through a module's own forward, it tells what happens there.

torch hands every function that is called with a `Symbol` to `Symbol.__torch_function__`. `RULES` says what each
function makes of the shape; a function without a rule is refused by name. Nothing is patched, so any number of
symbols may walk through their networks in any number of threads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # its name everywhere

from models.records import Kind, Shape

Pair = tuple[int, int]
Interval = tuple[int, int]  # first and last pixel of the image that position 0 sees


@dataclass(slots=True, kw_only=True)
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
    weights: tuple[Tensor, ...] = ()
    buffers: tuple[Tensor, ...] = ()
    bias: bool = False


# Files an operation as a layer, with the receptive field and the effective stride after it; returns the layer's path.
Record = Callable[[Operation, int, int], str]


@dataclass(slots=True, kw_only=True, eq=False)
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


def _run(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Symbol:
    if func is torch.flatten:
        return args[0].flatten(*args[1:], **kwargs)  # type: ignore[no-any-return]
    rule = RULES.get(func)
    if rule is None:
        raise NotImplementedError(f"a symbol has no rule for {getattr(func, '__name__', func)}: add one to RULES")
    return _done(rule(*args, **kwargs))


def _done(done: Operation) -> Symbol:
    """File an operation, and hand on what it puts out."""
    first = done.inputs[0]
    sees, jumps = _sight(done)
    path = first.record(done, _extent(sees), max(jumps))
    return Symbol(chw=done.out, source=path, source_shape=done.out, record=first.record, sees=sees, jumps=jumps)


def _sight(done: Operation) -> tuple[tuple[Interval, Interval], Pair]:
    """What of the image position 0 of the output sees, and how far apart its positions are there.

    Intervals are propagated along both axes: a window widens them by its reach, a join takes the union
    (Araujo et al. 2019, doi 10.23915/distill.00021).
    """
    first = done.inputs[0]
    if done.kernel is None or done.kind is Kind.PAD:  # the stride of zero padding is its view's, reckoned already
        if len(done.inputs) == 1:
            return first.sees, first.jumps
        views = [symbol.sees for symbol in done.inputs]
        rows, columns = ([view[axis] for view in views] for axis in (0, 1))
        return (_union(rows), _union(columns)), first.jumps
    kernel, stride, padding = done.kernel, done.stride or (1, 1), done.padding or (0, 0)
    (top, bottom), (left, right) = first.sees
    down, across = first.jumps
    sees = (
        (top - padding[0] * down, bottom + (kernel[0] - 1 - padding[0]) * down),
        (left - padding[1] * across, right + (kernel[1] - 1 - padding[1]) * across),
    )
    return sees, (down * stride[0], across * stride[1])


def _union(intervals: list[Interval]) -> Interval:
    return min(first for first, _ in intervals), max(last for _, last in intervals)


def _extent(sees: tuple[Interval, Interval]) -> int:
    """Along the longer side, in pixels."""
    (top, bottom), (left, right) = sees
    return max(bottom - top, right - left) + 1


def _pair(value: Any) -> Pair:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def _sides(x: Symbol, kernel: Pair, stride: Pair, padding: Pair) -> tuple[int, int]:
    height, width = (
        (side + 2 * pad - size) // by + 1
        for side, size, by, pad in zip(x.chw[1:], kernel, stride, padding, strict=True)
    )
    return height, width


def _trainable(weight: Any, bias: Any) -> tuple[Tensor, ...]:
    return tuple([tensor for tensor in (weight, bias) if tensor is not None and tensor.requires_grad])


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
        weights=_trainable(weight, bias),
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
        weights=_trainable(weight, bias),
        bias=bias is not None,
    )


def _batch_norm(
    x: Symbol, mean: Any, var: Any, weight: Any = None, bias: Any = None, *_: Any, counter: Any = None, **__: Any
) -> Operation:
    return Operation(
        kind=Kind.NORM,
        name="batch_norm",
        inputs=(x,),
        out=x.chw,
        weights=_trainable(weight, bias),
        buffers=tuple([tensor for tensor in (mean, var, counter) if tensor is not None]),
        bias=bias is not None,
    )


def _group_norm(x: Symbol, groups: int, weight: Any = None, bias: Any = None, *_: Any, **__: Any) -> Operation:
    return Operation(
        kind=Kind.NORM,
        name="group_norm",
        inputs=(x,),
        out=x.chw,
        groups=groups,
        weights=_trainable(weight, bias),
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


def _conv2d_module(module: nn.Conv2d, x: Symbol) -> Symbol:
    return _done(_conv2d(x, module.weight, module.bias, module.stride, module.padding, module.dilation, module.groups))


def _batch_norm_module(module: nn.BatchNorm2d, x: Symbol) -> Symbol:
    running = module.running_mean, module.running_var
    return _done(_batch_norm(x, *running, module.weight, module.bias, counter=module.num_batches_tracked))


def _relu_module(module: nn.ReLU, x: Symbol) -> Symbol:
    return _done(_relu(x))


_MODULES: dict[type[nn.Module], Callable[..., Symbol]] = {
    nn.Conv2d: _conv2d_module,
    nn.BatchNorm2d: _batch_norm_module,
    nn.ReLU: _relu_module,
}


def forward(module: nn.Module) -> Callable[..., Any]:
    """What a symbol is passed through in place of a module: its own forward.

    torch's three commonest layers are asked by their rule at once; the way through torch's dispatcher comes to the same
    and takes half of a trace's time.
    """
    rule = _MODULES.get(type(module))
    return partial(rule, module) if rule else module.forward
