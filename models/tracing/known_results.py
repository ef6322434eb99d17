"""Results of functions without values whose shape is known beforehand, so that torch need not be asked.

On the meta device torch takes norms, activation functions and sums apart in Python, which is most of the time of a
trace, and for the first of them imports its compiler, which takes seconds. Where arguments are unusual or don't fit,
torch is asked, and refuses them in its own words.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from .functions import ACTIVATIONS, CONCATENATIONS, in_place
from .layers import slid

_OVER_AXIS = frozenset({"softmax", "log_softmax", "normalize"})
_SAME_SHAPE = ACTIVATIONS | _OVER_AXIS | {
    "roll", "exp", "sqrt", "rsqrt", "neg", "abs", "square", "sin", "cos", "erf", "reciprocal",
}  # fmt: skip
# With any other keyword, such as `out`, `dtype` or NumPy's `axis`, torch is asked.
_KEYWORDS = frozenset(
    {
        "inplace", "approximate", "dim", "dims", "shifts", "keepdim", "eps", "momentum", "training", "weight", "bias",
        "stride", "padding", "dilation", "groups", "kernel_size", "ceil_mode", "count_include_pad", "return_indices",
        "output_size", "normalized_shape", "num_groups", "running_mean", "running_var", "negative_slope", "alpha",
        "beta", "threshold", "p", "min_val", "max_val", "use_input_stats", "divisor_override", "_stacklevel",
    }
)  # fmt: skip
_WEIGHTED = frozenset({"conv1d", "conv2d", "conv3d", "linear"})


def known_result(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Tensor | None:
    """Return a function's result without values; None if torch must be asked."""
    if args and name in CONCATENATIONS:
        dim = kwargs.get("dim", args[1] if len(args) > 1 else 0)
        return _joined(args[0], dim) if kwargs.keys() <= {"dim"} else None
    first = args[0] if args else None
    if not isinstance(first, Tensor) or not _usual(first, args, kwargs):
        return None
    plain = name.strip("_")
    pointwise = plain in _SAME_SHAPE or plain in _ARITHMETIC
    rule = (_over_axis if plain in _OVER_AXIS else _same) if plain in _SAME_SHAPE else _SHAPES.get(plain, _unknown)
    if not (pointwise or plain in _CONTIGUOUS or first.is_contiguous()):
        rule = _unknown  # torch decides the layout
    shape = rule(first, args[1:], kwargs)
    if shape is None or kwargs.get("inplace") or in_place(name):
        return None if shape is None else first
    if pointwise:
        return torch.empty_strided(shape, first.stride(), dtype=first.dtype, device="meta")
    return torch.empty(shape, dtype=first.dtype, device="meta")


def known_macs(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], out: Tensor) -> int:
    """Return the multiplications of a convolution or linear layer: for each output, one for each weight; else 0."""
    if name not in _WEIGHTED or not len(weight := args[1] if len(args) > 1 else kwargs["weight"]):
        return 0
    return out.numel() * int(weight[0].numel())


Shape = tuple[int, ...] | torch.Size
Rest = tuple[Any, ...]  # the arguments after the first tensor


