"""Why a gradient is exactly zero: told from the measured signals and the way they take through the network. No torch.

A zero has a place where it begins: a layer that lets nothing through though something arrives there. What lies behind
it (before it, for activations) only passes the zero on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from models.measured import LayerSignal, Run, Zero
from models.records import INPUT, Kind, Trace

_TINY = 1e-30  # a norm: the smallest float32 is 1e-45, its products with weights and their sums lie not far above


def zeros(trace: Trace, run: Run, quantity: str = "weight_gradient_norm") -> dict[str, Zero]:
    """Path -> cause, for every layer whose `weight_gradient_norm` or `activation_gradient_norm` is exactly zero."""
    flow = _Flow(trace, {layer.path: layer for layer in run.layers})
    by_output = quantity == "activation_gradient_norm"
    return {
        layer.path: flow.returned(layer.path) if by_output else flow.weight(layer.path)
        for layer in run.layers
        if getattr(layer, quantity) == 0
    }


def together(causes: Iterable[Zero]) -> Zero:
    """One cause for all: arithmetic's before the network's own, and none that does not hold for any."""
    found = set(causes)
    return next((cause for cause in (Zero.UNDERFLOW, Zero.CLOSED, Zero.CONSTRUCTION) if cause in found), Zero.UNKNOWN)


@dataclass(slots=True)
class _Flow:
    """The two ways through a network, and where each of them ends in zeros."""

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
        """Why the gradient by a layer's output is zero."""
        return self._gradients[path]

    def weight(self, path: str) -> Zero:
        """Why the gradient by a layer's weight is zero: a product of its input and the gradient by its output."""
        if path in self._gradients:
            return self._gradients[path]
        sources = self.trace.sources[path]
        if all(source in self._outputs for source in sources):
            return together(self._outputs[source] for source in sources)
        inputs = [self.signals[source].activation_rms for source in sources if source != INPUT]
        product = self.signals[path].activation_gradient_norm * max(inputs, default=1.0)
        return Zero.UNDERFLOW if product < _TINY else Zero.UNKNOWN

    def _output(self, path: str) -> Zero:
        """Why nothing leaves a layer."""
        sources = [source for source in self.trace.sources[path] if source != INPUT]
        if sources and all(source in self._outputs for source in sources):
            return together(self._outputs[source] for source in sources)
        arriving = max((self.signals[source].activation_rms for source in sources), default=1.0)
        return self._stops(path, arriving)

    def _gradient(self, path: str) -> Zero:
        """Why no gradient reaches a layer's output: of everything that reads it."""
        return together(
            self._gradients[target] if target in self._gradients else self._returns(target)
            for target in self.targets.get(path, ())
        )

    def _returns(self, path: str) -> Zero:
        """Why a layer passes no gradient on, though some arrives: an activation function that put out nothing can't."""
        if self.signals[path].kind is Kind.ACT and path in self._outputs:
            return self._outputs[path]
        return self._stops(path, self.signals[path].activation_gradient_norm)

    def _stops(self, path: str, arriving: float) -> Zero:
        """Why a layer at which something arrives lets nothing through."""
        own = self.signals[path]
        if own.weight_norm == 0:
            return Zero.CONSTRUCTION
        if arriving < _TINY:
            return Zero.UNDERFLOW
        return Zero.CLOSED if own.kind is Kind.ACT and own.activation_rms == 0 else Zero.UNKNOWN
