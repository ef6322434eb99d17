"""Where the channels of a layer's output stand: first, as after convolutions, or last, as after linear layers.

No torch here.
"""

from .kinds import WEIGHTED, Kind
from .layers import INPUT
from .records import Trace


def channels_last(trace: Trace, path: str) -> bool:
    """Return whether the channels are the last axis of a layer's output.

    The nearest layer with weights before it tells, or a layer norm over its last axis, unless the axes were exchanged
    in between.
    """
    layer, shape = trace.by_path[path], trace.by_path[path].output_shape
    if len(shape) == 2:  # tokens by channels
        return True
    while layer.kind not in WEIGHTED:
        if layer.operation == "layer_norm" and layer.params in (shape[-1], 2 * shape[-1]):
            return True
        if layer.operation == "cat":  # the sum of the channels of its sources, whatever these are
            shape = layer.input_shapes[-1]
        source = trace.sources[layer.path][-1]  # of a join, the branch
        if source == INPUT:
            return False
        layer = trace.by_path[source]
    return layer.kind != Kind.CONV and layer.output_shape[-1] == shape[-1]
