"""One block as a graph with its arithmetic: how it adds or concatenates, how many groups work side by side."""

import graphviz

from models.records import INPUT, JOINS, Edge, EdgeKind, Kind, Layer, Trace
from viz import format, theme
from viz.folding import Folding
from viz.graph import SIGN, Picture, words

_OUT = "output"
_MIDDLE = "#0"  # of a grouped convolution: where its number of groups stands
_DRAWN = 3  # groups that are drawn all; of more the first and the last, with their number between them


def typical(trace: Trace, *, changes: bool) -> str:
    """The path of a block of the trace: the first that keeps its shape; or that changes it, or a transition.

    The first of all where there is none such.
    """
    blocks = {layer.block: None for layer in trace.layers if layer.block}
    found = [block for block in blocks if changes_shape(trace, block) is changes]
    return found[0] if found else next(iter(blocks))


def changes_shape(trace: Trace, block: str) -> bool:
    """Whether a block puts out another shape than it is given; a dense layer, which only adds channels, does not."""
    own = [layer for layer in trace.layers if layer.block == block]
    if any(layer.kind is Kind.CONCAT for layer in own):
        return False  # more channels at the same size: what a dense layer is there for
    return own[0].input_shape != own[-1].output_shape


def picture(trace: Trace, block: str, *, title: str) -> Picture:
    """The block's layers, with what each of them learns written out."""
    drawing = _Drawing(trace, block)
    own = drawing.layers
    params, macs = (sum(getattr(layer, name) for layer in own) for name in ("params", "macs"))
    joins = [layer.kind for layer in own if layer.kind in JOINS]
    how = {Kind.ADD: "adds its branch to its input", Kind.CONCAT: "sets its branch behind its input"}
    does = how[joins[0]] if joins else "has no skip connection"
    alt = f"Block {block} of {title}: it {does}; {params:,} parameters, {macs:,} MACs."
    return Picture(
        dot=drawing.graph.source,
        nodes=drawing.words,
        groups=frozenset(),
        kinds=tuple(kind for kind in Kind if kind in {layer.kind for layer in own}),
        several=False,
        skips=frozenset(drawing.skips),
        legend=None,
        folding=Folding(),
        note="",
        alt=alt,
        caption=f"{title}, {block}: {params:,} parameters, {macs:,} MACs",
    )


