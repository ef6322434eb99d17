"""The kind of layer that a torch function is, and the window of a convolution or pooling."""

from typing import Any

from .kinds import Kind
from .recording import Call

FUNCTION_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "conv_transpose2d"), Kind.CONV),
    **dict.fromkeys(
        (
            "batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "local_response_norm", "normalize",
        ),
        Kind.NORM,
    ),
    **dict.fromkeys(
        (
            "relu", "relu6", "gelu", "silu", "sigmoid", "hardswish", "hardsigmoid", "hardtanh", "elu", "selu", "celu",
            "leaky_relu", "prelu", "mish", "tanh", "softmax", "log_softmax", "softplus", "logsigmoid", "glu", "rsub",
        ),
        Kind.ACT,
    ),
    **dict.fromkeys(
        (
            "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "mean", "amax", "lp_pool2d",
        ),
        Kind.POOL,
    ),
    **dict.fromkeys(("dropout", "dropout2d", "feature_dropout"), Kind.DROPOUT),
    **dict.fromkeys(("scaled_dot_product_attention", "multi_head_attention_forward"), Kind.ATTENTION),
    **dict.fromkeys(("mul", "imul", "rmul", "multiply"), Kind.PRODUCT),
    "linear": Kind.LINEAR,
    "pad": Kind.PAD,
}  # fmt: skip


def window(call: Call, kind: Kind) -> dict[str, Any]:
    """Kernel, stride, padding, dilation and groups of a convolution or pooling in two dimensions."""
    if call.name == "adaptive_avg_pool2d" or "kernel_size" not in call.options or len(call.output_shape) != 3:
        return {}
    options = call.options
    kernel = _pair(options["kernel_size"])
    stride = _pair(options.get("stride") or (kernel if kind is Kind.POOL else 1))
    padding = options.get("padding", 0)
    if padding == "same":
        padding = tuple(side // 2 for side in kernel)
    elif padding == "valid":
        padding = 0
    dilation = _pair(options.get("dilation", 1))
    return {
        "kernel": kernel,
        "stride": stride,
        "padding": _pair(padding),
        "dilation": dilation[0],
        "groups": int(options.get("groups", 1)),
        "ceil": bool(options.get("ceil_mode", False)),
    }


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[-1]))