def _usual(first: Tensor, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether the arguments are such that a rule may apply: floats of one type, and no keyword beyond the usual."""
    given = (*args[1:], *kwargs.values())
    alike = all(one.dtype == first.dtype for one in given if isinstance(one, Tensor))  # else torch decides, or refuses
    return first.is_meta and first.is_floating_point() and alike and kwargs.keys() <= _KEYWORDS and _dense(first)


def _dense(tensor: Tensor) -> bool:
    """Whether a tensor's values lie beside each other in memory, in whatever order of the axes."""
    if tensor.is_contiguous():
        return True
    expected = 1
    for stride, size in sorted((stride, size) for stride, size in zip(tensor.stride(), tensor.shape, strict=True)):
        if size > 1:
            if stride != expected:
                return False
            expected *= size
    return True


def _joined(tensors: Any, dim: Any) -> Tensor | None:
    """The concatenation of tensors that fit."""
    if not isinstance(tensors, tuple | list) or not tensors or not isinstance(dim, int):
        return None
    first = tensors[0]
    if not all(one.is_meta and one.is_contiguous() and one.dtype == first.dtype for one in tensors):
        return None
    if not -first.dim() <= dim < first.dim() or any(one.dim() != first.dim() for one in tensors):
        return None
    axis = dim % first.dim()
    sides = [list(one.shape) for one in tensors]
    total = sum(one.pop(axis) for one in sides)
    if any(one != sides[0] for one in sides):
        return None
    return torch.empty((*sides[0][:axis], total, *sides[0][axis:]), dtype=first.dtype, device="meta")


def _unknown(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    return None


def _same(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    return first.shape


def _over_axis(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    dims = [one for one in (*rest, kwargs.get("dim")) if isinstance(one, int) and not isinstance(one, bool)]
    plain = all(isinstance(one, int | float) for one in rest)  # a type is no number
    return first.shape if plain and all(-first.dim() <= dim < first.dim() for dim in dims) else None


def _arithmetic(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    """Of a tensor and a number, or a tensor that fits it along some axes."""
    if kwargs or len(rest) != 1:
        return None
    [second] = rest
    if not isinstance(second, Tensor):
        return first.shape if isinstance(second, int | float) else None
    alike = second.is_contiguous() or (second.shape == first.shape and second.stride() == first.stride())
    if second.dtype != first.dtype or not second.is_meta or not alike or second.dim() > first.dim():
        return None
    if not first.is_contiguous() and second.dim() and second.stride() != first.stride():
        return None  # of two layouts torch decides
    last = first.shape[first.dim() - second.dim() :]
    return first.shape if all(one in (1, whole) for one, whole in zip(second.shape, last, strict=True)) else None


def _batch_norm(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    own = [one for one in rest[:4] if isinstance(one, Tensor)]
    fits = first.dim() > 1 and len(own) > 1 and all(one.shape == first.shape[1:2] for one in own)
    return first.shape if fits else None


def _layer_norm(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    if not rest or not isinstance(rest[0], tuple | list):
        return None
    shape = tuple(rest[0])
    own = [one for one in rest[1:3] if isinstance(one, Tensor)]
    fits = first.shape[-len(shape) :] == shape and all(one.shape == shape for one in own)
    return first.shape if fits else None


def _linear(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    if not rest or first.dim() < 2 or rest[0].dim() != 2:
        return None
    bias = rest[1] if len(rest) > 1 else kwargs.get("bias")
    fits = rest[0].shape[1] == first.shape[-1] and (bias is None or bias.shape == rest[0].shape[:1])
    return (*first.shape[:-1], len(rest[0])) if fits else None


def _adaptive_pool(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    if first.dim() != 4 or len(rest) != 1:
        return None
    sides = rest[0] if isinstance(rest[0], tuple | list) else (rest[0], rest[0])
    fits = len(sides) == 2 and all(isinstance(one, int) and one > 0 for one in sides)
    return (*first.shape[:2], *sides) if fits else None


def _channel_norm(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    """Of groups of channels, or of each by itself."""
    own = [one for one in (*rest, *kwargs.values()) if isinstance(one, Tensor)]
    groups = kwargs.get("num_groups", rest[0] if rest and isinstance(rest[0], int) else 1)
    fits = first.dim() > 2 and first.shape[1] % groups == 0 and all(one.shape == first.shape[1:2] for one in own)
    return first.shape if fits else None


def _mean(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    dims = kwargs.get("dim", rest[0] if rest else None)
    keeps = kwargs.get("keepdim", rest[1] if len(rest) > 1 else False)
    given = (dims,) if isinstance(dims, int) else tuple(dims or ())
    if not given or any(not -first.dim() <= dim < first.dim() for dim in given):
        return None
    gone = {dim % first.dim() for dim in given}
    sides = [1 if place in gone else side for place, side in enumerate(first.shape)]
    return tuple(sides if keeps else [side for place, side in enumerate(sides) if place not in gone])


def _conv2d(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    given = dict(zip(("weight", "bias", "stride", "padding", "dilation", "groups"), rest, strict=False)) | dict(kwargs)
    weight, bias, groups = given["weight"], given.get("bias"), given.get("groups", 1)
    stride, padding, dilation = (_pair(given.get(name, usual)) for name, usual in _WINDOW.items())
    if stride is None or padding is None or dilation is None or first.dim() != 4 or weight.dim() != 4:
        return None
    out, channels, *kernel = weight.shape
    fits = channels * groups == first.shape[1] and out % groups == 0 and (bias is None or bias.shape == (out,))
    reach = [apart * (side - 1) + 1 for side, apart in zip(kernel, dilation, strict=True)]
    sides = _slid(first, reach, stride, padding, ceil=False)
    return (len(first), out, *sides) if fits and sides else None


def _pool2d(names: tuple[str, ...]) -> Callable[[Tensor, Rest, Mapping[str, Any]], Shape | None]:
    def shape(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
        given = dict(zip(names, rest, strict=False)) | dict(kwargs)
        kernel = _pair(given["kernel_size"])
        stride, padding = _pair(given.get("stride") or given["kernel_size"]), _pair(given.get("padding", 0))
        if kernel and padding and any(2 * pad > side for pad, side in zip(padding, kernel, strict=True)):
            return None
        odd = given.get("return_indices") or given.get("dilation", 1) not in (1, (1, 1))
        if odd or kernel is None or stride is None or padding is None or first.dim() != 4:
            return None
        sides = _slid(first, kernel, stride, padding, ceil=bool(given.get("ceil_mode")))
        return (*first.shape[:2], *sides) if sides else None

    return shape


def _pair(value: Any) -> tuple[int, int] | None:
    """Return (height, width) of an argument that may be one number; None for any other."""
    if isinstance(value, int):
        return value, value
    fits = isinstance(value, tuple | list) and len(value) == 2 and all(isinstance(one, int) for one in value)
    return (value[0], value[1]) if fits else None


def _slid(
    image: Tensor, window: Sequence[int], stride: Sequence[int], padding: Sequence[int], *, ceil: bool
) -> tuple[int, ...]:
    """The sides of what a window is slid over; nothing if it does not fit."""
    found = []
    for side, size, step, pad in zip(image.shape[2:], window, stride, padding, strict=True):
        count = slid(side, size, step, pad, ceil=ceil)
        if ceil and (count - 1) * step >= side + pad:  # it would start behind the image
            count -= 1
        found.append(count)
    return tuple(found) if all(count > 0 for count in found) else ()


_WINDOW = {"stride": 1, "padding": 0, "dilation": 1}
_CONTIGUOUS = frozenset({"layer_norm", "linear"})  # whose results are, whatever the layout of the input
_ARITHMETIC = frozenset(
    {"add", "iadd", "radd", "sub", "isub", "rsub", "mul", "imul", "rmul", "div", "truediv", "itruediv", "pow"}
)
_SHAPES: Mapping[str, Callable[[Tensor, Rest, Mapping[str, Any]], Shape | None]] = {
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
    **dict.fromkeys(("group_norm", "instance_norm"), _channel_norm),
    **dict.fromkeys(("mean", "amax", "amin"), _mean),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "linear": _linear,
    "adaptive_avg_pool2d": _adaptive_pool,
    "conv2d": _conv2d,
    "max_pool2d": _pool2d(("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")),
    "avg_pool2d": _pool2d(("kernel_size", "stride", "padding", "ceil_mode")),
}
