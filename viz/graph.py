"""A trace as a graph: records -> DOT -> SVG, PDF, PNG. Laid out by the Graphviz inside pygraphviz's wheels."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf, log10

import graphviz

from models.records import INPUT, JOINS, EdgeKind, Kind, Layer, Trace
from viz import format, theme
from viz.folding import Folding, Group, Rank, fit, shown, tree

MOST_NODES = 600  # beyond it no one can read the picture, and the layout takes seconds
_LONGEST_PNG = 30_000  # pixels: cairo's limit is 32,767
SHARP = 192  # dots per inch
READABLE = 72  # below that a PNG's letters can't be read
_JOIN = "+"  # behind a folded group's path: its join
SIGN = {Kind.ADD: "+", Kind.CONCAT: "c"}


class Direction(StrEnum):
    VERTICAL = "vertical"
    HORIZONTAL = "horizontal"


class Colour(StrEnum):
    """What a node's fill tells."""

    KIND = "kind"
    PARAMS = "parameters"
    MACS = "MACs"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Values:
    """A measured number for each layer, for fills to tell, and the ends of their scale.

    A folded group is filled by the quadratic mean of its layers.
    """

    unit: str
    of: Mapping[str, float]  # a layer without one is missing
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Legend:
    """The value scale of a picture: its ends, on a logarithmic scale; None where fills tell kinds."""

    low: float
    high: float
    unit: str

    @property
    def ends(self) -> tuple[str, str]:
        return _text(self.low), _text(self.high)


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph ready to be laid out, and what its reader is told."""

    dot: str
    nodes: dict[str, str]  # id -> what it is, in words: for tooltips and screen readers
    groups: frozenset[str]  # ids that unfold or fold
    kinds: tuple[Kind, ...]
    skips: frozenset[EdgeKind]
    several: bool  # an arc stands for many skips, and says for how many
    legend: Legend | None
    folding: Folding
    note: str
    alt: str
    caption: str  # what fills and lines mean, in words: for the picture that is taken away


def picture(
    trace: Trace,
    *,
    title: str,
    folding: Folding = Folding(),  # noqa: B008  # frozen
    direction: Direction = Direction.VERTICAL,
    colour: Colour = Colour.KIND,
    values: Values | None = None,
) -> Picture:
    """The graph of a trace as DOT source; beyond `MOST_NODES` nodes groups stay folded, and `note` says so.

    `values` are told by the fills in place of `colour`, and by the nodes' text in place of shapes.
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
        kinds=tuple(kind for kind in Kind if kind in seen),
        skips=frozenset(drawing.skips),
        several=drawing.several,
        legend=drawing.legend,
        folding=folding,
        note=note,
        alt=_alt(title, trace, groups),
        caption=_caption(title, drawing),
    )


def render(dot: str, form: str, *, caption: str = "") -> bytes:
    """DOT source laid out as "svg", "pdf" or "png"; the caption stands below."""
    import pygraphviz  # here: 40 ms that the first paint does not wait for  # noqa: PLC0415

    graph = pygraphviz.AGraph(dot)
    if caption:
        graph.graph_attr.update(label=caption, labelloc="b", fontname="Helvetica", fontsize="13")
    if form == "png":
        graph.graph_attr.update(bgcolor=theme.PAPER, dpi=str(resolution(render(dot, "svg").decode())))
    drawn: bytes = graph.draw(format=form, prog="dot")
    graph.close()
    return _opaque(drawn) if form == "png" else drawn


def _opaque(drawn: bytes) -> bytes:
    """A PNG without transparency: cairo leaves some in the last row and column."""
    from PIL import Image  # noqa: PLC0415

    written = io.BytesIO()
    with Image.open(io.BytesIO(drawn)) as picture:
        dpi = picture.info.get("dpi", (72, 72))
        picture.convert("RGB").save(written, "PNG", dpi=dpi)
    return written.getvalue()


