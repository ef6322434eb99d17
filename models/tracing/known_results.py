"""Results of functions without values whose shape is known beforehand, so that torch need not be asked.

On the meta device torch takes norms, activation functions and sums apart in Python, which is most of the time of a
trace. Where arguments are unusual or don't fit, torch is asked, and refuses them in its own words.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from .functions import in_place

_SAME_SHAPE = frozenset(
    {
        "relu", "relu6", "hardtanh", "hardswish", "hardsigmoid", "sigmoid", "tanh", "silu", "gelu", "leaky_relu", "elu",
        "selu", "celu", "mish", "softplus", "roll", "normalize",
    }
)  # fmt: skip
_WEIGHTED = frozenset({"conv1d", "conv2d", "conv3d", "linear"})


def known_result(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Tensor | None:
    """Return a function's result without values; None if torch must be asked."""
    if not args or not isinstance(args[0], Tensor):
        return None
    first, plain = args[0], name.strip("_")
    if not first.is_meta or not first.is_floating_point() or not first.is_contiguous():
        return None
    shape = first.shape if plain in _SAME_SHAPE else _SHAPES.get(plain, _unknown)(first, args[1:], kwargs)
    if shape is None:
        return None
    if kwargs.get("inplace") or in_place(name):
        return first
    return torch.empty(shape, dtype=first.dtype, device="meta")


def known_macs(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], out: Tensor) -> int:
    """Return the multiplications of a convolution or linear layer: for each output, one for each weight; else 0."""
    if name not in _WEIGHTED or not len(weight := args[1] if len(args) > 1 else kwargs["weight"]):
        return 0
    return out.numel() * int(weight[0].numel())


Shape = tuple[int, ...] | torch.Size
Rest = tuple[Any, ...]  # the arguments after the first tensor


def _unknown(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    return None


def _arithmetic(first: Tensor, rest: Rest, kwargs: Mapping[str, Any]) -> Shape | None:
    """Of a tensor and a number, or a tensor that fits it along some axes."""
    if kwargs or len(rest) != 1:
        return None
    [second] = rest
    if not isinstance(second, Tensor):
        return first.shape if isinstance(second, int | float) else None
    if second.dtype != first.dtype or not second.is_meta or not second.is_contiguous() or second.dim() > first.dim():
        return None
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


_SHAPES: Mapping[str, Callable[[Tensor, Rest, Mapping[str, Any]], Shape | None]] = {
    **dict.fromkeys(("add", "iadd", "radd", "sub", "isub", "mul", "imul", "rmul"), _arithmetic),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "linear": _linear,
    "adaptive_avg_pool2d": _adaptive_pool,
}
