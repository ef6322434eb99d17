"""What torch's functions do to a tensor: which only view it, which add, and which multiply matrices."""

from typing import Any

from torch import Tensor

from .sight import adaptive_window

# Views, and what passes its tensor on: no layer of their own.
VIEWS = frozenset(
    {
        "__get__",  # of x.T and x.mT; x.shape gives no tensor
        "flatten", "view", "reshape", "permute", "transpose", "t", "squeeze", "unsqueeze", "contiguous", "expand",
        "expand_as", "view_as", "reshape_as", "chunk", "split", "tensor_split", "unbind", "__getitem__", "getitem",
        "narrow", "select", "movedim", "moveaxis", "swapaxes", "swapdims", "detach", "to", "type", "float", "half",
        "unflatten", "requires_grad_", "clone", "type_as", "ravel", "split_with_sizes", "unsqueeze_", "squeeze_",
        "transpose_", "broadcast_to",
    }
)  # fmt: skip
# Other functions that multiply matrices inside: their operations are counted by torch's own counter.
COUNTED = frozenset(
    {
        "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "bilinear", "matmul", "__matmul__",
        "__rmatmul__", "bmm", "mm", "addmm", "baddbmm", "einsum", "tensordot", "mv", "dot",
        "scaled_dot_product_attention", "multi_head_attention_forward", "addbmm", "inner",
        "lstm", "gru", "rnn_tanh", "rnn_relu",
    }
)  # fmt: skip


ADDITIONS = frozenset({"add", "iadd", "radd"})
CONCATENATIONS = frozenset({"cat", "concat", "concatenate"})
ACTIVATIONS = frozenset(  # of each number by itself, without weights
    {
        "relu", "relu6", "gelu", "silu", "sigmoid", "hardswish", "hardsigmoid", "hardtanh", "elu", "selu", "celu",
        "leaky_relu", "mish", "tanh", "softplus", "logsigmoid",
    }
)  # fmt: skip
# New tensors that take only a shape or a type from another.
CONSTANT = frozenset(
    {
        "new_zeros",
        "new_ones",
        "new_full",
        "new_empty",
        "new_tensor",
        "zeros_like",
        "ones_like",
        "empty_like",
        "full_like",
    }
)


def passes_on(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a call gives its tensor on with other axes, or as it is, as dropout that leaves nothing out does."""
    share = kwargs.get("p", args[1] if len(args) > 1 else None)
    return name in VIEWS or ("dropout" in name and share == 0)


def in_place(name: str) -> bool:
    """Whether a call changes its first tensor."""
    return name.endswith("_") and (not name.startswith("__") or name.startswith("__i"))


def adds(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a call adds two tensors, as they are."""
    return (
        not kwargs
        and name.strip("_") in ADDITIONS
        and len(args) > 1
        and all(isinstance(one, Tensor) for one in args[:2])
    )


_WINDOWS: dict[str, tuple[str, ...]] = {
    "conv2d": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "max_pool2d": ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    "avg_pool2d": ("input", "kernel_size", "stride", "padding", "ceil_mode"),
    "adaptive_avg_pool2d": ("input", "output_size"),
    "adaptive_max_pool2d": ("input", "output_size"),
}


def window_of(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Tensor) -> dict[str, Any]:
    """Kernel, stride, padding, dilation and groups of a convolution or pooling over height and width; {} of others."""
    if name not in _WINDOWS or out.dim() != 4:
        return {}
    given = dict(zip(_WINDOWS[name], args, strict=False)) | kwargs
    image, weight = given["input"], given.get("weight")
    if "output_size" in given:
        sides = (image.shape[2], image.shape[3])
        kernel, stride = adaptive_window(sides, (out.shape[2], out.shape[3]))
        return {"kernel": kernel, "stride": stride, "padding": (0, 0), "dilation": 1, "groups": 1, "ceil": False}
    kernel = pair(given["kernel_size"] if weight is None else tuple(weight.shape[2:]))
    dilation, padding = pair(given.get("dilation", 1)), given.get("padding", 0)
    if dilation[0] != dilation[1]:  # a layer's window has one
        return {}
    if padding == "same":
        padding = tuple(apart * (side - 1) // 2 for apart, side in zip(dilation, kernel, strict=True))
    return {
        "kernel": kernel,
        "stride": pair(given.get("stride") or (1 if weight is not None else kernel)),
        "padding": pair(0 if padding == "valid" else padding),
        "dilation": dilation[0],
        "groups": int(given.get("groups", 1)),
        "ceil": bool(given.get("ceil_mode", False)),
    }


def pair(value: Any) -> tuple[int, int]:
    """Return (height, width) of an argument that may be one number for both."""
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[-1]))
