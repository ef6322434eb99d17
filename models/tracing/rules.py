"""Shape rules of torch functions, one for each function. A function without a rule raises an error with its name.

A rule gets a symbol (a tensor with a shape but no values) in place of a tensor and returns an `Operation`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  # the usual name

from ..runtime.messages import UserError
from .functions import pair
from .kinds import Kind
from .layers import Shape, slid
from .sight import Pair, adaptive_window

if TYPE_CHECKING:
    from .symbolic import Symbol


@dataclass(slots=True, kw_only=True)
class Operation:
    """The effect of a function on shapes. Shapes are (C, H, W) or (features,); `out` has no batch."""

    kind: str  # a key of `KINDS`
    name: str
    inputs: tuple["Symbol", ...]
    out: Shape
    kernel: Pair | None = None
    stride: Pair | None = None
    padding: Pair | None = None
    dilation: int = 1
    ceil: bool = False  # a window that is not complete counts too
    groups: int = 1
    factor: float | None = None  # of a product with a constant
    macs: int = 0
    weights: tuple[Tensor, ...] = ()
    buffers: tuple[Tensor, ...] = ()
    bias: bool = False


def _sides(x: "Symbol", window: Pair, stride: Pair, padding: Pair, *, ceil: bool = False) -> tuple[int, int]:
    height, width = (
        slid(side, size, by, pad, ceil=ceil)
        for side, size, by, pad in zip(x.chw[1:], window, stride, padding, strict=True)
    )
    return height, width


def _trainable(weight: Any, bias: Any) -> tuple[Tensor, ...]:
    return tuple([tensor for tensor in (weight, bias) if tensor is not None and tensor.requires_grad])


def conv2d(
    x: "Symbol", weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Operation:
    apart, *others = {*pair(dilation)}
    if others:
        raise NotImplementedError("a symbol has no rule for dilations that differ between height and width")
    out_channels, in_channels, *kernel = weight.shape
    if in_channels * groups != x.chw[0]:
        raise UserError("A convolution of {n} channels got {got}.", n=in_channels * groups, got=x.chw[0])
    stride, padding, window = pair(stride), pair(padding), (kernel[0], kernel[1])
    height, width = _sides(x, (apart * (window[0] - 1) + 1, apart * (window[1] - 1) + 1), stride, padding)
    return Operation(
        kind=Kind.CONV,
        name="conv2d",
        inputs=(x,),
        out=(out_channels, height, width),
        kernel=window,
        stride=stride,
        padding=padding,
        dilation=apart,
        groups=groups,
        macs=out_channels * height * width * in_channels * kernel[0] * kernel[1],
        weights=_trainable(weight, bias),
        bias=bias is not None,
    )


def _linear(x: "Symbol", weight: Any, bias: Any = None) -> Operation:
    out_features, in_features = weight.shape
    if x.chw != (in_features,):
        raise UserError("A linear layer of {n} features got {got}.", n=in_features, got=str(x.chw))
    return Operation(
        kind=Kind.LINEAR,
        name="linear",
        inputs=(x,),
        out=(out_features,),
        macs=in_features * out_features,
        weights=_trainable(weight, bias),
        bias=bias is not None,
    )


def batch_norm(
    x: "Symbol", mean: Any, var: Any, weight: Any = None, bias: Any = None, *_: Any, counter: Any = None, **__: Any
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


def _group_norm(x: "Symbol", groups: int, weight: Any = None, bias: Any = None, *_: Any, **__: Any) -> Operation:
    return Operation(
        kind=Kind.NORM,
        name="group_norm",
        inputs=(x,),
        out=x.chw,
        groups=groups,
        weights=_trainable(weight, bias),
        bias=bias is not None,
    )


def _activation(name: str) -> Callable[..., Operation]:
    def rule(x: "Symbol", *_: Any, **__: Any) -> Operation:
        return Operation(kind=Kind.ACT, name=name, inputs=(x,), out=x.chw)

    return rule


relu, complement = _activation("relu"), _activation("rsub")


def _pool(name: str) -> Callable[..., Operation]:
    def rule(
        x: "Symbol", kernel_size: Any, stride: Any = None, padding: Any = 0, *rest: Any, **named: Any
    ) -> Operation:
        window = pair(kernel_size)
        by, pad = pair(stride or kernel_size), pair(padding)
        # max_pool2d has a dilation before it
        ceil = bool(named.get("ceil_mode", rest[0] if rest and name == "avg_pool2d" else False))
        out = (x.chw[0], *_sides(x, window, by, pad, ceil=ceil))
        return Operation(
            kind=Kind.POOL, name=name, inputs=(x,), out=out, kernel=window, stride=by, padding=pad, ceil=ceil
        )

    return rule


def _mean(x: "Symbol", dim: Any = None, keepdim: bool = False, **__: Any) -> Operation:  # noqa: FBT001, FBT002
    """Mean of all positions in each channel."""
    axes = tuple(sorted(axis % 4 for axis in ((dim,) if isinstance(dim, int) else dim or ())))
    if axes != (2, 3):
        raise NotImplementedError("a symbol has no rule for any mean but that over height and width")
    channels, height, width = x.chw
    sides = (height, width)
    out = (channels, 1, 1) if keepdim else (channels,)
    return Operation(kind=Kind.POOL, name="mean", inputs=(x,), out=out, kernel=sides, stride=sides, padding=(0, 0))


def _adaptive_avg_pool2d(x: "Symbol", output_size: Any) -> Operation:
    """Mean of one window for each output position; where they differ in size, the largest is recorded."""
    channels, height, width = x.chw
    out = pair(output_size)
    windows, strides = adaptive_window((height, width), out)
    return Operation(
        kind=Kind.POOL,
        name="adaptive_avg_pool2d",
        inputs=(x,),
        out=(channels, *out),
        kernel=windows,
        stride=strides,
        padding=(0, 0),
    )


def _pad(x: "Symbol", pad: tuple[int, ...], *_: Any, **__: Any) -> Operation:
    if len(pad) != 6 or any(pad[:4]):  # left, right, top, bottom, front, back
        raise NotImplementedError("a symbol has no rule for padding height or width")
    out = (x.chw[0] + pad[4] + pad[5], *x.chw[1:])
    return Operation(kind=Kind.PAD, name="pad", inputs=(x,), out=out, kernel=(1, 1), stride=x.step, padding=(0, 0))


def add(skip: "Symbol", branch: "Symbol") -> Operation:
    if skip.chw != branch.chw:
        raise UserError("{branch} can't be added to {skip}.", branch=str(branch.chw), skip=str(skip.chw))
    return Operation(kind=Kind.ADD, name="add", inputs=(skip, branch), out=skip.chw)


def mul(first: "Symbol", second: Any) -> Operation:
    """Elementwise product; sides of 1 are broadcast."""
    if isinstance(second, Tensor):
        return Operation(
            kind=Kind.PRODUCT, name="mul", inputs=(first,), out=first.chw, weights=_trainable(second, None)
        )
    if isinstance(second, int | float):
        return Operation(kind=Kind.PRODUCT, name="mul", inputs=(first,), out=first.chw, factor=second)
    if len(first.chw) != len(second.chw) or any(
        one != other and 1 not in (one, other) for one, other in zip(first.chw, second.chw, strict=True)
    ):
        raise UserError("{first} can't be multiplied by {second}.", first=str(first.chw), second=str(second.chw))
    out = tuple(map(max, zip(first.chw, second.chw, strict=True)))
    return Operation(kind=Kind.PRODUCT, name="mul", inputs=(first, second), out=out)


def _cat(symbols: tuple["Symbol", ...], dim: int = 0) -> Operation:
    if dim != 1:
        raise NotImplementedError("a symbol has no rule for concatenating anything but channels")
    return concat(Kind.CONCAT, *symbols)


def concat(kind: Kind, *symbols: "Symbol") -> Operation:
    channels = sum(symbol.chw[0] for symbol in symbols)
    return Operation(kind=kind, name="cat", inputs=tuple(symbols), out=(channels, *symbols[0].chw[1:]))


RULES: dict[Any, Callable[..., Operation]] = {
    torch.conv2d: conv2d,
    F.linear: _linear,
    F.batch_norm: batch_norm,
    F.group_norm: _group_norm,
    F.relu: relu,
    torch.sigmoid: _activation("sigmoid"),
    torch.tanh: _activation("tanh"),
    F.max_pool2d: _pool("max_pool2d"),
    F.avg_pool2d: _pool("avg_pool2d"),
    F.adaptive_avg_pool2d: _adaptive_avg_pool2d,
    torch.mean: _mean,
    F.pad: _pad,
    torch.add: add,
    torch.mul: mul,
    torch.cat: _cat,
}
