"""Results of functions without values whose shape is known beforehand, so that torch need not be asked.

On the meta device torch takes norms, activation functions and sums apart in Python, which is most of the time of a
trace. Where arguments are unusual or don't fit, torch is asked, and refuses them in its own words.
"""

from collections.abc import Mapping
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
_OF_TWO = frozenset({"add", "iadd", "radd", "sub", "isub", "mul", "imul", "rmul"})


def known_result(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Tensor | None:
    """Return a function's result without values; None if torch must be asked."""
    if not args or not isinstance(args[0], Tensor):
        return None
    first = args[0]
    if not first.is_meta or not first.is_floating_point() or not first.is_contiguous():
        return None
    plain = name.strip("_")
    if plain in _SAME_SHAPE:
        return first if kwargs.get("inplace") or in_place(name) else _like(first)
    if plain in _OF_TWO and not kwargs and len(args) == 2:
        return _of_two(first, args[1], in_place(name))
    if name == "batch_norm":
        own = [one for one in args[1:5] if isinstance(one, Tensor)]
        fits = first.dim() > 1 and len(own) > 1 and all(one.shape == first.shape[1:2] for one in own)
        return _like(first) if fits else None
    if name == "layer_norm" and len(args) > 1 and isinstance(args[1], tuple | list):
        shape = tuple(args[1])
        own = [one for one in args[2:4] if isinstance(one, Tensor)]
        fits = first.shape[-len(shape) :] == shape and all(one.shape == shape for one in own)
        return _like(first) if fits else None
    if name == "linear" and len(args) > 1 and first.dim() > 1 and args[1].dim() == 2:
        bias = args[2] if len(args) > 2 else kwargs.get("bias")
        fits = args[1].shape[1] == first.shape[-1] and (bias is None or bias.shape == args[1].shape[:1])
        return torch.empty((*first.shape[:-1], len(args[1])), dtype=first.dtype, device="meta") if fits else None
    if name == "adaptive_avg_pool2d" and first.dim() == 4 and len(args) == 2:
        sides = args[1] if isinstance(args[1], tuple | list) else (args[1], args[1])
        fits = len(sides) == 2 and all(isinstance(one, int) and one > 0 for one in sides)
        return torch.empty((*first.shape[:2], *sides), dtype=first.dtype, device="meta") if fits else None
    return None


def known_macs(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], out: Tensor) -> int:
    """Return the multiplications of a convolution or linear layer: for each output, one for each weight; else 0."""
    if name not in _WEIGHTED or not len(weight := args[1] if len(args) > 1 else kwargs["weight"]):
        return 0
    return out.numel() * int(weight[0].numel())


def _of_two(first: Tensor, second: Any, changed: bool) -> Tensor | None:
    """A sum or product of a tensor and a number, or a tensor that fits it along some axes."""
    if isinstance(second, Tensor):
        if second.dtype != first.dtype or not second.is_meta or not second.is_contiguous():
            return None
        missing = first.dim() - second.dim()
        if second.shape != first.shape and (
            missing < 0
            or any(one not in (1, whole) for one, whole in zip(second.shape, first.shape[missing:], strict=True))
        ):
            return None
    elif not isinstance(second, int | float):
        return None
    return first if changed else _like(first)


def _like(tensor: Tensor) -> Tensor:
    return torch.empty(tensor.shape, dtype=tensor.dtype, device="meta")
