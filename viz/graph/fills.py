"""What the fills of a graph show: kinds of layer and tints of stages, or values on a logarithmic scale."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, log10

from models.tracing.layers import Layer
from models.tracing.records import Trace
from viz.graph.folding import Group
from viz.graph.picture import Colour, Legend, Values
from viz.graph.play import mean
from viz.language import _
from viz.style import theme

Item = Group | Layer


@dataclass(frozen=True, slots=True)
class Fills:
    """The rule by which boxes are filled."""

    colour: Colour
    measured: Values | None
    legend: Legend | None
    stages: dict[str, int]  # path of a stage with blocks -> its number

    def value(self, item: Item) -> float:
        """Return the value that the fill shows; 0 if there is none."""
        if self.measured is not None:
            return self.mean(item) or 0
        if self.colour is Colour.PARAMS:
            return item.params
        return item.macs if self.colour is Colour.MACS else item.activation_bytes

    def mean(self, item: Item) -> float | None:
        """Return the measured value of a layer, or the quadratic mean of a group's; None if none was measured."""
        return None if self.measured is None else mean(item, self.measured.of)

    def box(self, item: Item) -> dict[str, str]:
        """Return the attributes of a box."""
        if self.legend is None:
            return self._kind(item)
        value = self.value(item)
        if not 0 < value < inf:
            return {"fillcolor": "#ffffff", "class": "value-none"}
        span = log10(self.legend.high) - log10(self.legend.low)
        fill = theme.scale((log10(value) - log10(self.legend.low)) / span if span else 1.0)
        return {"fillcolor": fill, "fontcolor": theme.text_on(fill), "class": "value"}

    def _kind(self, item: Item) -> dict[str, str]:
        if isinstance(item, Layer):
            return {"fillcolor": theme.fill(item.kind).light, "class": f"kind-{item.kind}"}
        number = self.stages.get(item.layers[0].stage)
        if number is None:
            return {"fillcolor": theme.GROUP.light, "class": "group"}
        return {"fillcolor": theme.stage(number).light, "class": f"group stage{number % len(theme.STAGES)}"}

    def frame(self, group: Group) -> dict[str, str]:
        """Return the attributes of a frame: a lighter tint of its stage."""
        number = self.stages.get(group.layers[0].stage)
        if number is None:
            return {"fillcolor": theme.CLUSTER.light, "color": "#c4ccd6", "class": f"open {group.rank}"}
        tint = theme.paler(theme.stage(number))
        name = f"open {group.rank} tint{number % len(theme.STAGES)}"
        return {"fillcolor": tint.light, "color": theme.STAGE_LINE.light, "class": name}


def fills(trace: Trace, drawn: Iterable[Item], colour: Colour, measured: Values | None) -> Fills:
    """Return the fills of a graph; the scale ends at the smallest and largest value that is drawn, or as measured."""
    with_blocks = [total.path for total in trace.stages if total.blocks > 1 or _is_stage(trace, total.path)]
    stages = {path: number for number, path in enumerate(with_blocks)}
    plain = Fills(colour, measured, None, stages)
    if measured is not None:
        return Fills(colour, measured, Legend(measured.low, measured.high, measured.unit), stages)
    if colour is Colour.KIND:
        return plain
    values = [value for item in drawn if (value := plain.value(item)) > 0]
    units = {Colour.PARAMS: _("parameters"), Colour.MACS: _("MACs"), Colour.MEMORY: _("bytes of activations")}
    legend = Legend(min(values), max(values), units[colour]) if values else None
    return Fills(colour, None, legend, stages)


def _is_stage(trace: Trace, path: str) -> bool:
    return any(layer.block not in ("", path) for layer in trace.layers if layer.stage == path)
