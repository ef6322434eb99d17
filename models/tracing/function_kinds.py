"""The kind of layer that a torch function is."""

from .functions import ACTIVATIONS
from .kinds import Kind

FUNCTION_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "conv_transpose2d"), Kind.CONV),
    **dict.fromkeys(
        (
            "batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "local_response_norm", "normalize",
        ),
        Kind.NORM,
    ),
    **dict.fromkeys((*ACTIVATIONS, "prelu", "softmax", "log_softmax", "glu", "rsub"), Kind.ACT),
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