def resolution(drawn: str) -> int:
    """Dots per inch of a PNG of what an SVG shows: sharp on a projector, or what the longest side of a PNG allows."""
    points = re.search(r'width="(\d+)pt" height="(\d+)pt"', drawn)
    longest = max(map(int, points.groups())) if points else 1
    return min(SHARP, _LONGEST_PNG * 72 // longest)


def svg(dot: str, *, caption: str = "") -> str:
    """The picture for the page and for slides: no tooltips of Graphviz's own, no prolog."""
    text = render(dot, "svg", caption=caption).decode()
    text = re.sub(r"<title>.*?</title>\n?", "", text[text.index("<svg") :])
    return re.sub(
        r"(<text[^>]*>)([A-Za-z](?:[\w.]|&#45;)*)", r'\1<tspan font-weight="bold">\2</tspan>', text
    )  # the names


class _Drawing:
    """Nodes and edges of what a folding shows."""

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
        self.enters: dict[str, str] = {}  # layer -> the node that takes what comes to it
        self.leaves: dict[str, str] = {INPUT: INPUT}  # layer -> the node that gives what it puts out
        self.folded: list[Group] = []
        self.joins: set[str] = set()
        self.skips: set[EdgeKind] = set()
        self.several = False
        self.aside = {layer.path for layer in trace.layers if layer.kind is Kind.PAD}  # beside the branch already
        values = [value for item in shown(groups, folding) if (value := self._value(item)) > 0]
        known = colour is not Colour.KIND and bool(values)
        units = {Colour.PARAMS: "parameters", Colour.MACS: "MACs", Colour.MEMORY: "bytes of activations"}
        self.legend = Legend(min(values), max(values), units[colour]) if known else None
        if measured is not None:
            self.legend = Legend(measured.low, measured.high, measured.unit)

    def image(self) -> None:
        shape = format.shape(self.trace.input_shape)
        label = self._label("image", "", shape)
        self.graph.node(INPUT, label, shape="box", style="rounded", id=INPUT, **{"class": "image"})
        self.words[INPUT] = f"the image, {shape}"

    def add(self, item: Group | Layer, graph: graphviz.Digraph) -> None:
        if isinstance(item, Layer):
            self._layer(item, graph)
        elif self.folding.opens(item):
            self._cluster(item, graph)
        else:
            self._box(item, graph)

    def connect(self) -> None:
        """The edges between nodes; those inside of a folded group become its box, its join and its skips."""
        drawn: set[tuple[str, str, EdgeKind]] = set()
        sources: dict[str, str] = {}
        for edge in self.trace.edges:
            target = self.enters[edge.target]
            if self.enters.get(edge.source) == target:  # inside of a folded group
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
            kind, label = _arc(group)
            self.several |= bool(label)
            self._edge(sources[group.path], join, kind, label)

    def _value(self, item: Group | Layer) -> float:
        """What the fill tells; 0 where there is nothing to tell."""
        if self.measured is not None:
            return self._mean(item) or 0
        if self.colour is Colour.PARAMS:
            return item.params
        return item.macs if self.colour is Colour.MACS else item.activation_bytes

    def _mean(self, item: Group | Layer) -> float | None:
        """The measured value of a layer, or the quadratic mean of a group's; None where none of them has one."""
        measured = self.measured.of if self.measured is not None else {}
        layers = item.layers if isinstance(item, Group) else (item,)
        own = [measured[layer.path] for layer in layers if layer.path in measured]
        largest = max(own, default=0.0)
        if not own or not 0 < largest < inf:
            return sum(own) if own else None
        mean: float = largest * (sum((value / largest) ** 2 for value in own) / len(own)) ** 0.5
        return mean

    def _told(self, item: Group | Layer, shape: str) -> str:
        """What stands behind a node's name: its measured value where fills tell one, else its shape."""
        if self.measured is None:
            return shape
        value = self._mean(item)
        return "" if value is None else format.number(value)

    def _fill(self, item: Group | Layer) -> dict[str, str]:
        if self.legend is None or (self.colour is Colour.KIND and self.measured is None):
            ground = theme.KIND[item.kind].light if isinstance(item, Layer) else theme.GROUP.light
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
        self.words[group.path] = f"{group_words(group)}; unfolds"
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
            self.words[group.path + _JOIN] = f"the joins of {group.path}"
            for layer in group.layers:
                self.leaves[layer.path] = group.path + _JOIN

    def _join(self, path: str, kind: Kind, graph: graphviz.Digraph) -> None:
        self.joins.add(path)
        graph.node(
            path,
            SIGN[kind],
            shape="circle",
            style="filled",
            fillcolor=theme.KIND[kind].light,
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
        self.words[group.path] = f"{group_words(group)}; folds"
        with graph.subgraph(name=f"cluster_{group.path}") as inner:
            inner.attr(
                label=_heading(group),
                labeljust="l",
                labelloc="t",  # a caption of the whole graph stands below, and clusters would follow it
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
        """A node's text: in a column of nodes on one line, in a row of nodes on two."""
        text = f"{name} {detail}" if detail else name
        return f"{text}{'    ' if self.vertical else chr(10)}{shape}" if shape else text

    def _group_label(self, group: Group) -> str:
        times = f"× {group.blocks}" if group.rank is not Rank.BLOCK else ""
        return self._label(_name(group), times, self._told(group, format.shape(group.output_shape)))

    def _layer_label(self, layer: Layer) -> str:
        name = layer.path.removeprefix(layer.block).removeprefix("features").lstrip(".")
        if layer.kind is Kind.CONV and layer.kernel and layer.stride:
            stride = f"/{layer.stride[0]}" if max(layer.stride) > 1 else ""
            groups = f", {layer.groups} groups" if layer.groups > 1 else ""
            return self._label(
                name,
                f"{layer.kernel[0]}×{layer.kernel[1]}{stride}{groups}",
                self._told(layer, format.shape(layer.output_shape)),
            )
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
            side = "e" if self.vertical else "s"  # round the branch, always on the same side
            attributes |= {"headport": side, "tailport": side}
        if label:
            attributes |= {"label": f" {label} ", "fontcolor": theme.SKIP.light, "fontsize": "14"}
        self.graph.edge(source, target, **attributes)


def _text(value: float) -> str:
    return format.whole(value) if isinstance(value, int) else format.number(value)


def _arc(group: Group) -> tuple[EdgeKind, str]:
    """The one skip edge that stands for all in a folded group: solid unless all are projections; and how many."""
    number, projected = group.skips.total(), group.skips[EdgeKind.PROJECTION]
    if projected == number:
        return EdgeKind.PROJECTION, f"{number} projections" if number > 1 else ""
    kind = EdgeKind.CONCAT if EdgeKind.CONCAT in group.skips else EdgeKind.IDENTITY
    mixed = f", {projected} projected" if projected else ""
    return kind, f"{number} skips{mixed}" if number > 1 else ""


def words(layer: Layer) -> str:
    """One line on a layer, for tooltips and screen readers."""
    size = f", {layer.kernel[0]}×{layer.kernel[1]}" if layer.kind is Kind.CONV and layer.kernel else ""
    counts = "".join(
        f", {format.plural(number, noun)}"
        for number, noun in ((layer.params, "parameter"), (layer.macs, "MAC"))
        if number
    )
    return f"{layer.path}: {theme.KIND_NAME[layer.kind]}{size}, puts out {format.shape(layer.output_shape)}{counts}"


def group_words(group: Group) -> str:
    blocks = f"{format.plural(group.blocks, 'block')}, " if group.blocks else ""
    shape = format.shape(group.output_shape)
    return f"{group.path}: {blocks}puts out {shape}, {group.params:,} parameters, {group.macs:,} MACs"


def _name(group: Group) -> str:
    """As short as it is clear: layer2.0, but denselayer3, inside of its stage."""
    *_, stage, last = ("", *group.path.removeprefix("features.").split("."))
    return f"{stage}.{last}" if last[0].isdecimal() else last


def _heading(group: Group) -> str:
    times = f" × {group.blocks}" if group.rank is not Rank.BLOCK else ""
    return f"{_name(group)}{times}"


def _caption(title: str, drawing: _Drawing) -> str:
    parts = [title]
    if drawing.legend is not None:
        low, high = drawing.legend.ends
        parts.append(f"fills: {low} {drawing.legend.unit} (dark) to {high} (bright), log scale")
    lines = {EdgeKind.IDENTITY: "identity shortcuts solid", EdgeKind.PROJECTION: "projections dashed"}
    parts += [words for kind, words in lines.items() if kind in drawing.skips]
    parts += ["arcs with a number stand for so many skips"] * drawing.several
    return "; ".join(parts)


def _alt(title: str, trace: Trace, groups: tuple[Group, ...]) -> str:
    stages = [group for group in groups if group.rank is Rank.STAGE]
    joins = sum(layer.kind in JOINS for layer in trace.layers)
    projected = sum(
        edge.kind is EdgeKind.PROJECTION and trace.by_path[edge.target].kind in JOINS for edge in trace.edges
    )
    kind = "concatenations" if any(layer.kind is Kind.CONCAT for layer in trace.layers) else "additions"
    skips = f"{joins} skip connections ({kind}, {projected} projections)" if joins else "no skip connections"
    counts = format.listing(group.blocks for group in stages)
    size = f"{format.plural(len(stages), 'stage')} of {counts} blocks"
    return f"Graph of {title}: {size}, {skips}; {trace.params:,} parameters."
