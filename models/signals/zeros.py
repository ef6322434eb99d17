"""Causes of gradients that are exactly zero, inferred from the measured signals and the graph. No torch here.

A zero originates at a layer that passes on only zeros although something nonzero arrives. The layers after it (for
activations) or before it (for gradients) merely pass the zero on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..tracing.kinds import Kind
from ..tracing.layers import INPUT
from ..tracing.records import Trace
from .records import LayerSignal, Run, Zero

_TINY = 1e-30  # a norm: products with weights and their sums come close to the smallest float32, 1e-45


def zeros(trace: Trace, run: Run, quantity: str = "weight_gradient_norm") -> dict[str, Zero]:
    """Return path -> cause for the layers whose `weight_gradient_norm` (or `activation_gradient_norm`) is zero."""
    flow = _Flow(trace, {layer.path: layer for layer in run.layers})
    by_output = quantity == "activation_gradient_norm"
    return {
        layer.path: flow.returned(layer.path) if by_output else flow.weight(layer.path)
        for layer in run.layers
        if getattr(layer, quantity) == 0
    }


def together(causes: Iterable[Zero]) -> Zero:
    """Combine causes into one: underflow, else closed, else construction, else unknown."""
    found = set(causes)
    return next((cause for cause in (Zero.UNDERFLOW, Zero.CLOSED, Zero.CONSTRUCTION) if cause in found), Zero.UNKNOWN)


@dataclass(slots=True)
class _Flow:
    """Forward and backward flow through a network, with the cause of every zero output and gradient."""

    trace: Trace
    signals: dict[str, LayerSignal]
    targets: dict[str, list[str]] = field(default_factory=dict)
    _outputs: dict[str, Zero] = field(default_factory=dict)
    _gradients: dict[str, Zero] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for edge in self.trace.edges:
            self.targets.setdefault(edge.source, []).append(edge.target)
        for layer in self.trace.layers:  # in the order of the forward pass: sources come first
            if self.signals[layer.path].activation_rms == 0:
                self._outputs[layer.path] = self._output(layer.path)
        for layer in reversed(self.trace.layers):
            if self.signals[layer.path].activation_gradient_norm == 0:
                self._gradients[layer.path] = self._gradient(layer.path)

    def returned(self, path: str) -> Zero:
        """Return why the gradient with respect to a layer's output is zero."""
        return self._gradients[path]

    def weight(self, path: str) -> Zero:
        """Return why a layer's weight gradient, a product of its input and its output's gradient, is zero."""
        if path in self._gradients:
            return self._gradients[path]
        sources = self.trace.sources[path]
        if all(source in self._outputs for source in sources):
            return together(self._outputs[source] for source in sources)
        inputs = [self.signals[source].activation_rms for source in sources if source != INPUT]
        product = self.signals[path].activation_gradient_norm * max(inputs, default=1.0)
        return Zero.UNDERFLOW if product < _TINY else Zero.UNKNOWN

    def _output(self, path: str) -> Zero:
        """Return why a layer's output is zero."""
        sources = [source for source in self.trace.sources[path] if source != INPUT]
        if sources and all(source in self._outputs for source in sources):
            return together(self._outputs[source] for source in sources)
        arriving = max((self.signals[source].activation_rms for source in sources), default=1.0)
        return self._stops(path, arriving)

    def _gradient(self, path: str) -> Zero:
        """Return why the gradient of a layer's output is zero: the combined cause of all layers that read it."""
        return together(
            self._gradients[target] if target in self._gradients else self._returns(target)
            for target in self.targets.get(path, ())
        )

    def _returns(self, path: str) -> Zero:
        """Return why a layer sends back no gradient though one arrives, e.g. an activation with zero output."""
        if self.signals[path].kind is Kind.ACT and path in self._outputs:
            return self._outputs[path]
        return self._stops(path, self.signals[path].activation_gradient_norm)

    def _stops(self, path: str, arriving: float) -> Zero:
        """Return why a layer blocks a nonzero signal of norm or RMS `arriving`."""
        own = self.signals[path]
        if own.weight_norm == 0:
            return Zero.CONSTRUCTION
        if arriving < _TINY:
            return Zero.UNDERFLOW
        return Zero.CLOSED if own.kind is Kind.ACT and own.activation_rms == 0 else Zero.UNKNOWN
