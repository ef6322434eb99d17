"""Graph of a traced network as DOT source; `render` lays it out."""

from math import inf, log10

import graphviz

from models.tracing.kinds import JOINS, KINDS, Kind
from models.tracing.layers import INPUT, EdgeKind, Layer
from models.tracing.records import Trace
from viz.graph.folding import Folding, Group, Rank, fit, shown, tree
from viz.graph.picture import Colour, Direction, Legend, Picture, Values
from viz.graph.words import alt, arc, caption, group_words, heading, name, named, words
from viz.language import _, ngettext
from viz.style import format, theme

MOST_NODES = 600  # larger graphs are illegible, and their layout takes seconds
_JOIN = "+"  # suffix of a folded group's path: the node of its join
SIGN: dict[str, str] = {Kind.ADD: "+", Kind.CONCAT: "c"}


def picture(
    trace: Trace,
    *,
    title: str,
    folding: Folding = Folding(),  # noqa: B008  # frozen
    direction: Direction = Direction.VERTICAL,
    colour: Colour = Colour.KIND,
    values: Values | None = None,
) -> Picture:
    """Return the graph of a trace as DOT source; beyond `MOST_NODES` nodes, groups stay folded and `note` says so.

    If `values` are given, fills show them instead of `colour`, and the nodes' text instead of shapes.
    """
    groups = tree(trace)
    folding, note = fit(groups, folding, most=MOST_NODES)
    drawing = _Drawing(trace, groups, folding, direction, colour, values)
    drawing.image()
    for group in groups:
        drawing.add(group, drawing.graph)
    drawing.connect()
    drawn = tuple(shown(groups, folding))
    seen = {item.kind if isinstance(item, Layer) else item.joins for item in drawn}
    return Picture(
        dot=drawing.graph.source,
        nodes=drawing.words,
        groups=frozenset(drawing.foldable),
        kinds=tuple(kind for kind in KINDS if kind in seen),
        skips=frozenset(drawing.skips),
        several=drawing.several,
        legend=drawing.legend,
        folding=folding,
        note=note,
        alt=alt(title, trace, groups),
        caption=caption(title, drawing.legend, drawing.skips, several=drawing.several),
    )


