"""The texts of groups' and layers' boxes."""

from models.tracing.kinds import Kind
from models.tracing.layers import Layer
from viz.graph.folding import Group, Rank
from viz.graph.label import Label
from viz.graph.words import name
from viz.language import ngettext
from viz.style import format


def group_label(group: Group, told: str) -> Label:
    times = f"× {group.blocks}" if group.rank is not Rank.BLOCK and group.blocks > 1 else ""
    return Label(name(group), times, told)


def layer_label(layer: Layer, told: str, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Label:
    own = layer.path.removeprefix(layer.block).removeprefix("features").lstrip(".")
    if layer.kind is not Kind.CONV or not layer.kernel or not layer.stride:
        return Label(own, "", told, before, after)
    if layer.projection:
        told = ""  # the addition that it leads to has the same; beside the main path room is scarce
    stride = f"/{layer.stride[0]}" if max(layer.stride) > 1 else ""
    kernel = f"{layer.kernel[0]}×{layer.kernel[1]}{stride}"
    if layer.groups > 1:
        kernel = ngettext("{kernel}, {n} group", "{kernel}, {n} groups", layer.groups, kernel=kernel)
    return Label(own, kernel, told, before, after)


def resized(layer: Layer) -> str:
    """Return the shape of a layer that can change it, else nothing."""
    changes = layer.kind in (Kind.CONV, Kind.POOL, Kind.LINEAR, Kind.PAD)
    return format.shape(layer.output_shape) if changes else ""
