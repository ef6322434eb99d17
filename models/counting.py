"""The same network's totals as other tools count them: what each leaves in and out, computed from the trace.

Every rule was read in the tool's own source and is compared with the tool by a test. No torch here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from models.records import FLOAT32, Kind, Layer, Trace


@dataclass(frozen=True, slots=True)
class Count:
    """One total of a network, by one tool's rule."""

    tool: str
    quantity: str  # the tool's own word
    value: int
    rule: str
    unit: str = ""  # "bytes", or nothing
    words: str = ""  # as the tool prints it


def others(trace: Trace) -> tuple[Count, ...]:
    """For one image in evaluation mode, float32."""
    outputs = sum(_numbers(layer) for layer in trace.layers if layer.params)
    activations = sum(_numbers(layer) for layer in trace.layers if layer.kind in (Kind.CONV, Kind.LINEAR))
    fvcore = _sum(trace, _fvcore)
    return (
        Count(
            "Keras",
            "Total params",
            trace.params + trace.buffers - trace.counters,
            "trainable parameters, and the moving mean and variance of every batch norm ('non-trainable')",
        ),
        Count("torchinfo", "Total params", trace.params, "trainable parameters; running statistics are left out"),
        Count(
            "torchinfo",
            "Total mult-adds",
            _sum(trace, _torchinfo),
            "convolutions with their biases, once a position; of norms and linear layers one for each parameter",
        ),
        Count(
            "torchinfo",
            "Forward/backward pass size",
            2 * FLOAT32 * outputs,
            "outputs of the layers that have parameters, twice: forward and backward; joins, ReLUs, pooling left out",
            "bytes",
            f"{2 * FLOAT32 * outputs / 1e6:,.2f} MB",
        ),
        Count(
            "thop",
            "MACs",
            _sum(trace, _thop),
            "convolutions and linear layers without biases; 4 a number in a batch norm, none in a group norm; pooling "
            "by the mean, with its division",
        ),
        Count(
            "ptflops",
            "MACs",
            _sum(trace, _ptflops),
            "convolutions and linear layers with biases; 2 a number in a norm, in a ReLU and in what is pooled; joins "
            "are left out",
        ),
        Count(
            "fvcore",
            "flops",
            fvcore,
            "1 for a multiply-accumulate: convolutions and linear layers without biases; 2 a number in a batch norm, 5 "
            "in a group norm; the global pooling",
        ),
        Count("timm", "param_count", trace.params, "trainable parameters", words=f"{trace.params / 1e6:.2f} M"),
        Count("timm", "gmacs", fvcore, "as fvcore counts", words=f"{fvcore / 1e9:.2f} G"),
        Count(
            "timm",
            "macts",
            activations,
            "numbers that convolutions and linear layers put out",
            words=f"{activations / 1e6:.2f} M",
        ),
        Count("torchvision", "num_params", trace.params, "trainable parameters"),
        Count(
            "torchvision",
            "_ops",
            trace.macs,
            "multiply-accumulates of convolutions and linear layers without biases, in 10^9; it calls them GFLOPS",
            words=f"{trace.macs / 1e9:.3f} GFLOPS",
        ),
        Count(
            "torch",
            "FlopCounterMode",
            trace.flops,
            "2 for a multiply-accumulate: convolutions and linear layers without biases",
        ),
    )


def _sum(trace: Trace, rule: Callable[[Layer], int]) -> int:
    return sum(map(rule, trace.layers))


def _torchinfo(layer: Layer) -> int:
    if layer.kind is Kind.CONV:
        return layer.macs + _bias(layer)
    return layer.params


def _thop(layer: Layer) -> int:
    if layer.operation == "batch_norm":
        return 4 * _numbers(layer)
    if layer.operation == "avg_pool2d":
        return _numbers(layer)
    if layer.operation == "adaptive_avg_pool2d":
        return (prod(layer.input_shape[1:]) + 1) * _numbers(layer)
    return layer.macs


def _ptflops(layer: Layer) -> int:
    if layer.kind in (Kind.CONV, Kind.LINEAR):
        return layer.macs + _bias(layer)
    if layer.kind is Kind.NORM:
        return 2 * prod(layer.input_shape)
    # counted at the module and once more at the function that it calls
    return 2 * prod(layer.input_shape) if layer.kind in (Kind.ACT, Kind.POOL) else 0


def _fvcore(layer: Layer) -> int:
    if layer.kind is Kind.NORM:
        return (2 if layer.operation == "batch_norm" else 5) * prod(layer.input_shape)
    return prod(layer.input_shape) if layer.operation == "adaptive_avg_pool2d" else layer.macs


def _bias(layer: Layer) -> int:
    return _numbers(layer) if layer.bias else 0


def _numbers(layer: Layer) -> int:
    """That a layer puts out for one image."""
    return prod(layer.output_shape)