class _Drawing:
    def __init__(self, trace: Trace, block: str) -> None:
        self.layers = [layer for layer in trace.layers if layer.block == block]
        self.block = block
        self.words: dict[str, str] = {}
        self.skips: set[EdgeKind] = set()
        self.inside = {layer.path for layer in self.layers}
        self.graph = graphviz.Digraph("block")
        ink, line = theme.TEXT.light, theme.LINE.light
        self.graph.attr(rankdir="TB", nodesep="0.2", ranksep="0.22", bgcolor="transparent", pad="0.1")
        self.graph.attr(
            "node", fontname="Helvetica", fontsize="14", fontcolor=ink, color=line, margin="0.12,0.04", shape="box"
        )
        self.graph.attr(
            "edge", fontname="Helvetica", fontsize="12", fontcolor=ink, color=line, arrowsize="0.7", penwidth="1.6"
        )
        first, last = self.layers[0], self.layers[-1]
        self._end(INPUT, f"input\n{format.shape(first.input_shape)}", "what the block is given")
        for layer in self.layers:
            self._layer(layer)
        self._end(_OUT, f"output\n{format.shape(last.output_shape)}", "what the block passes on")
        for layer in self.layers:
            for edge in trace.into[layer.path]:
                self._edge(edge)
        self._lines(last.path, _OUT, {"weight": "20"})

    def _end(self, name: str, label: str, what: str) -> None:
        self.words[name] = what
        self.graph.node(name, label, style="rounded", id=name, **{"class": "image"})

    def _layer(self, layer: Layer) -> None:
        self.words[layer.path] = words(layer)
        fill = {"style": "filled", "fillcolor": theme.KIND[layer.kind].light, "class": f"kind-{layer.kind}"}
        if layer.kind in JOINS:
            self.graph.node(
                layer.path, SIGN[layer.kind], id=layer.path, penwidth="2", **fill,
                shape="circle", fixedsize="true", width="0.34", fontsize="19", margin="0",
            )  # fmt: skip
        elif layer.groups > 1:
            self._groups(layer, fill)
        else:
            self.graph.node(layer.path, self._label(layer), id=layer.path, **fill)

    def _label(self, layer: Layer) -> str:
        name = layer.path.removeprefix(self.block).lstrip(".")
        channels = f"{layer.input_shape[0]} → {layer.output_shape[0]}"
        if layer.kind is Kind.CONV and layer.kernel and layer.stride:
            stride = f" /{layer.stride[0]}" if max(layer.stride) > 1 else ""
            return f"{name}  {layer.kernel[0]}×{layer.kernel[1]}{stride}, {channels}\n{layer.params_formula}"
        if layer.params:
            return f"{name}  {layer.params_formula}"
        return f"{name}  {channels}" if layer.kind is Kind.PAD else name

    def _groups(self, layer: Layer, fill: dict[str, str]) -> None:
        """A grouped convolution: some of its groups side by side, and how many there are."""
        into, out = layer.input_shape[0] // layer.groups, layer.output_shape[0] // layer.groups
        name = layer.path.removeprefix(self.block).lstrip(".")
        kernel = "×".join(map(str, layer.kernel or ()))
        first, *rest = _drawn(layer)
        formula = layer.params_formula.replace(" = ", "\n= ")
        with self.graph.subgraph(name=f"cluster_{layer.path}") as inner:
            inner.attr(
                style="rounded,filled", color="#c4ccd6", fillcolor=theme.CLUSTER.light, margin="7", id=layer.path,
                **{"class": "open group"},
            )  # fmt: skip
            for place in (first, *rest[:-1], 0, *rest[-1:]):
                own = f"{layer.path}#{place}"
                if place:
                    inner.node(own, f"{name}\n{kernel}\n{into} → {out}", id=own, **fill)
                else:
                    text = f"... {layer.groups} groups ...\n{formula}"
                    inner.node(own, text, shape="plaintext", margin="0", fontsize="12", id=own)

    def _edge(self, edge: Edge) -> None:
        source = edge.source if edge.source in self.inside else INPUT
        attributes = {
            "style": theme.EDGE_STYLE[edge.kind],
            "class": f"edge-{edge.kind}",
            "weight": "20" if edge.kind is EdgeKind.FLOW else "1",
        }
        if edge.kind is not EdgeKind.FLOW:
            self.skips.add(edge.kind)
            attributes |= {"color": theme.SKIP.light, "penwidth": "2.6"}
        self._lines(source, edge.target, attributes)

    def _lines(self, source: str, target: str, attributes: dict[str, str]) -> None:
        """An edge; into and out of a grouped convolution one for each group that is drawn, its middle kept in line."""
        for start in self._ends(source):
            for end in self._ends(target):
                hidden = start.endswith(_MIDDLE) or end.endswith(_MIDDLE)
                apart = "#" in start + end
                more = {"style": "invis", "weight": "40"} if hidden else {"weight": "1"} if apart else {}
                self.graph.edge(start, end, **attributes | more)

    def _ends(self, path: str) -> list[str]:
        layer = next((layer for layer in self.layers if layer.path == path and layer.groups > 1), None)
        return [path] if layer is None else [f"{path}#{place}" for place in (*_drawn(layer), 0)]


def _drawn(layer: Layer) -> list[int]:
    """The groups that are drawn, counted from 1."""
    return list(range(1, layer.groups + 1)) if layer.groups <= _DRAWN else [1, layer.groups]
