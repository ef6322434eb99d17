"""The formulas of a network, and remarks on those of a layer; formulas contain only symbols and numbers."""

from models.tracing.kinds import Kind
from models.tracing.layers import GLOBAL_POOLS, Layer
from models.tracing.records import Trace
from viz.language import _
from viz.style import format


def summed(trace: Trace, quantity: str) -> str:
    """Return a total as the sum over the stages, as in stem 9,536 + layer1 215,808 + ... = 25,557,032."""
    terms = [(format.stage(total.path), getattr(total, quantity)) for total in trace.stages]
    return " + ".join(f"{name} {value:,}" for name, value in terms if value) + f" = {getattr(trace, quantity):,}"


def field_before_pooling(trace: Trace) -> str:
    """Return the receptive field before the global pooling, with the layer whose it is."""
    return f"{trace.features.path}: {trace.features.receptive_field_formula}"


def params(layer: Layer) -> str:
    return "" if layer.params else _("(nothing to learn)")


def macs(layer: Layer) -> str:
    return "" if layer.macs else _("(only convolutions and linear layers are counted)")


def shape(layer: Layer) -> str:
    """Return what the numbers in the formula of the output's shape stand for."""
    if layer.kind == Kind.LINEAR:
        return _("(one output per number)") if layer.block else _("(one output per class)")
    if layer.kind == Kind.CONCAT:
        return _("(channels)")
    if layer.kind == Kind.PAD:
        return _("(channels, filled with zeros)")
    if layer.kind == Kind.PRODUCT:
        return _("(element by element)")
    if layer.operation in GLOBAL_POOLS:
        return _("(the mean of all positions of a channel)")
    if layer.kernel is None or layer.stride is None or layer.padding is None:
        return _("(as the input)")
    return ""


def receptive_field(layer: Layer) -> str:
    if len(layer.input_fields) > 1 or (layer.kernel is not None and max(layer.kernel) > 1):
        return ""
    return _("(as the input)") if layer.receptive_field == layer.input_fields[0] else _("(all positions of the input)")


def undefined_field(trace: Trace) -> str:
    """Return why a receptive field is not defined: from which layer on."""
    if trace.blind is None:
        return ""
    return _(
        "Not known from {layer} on: there is no rule for what {operation} does there. Through attention it is not "
        "defined.",
        layer=trace.blind.path,
        operation=trace.blind.operation,
    )


def effective_stride(layer: Layer) -> str:
    return _("(as the input)") if layer.effective_stride == layer.input_stride else ""