class _Drawing:
    """Builds the nodes and edges that a folding shows."""

    def __init__(
        self,
        trace: Trace,
        groups: tuple[Group, ...],
        folding: Folding,
        direction: Direction,
        colour: Colour,
        measured: Values | None,
    ) -> None:
        self.trace = trace
        self.measured = measured
        self.folding = folding
        self.colour = colour
        self.vertical = direction is Direction.VERTICAL
        self.graph = graphviz.Digraph("network")
        self.graph.attr(
            rankdir="TB" if self.vertical else "LR", nodesep="0.25", ranksep="0.13", bgcolor="transparent", pad="0.1"
        )
        ink, line = theme.TEXT.light, theme.LINE.light
        self.graph.attr(
            "node", fontname="Helvetica", fontsize="14", fontcolor=ink, color=line, margin="0.14,0.03", height="0.32"
        )
        self.graph.attr(
            "edge", fontname="Helvetica", fontsize="12", fontcolor=ink, color=line, arrowsize="0.7", penwidth="1.6"
        )
        self.words: dict[str, str] = {}
        self.foldable: set[str] = set()
        self.enters: dict[str, str] = {}  # layer -> node at which its incoming edges end
        self.leaves: dict[str, str] = {INPUT: INPUT}  # layer -> node at which its outgoing edges start
        self.folded: list[Group] = []
        self.joins: set[str] = set()
        self.skips: set[EdgeKind] = set()
        self.several = False
        self.aside = {layer.path for layer in trace.layers if layer.kind is Kind.PAD}  # lie beside the branch anyway
        values = [value for item in shown(groups, folding) if (value := self._value(item)) > 0]
        known = colour is not Colour.KIND and bool(values)
        units = {Colour.PARAMS: _("parameters"), Colour.MACS: _("MACs"), Colour.MEMORY: _("bytes of activations")}
        self.legend = Legend(min(values), max(values), units[colour]) if known else None
        if measured is not None:
            self.legend = Legend(measured.low, measured.high, measured.unit)

    def image(self) -> None:
        shape = format.shape(self.trace.input_shape)
        label = self._label(_("image"), "", shape)
        self.graph.node(INPUT, label, shape="box", style="rounded", id=INPUT, **{"class": "image"})
        self.words[INPUT] = _("the image, {shape}", shape=shape)

    def add(self, item: Group | Layer, graph: graphviz.Digraph) -> None:
        if isinstance(item, Layer):
            self._layer(item, graph)
        elif self.folding.opens(item):
            self._cluster(item, graph)
        else:
            self._box(item, graph)

    def connect(self) -> None:
        """Draw the edges; those inside a folded group become one from its box to its join, and one skip edge."""
        drawn: set[tuple[str, str, EdgeKind]] = set()
        sources: dict[str, str] = {}
        for edge in self.trace.edges:
            target = self.enters[edge.target]
            if self.enters.get(edge.source) == target:  # inside a folded group
                continue
            source = self.leaves[edge.source]
            sources.setdefault(target, source)
            kind = edge.kind if target == edge.target else EdgeKind.FLOW  # a folded group's own skips are drawn below
            if (source, target, kind) not in drawn:
                drawn.add((source, target, kind))
                self._edge(source, target, kind)
        for group in self.folded:
            join = group.path + _JOIN
            self._edge(group.path, join, EdgeKind.FLOW)
            kind, label = arc(group)
            self.several |= bool(label)
            self._edge(sources[group.path], join, kind, label)

    def _value(self, item: Group | Layer) -> float:
        """The value that the fill shows; 0 if there is none."""
        if self.measured is not None:
            return self._mean(item) or 0
        if self.colour is Colour.PARAMS:
            return item.params
        return item.macs if self.colour is Colour.MACS else item.activation_bytes

    def _mean(self, item: Group | Layer) -> float | None:
        """The measured value of a layer, or the quadratic mean of a group's layers; None if none was measured."""
        measured = self.measured.of if self.measured is not None else {}
        layers = item.layers if isinstance(item, Group) else (item,)
        own = [measured[layer.path] for layer in layers if layer.path in measured]
        largest = max(own, default=0.0)
        if not own or not 0 < largest < inf:
            return sum(own) if own else None
        mean: float = largest * (sum((value / largest) ** 2 for value in own) / len(own)) ** 0.5
        return mean

    def _told(self, item: Group | Layer, shape: str) -> str:
        """The text after a node's name: its measured value if fills show values, else its shape."""
        if self.measured is None:
            return shape
        value = self._mean(item)
        return "" if value is None else format.number(value)

    def _fill(self, item: Group | Layer) -> dict[str, str]:
        if self.legend is None or (self.colour is Colour.KIND and self.measured is None):
            ground = theme.fill(item.kind).light if isinstance(item, Layer) else theme.GROUP.light
            return {"fillcolor": ground, "class": f"kind-{item.kind}" if isinstance(item, Layer) else "group"}
        value = self._value(item)
        if not 0 < value < inf:
            return {"fillcolor": "#ffffff", "class": "value-none"}
        span = log10(self.legend.high) - log10(self.legend.low)
        fill = theme.scale((log10(value) - log10(self.legend.low)) / span if span else 1.0)
        return {"fillcolor": fill, "fontcolor": theme.text_on(fill), "class": "value"}

    def _layer(self, layer: Layer, graph: graphviz.Digraph) -> None:
        self.enters[layer.path] = self.leaves[layer.path] = layer.path
        self.words[layer.path] = words(layer)
        if layer.kind in JOINS:
            self._join(layer.path, layer.kind, graph)
            return
        graph.node(
            layer.path, self._layer_label(layer), shape="box", style="filled", id=layer.path, **self._fill(layer)
        )

    def _box(self, group: Group, graph: graphviz.Digraph) -> None:
        self.foldable.add(group.path)
        self.words[group.path] = _("{group}; click to unfold", group=group_words(group))
        graph.node(
            group.path,
            self._group_label(group),
            shape="box",
            style="filled,rounded",
            id=group.path,
            **self._fill(group),
        )
        for layer in group.layers:
            self.enters[layer.path] = self.leaves[layer.path] = group.path
        if group.skips and group.joins is not None:
            self.folded.append(group)
            self._join(group.path + _JOIN, group.joins, graph)
            self.words[group.path + _JOIN] = _("the additions or concatenations of {group}", group=group.path)
            for layer in group.layers:
                self.leaves[layer.path] = group.path + _JOIN

    def _join(self, path: str, kind: str, graph: graphviz.Digraph) -> None:
        self.joins.add(path)
        graph.node(
            path,
            SIGN[kind],
            shape="circle",
            style="filled",
            fillcolor=theme.fill(kind).light,
            fixedsize="true",
            width="0.3",
            fontsize="18",
            penwidth="2",
            margin="0",
            id=path,
            **{"class": f"kind-{kind}"},
        )

    def _cluster(self, group: Group, graph: graphviz.Digraph) -> None:
        self.foldable.add(group.path)
        self.words[group.path] = _("{group}; click to fold", group=group_words(group))
        with graph.subgraph(name=f"cluster_{group.path}") as inner:
            inner.attr(
                label=heading(group),
                labeljust="l",
                labelloc="t",  # else clusters would inherit the position of the graph's caption, at the bottom
                fontname="Helvetica-Bold",
                fontsize="14",
                fontcolor=theme.TEXT.light,
                style="rounded,filled",
                color="#c4ccd6",
                fillcolor=theme.CLUSTER.light if group.rank is not Rank.BLOCK else "#ffffff",
                id=group.path,
                margin="12",
                **{"class": f"open {group.rank}"},
            )
            for child in group.children:
                self.add(child, inner)

    def _label(self, name: str, detail: str, shape: str) -> str:
        """A node's text: on one line in a vertical graph, on two in a horizontal one."""
        rest = f" {detail}" if detail else ""
        return named(name, f"{rest}{'    ' if self.vertical else chr(10)}{shape}" if shape else rest)

    def _group_label(self, group: Group) -> str:
        times = f"× {group.blocks}" if group.rank is not Rank.BLOCK else ""
        return self._label(name(group), times, self._told(group, format.shape(group.output_shape)))

    def _layer_label(self, layer: Layer) -> str:
        name = layer.path.removeprefix(layer.block).removeprefix("features").lstrip(".")
        if layer.kind is Kind.CONV and layer.kernel and layer.stride:
            stride = f"/{layer.stride[0]}" if max(layer.stride) > 1 else ""
            kernel = f"{layer.kernel[0]}×{layer.kernel[1]}{stride}"
            if layer.groups > 1:
                kernel = ngettext("{kernel}, {n} group", "{kernel}, {n} groups", layer.groups, kernel=kernel)
            return self._label(name, kernel, self._told(layer, format.shape(layer.output_shape)))
        resized = layer.kind in (Kind.POOL, Kind.LINEAR, Kind.PAD)
        return self._label(name, "", self._told(layer, format.shape(layer.output_shape) if resized else ""))

    def _edge(self, source: str, target: str, kind: EdgeKind, label: str = "") -> None:
        skip = kind is not EdgeKind.FLOW
        attributes = {"style": theme.EDGE_STYLE[kind], "class": f"edge-{kind}", "weight": "1" if skip else "20"}
        if skip:
            self.skips.add(kind)
            attributes |= {"color": theme.SKIP.light, "penwidth": "2.4"}
        if (
            skip
            and source not in self.aside
            and target in self.joins
            and (kind is not EdgeKind.PROJECTION or target.endswith(_JOIN))
        ):
            side = "e" if self.vertical else "s"  # around the branch, always on the same side
            attributes |= {"headport": side, "tailport": side}
        if label:
            attributes |= {"label": f" {label} ", "fontcolor": theme.SKIP.light, "fontsize": "14"}
        self.graph.edge(source, target, **attributes)
