"""Totals of a network as other tools count them, each by its own rule, computed from the trace.

Every rule was taken from the tool's source code and is compared with the tool by a test. No torch here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from ..runtime.messages import N_
from .kinds import Kind
from .layers import FLOAT32, Layer
from .records import Trace


@dataclass(frozen=True, slots=True)
class Count:
    """One total of a network, by one tool's rule."""

    tool: str
    quantity: str  # the tool's own term
    value: int
    rule: str  # a sentence of the catalogue
    unit: str = ""  # "bytes" or empty
    words: str = ""  # as the tool prints it


def others(trace: Trace) -> tuple[Count, ...]:
    """Return the totals by other tools, for one image in evaluation mode, in float32."""
    outputs = sum(_numbers(layer) for layer in trace.layers if layer.params)
    activations = sum(_numbers(layer) for layer in trace.layers if layer.kind in (Kind.CONV, Kind.LINEAR))
    fvcore = _sum(trace, _fvcore)
    return (
        Count(
            "Keras",
            "Total params",
            trace.params + trace.buffers - trace.counters,
            N_("trainable parameters, and the moving mean and variance of every batch norm ('non-trainable')"),
        ),
        Count("torchinfo", "Total params", trace.params, N_("trainable parameters; running statistics are left out")),
        Count(
            "torchinfo",
            "Total mult-adds",
            _sum(trace, _torchinfo),
            N_("convolutions with their biases, once per position; norms and linear layers once per parameter"),
        ),
        Count(
            "torchinfo",
            "Forward/backward pass size",
            2 * FLOAT32 * outputs,
            N_(
                "outputs of the layers that have parameters, twice: forward and backward; additions, "
                "concatenations, ReLUs and pooling are left out"
            ),
            "bytes",
            f"{2 * FLOAT32 * outputs / 1e6:,.2f} MB",
        ),
        Count(
            "thop",
            "MACs",
            _sum(trace, _thop),
            N_(
                "convolutions and linear layers without biases; 4 per element in a batch norm, none in a group "
                "norm; average pooling, including the division"
            ),
        ),
        Count(
            "ptflops",
            "MACs",
            _sum(trace, _ptflops),
            N_(
                "convolutions and linear layers with biases; 2 per element of the input of a norm, a ReLU or "
                "pooling; additions and concatenations are left out"
            ),
        ),
        Count(
            "fvcore",
            "flops",
            fvcore,
            N_(
                "1 per multiply-accumulate: convolutions and linear layers without biases; 2 per element in a "
                "batch norm, 5 in a group norm; the global pooling"
            ),
        ),
        Count("timm", "param_count", trace.params, N_("trainable parameters"), words=f"{trace.params / 1e6:.2f} M"),
        Count("timm", "gmacs", fvcore, N_("counted as in fvcore"), words=f"{fvcore / 1e9:.2f} G"),
        Count(
            "timm",
            "macts",
            activations,
            N_("elements in the outputs of convolutions and linear layers"),
            words=f"{activations / 1e6:.2f} M",
        ),
        Count("torchvision", "num_params", trace.params, N_("trainable parameters")),
        Count(
            "torchvision",
            "_ops",
            trace.macs,
            N_(
                "multiply-accumulates of convolutions and linear layers without biases, in 10⁹; torchvision calls "
                "them GFLOPS"
            ),
            words=f"{trace.macs / 1e9:.3f} GFLOPS",
        ),
        Count(
            "torch",
            "FlopCounterMode",
            trace.flops,
            N_("2 per multiply-accumulate: convolutions and linear layers without biases"),
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
    # twice: for the module, and again for the function that it calls
    return 2 * prod(layer.input_shape) if layer.kind in (Kind.ACT, Kind.POOL) else 0


def _fvcore(layer: Layer) -> int:
    if layer.kind is Kind.NORM:
        return (2 if layer.operation == "batch_norm" else 5) * prod(layer.input_shape)
    return prod(layer.input_shape) if layer.operation == "adaptive_avg_pool2d" else layer.macs


def _bias(layer: Layer) -> int:
    return _numbers(layer) if layer.bias else 0


def _numbers(layer: Layer) -> int:
    """How many values a layer outputs for one image."""
    return prod(layer.output_shape)
