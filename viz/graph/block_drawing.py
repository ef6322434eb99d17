"""Graph of one block with its formulas: how it adds or concatenates, and how many groups it has."""

import re

import graphviz

from models.tracing.kinds import JOINS, KINDS, Kind
from models.tracing.layers import INPUT, EdgeKind, Layer
from models.tracing.records import Edge, Trace
from viz.graph.folding import Folding
from viz.graph.painter import SIGN
from viz.graph.picture import Picture
from viz.graph.words import named, words
from viz.language import _, ngettext
from viz.style import format, theme

_OUT = "output"
_MIDDLE = "#0"  # suffix of the node that states a grouped convolution's number of groups
_DRAWN = 3  # most groups or paths that are all drawn; of more, the first and the last, with their number between them
_PATHS = re.compile(r"\.paths\.(\d+)\.")  # one of the parallel paths of a ResNeXt block


def typical(trace: Trace, *, changes: bool) -> str:
    """Return the path of the first block that keeps its shape or, with `changes`, changes it (or is a transition).

    If there is none, return the first block.
    """
    blocks = {layer.block: None for layer in trace.layers if layer.block}
    found = [block for block in blocks if changes_shape(trace, block) is changes]
    return found[0] if found else next(iter(blocks))


def changes_shape(trace: Trace, block: str) -> bool:
    """Return whether a block's output shape differs from its input's, besides the channels that a dense layer adds."""
    own = [layer for layer in trace.layers if layer.block == block]
    if any(layer.kind is Kind.CONCAT for layer in own):
        return False  # every dense layer adds channels, at the same size
    return own[0].input_shape != own[-1].output_shape


def picture(trace: Trace, block: str, *, title: str) -> Picture:
    """Return the graph of a block's layers, with the formulas of their parameters."""
    drawing = _Drawing(trace, block)
    own = [layer for layer in trace.layers if layer.block == block]
    params, macs = (sum(getattr(layer, name) for layer in own) for name in ("params", "macs"))
    joins = [layer.kind for layer in own if layer.kind in JOINS]
    values = {"block": block, "network": title, "params": params, "macs": macs}
    if not joins:
        alt = _(
            "Block {block} of {network}: it has no skip connection; {params:,} parameters, {macs:,} MACs.", **values
        )
    elif joins[0] == Kind.ADD:
        alt = _(
            "Block {block} of {network}: it adds its branch to its input; {params:,} parameters, {macs:,} MACs.",
            **values,
        )
    else:
        alt = _(
            "Block {block} of {network}: it concatenates its branch to its input; {params:,} parameters, "
            "{macs:,} MACs.",
            **values,
        )
    return Picture(
        drawn=drawing.graph.source,
        nodes=drawing.words,
        groups=frozenset(),
        kinds=tuple(kind for kind in KINDS if kind in {layer.kind for layer in own}),
        skips=frozenset(drawing.skips),
        legend=None,
        folding=Folding(),
        note="",
        alt=alt,
        caption=_("{network}, {block}: {params:,} parameters, {macs:,} MACs", **values),
    )


class _Drawing:
    def __init__(self, trace: Trace, block: str) -> None:
        own = [layer for layer in trace.layers if layer.block == block]
        self.paths = 1 + max((_path(layer.path) for layer in own), default=-1)
        self.layers = [layer for layer in own if self._drawn(layer.path)]
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
        self._end(INPUT, named(_("input"), f"\n{format.shape(first.input_shape)}"), _("the input of the block"))
        for layer in self.layers:
            self._layer(layer)
        self._end(_OUT, named(_("output"), f"\n{format.shape(last.output_shape)}"), _("the output of the block"))
        for layer in self.layers:
            for edge in trace.incoming[layer.path]:
                if self._drawn(edge.source):
                    self._edge(edge)
        if self.paths > _DRAWN:
            self._between()
        self._lines(last.path, _OUT, {"weight": "20"})

    def _drawn(self, path: str) -> bool:
        """Whether a layer is drawn: of many parallel paths only the first and the last are."""
        return self.paths <= _DRAWN or _path(path) in (-1, 0, self.paths - 1)

    def _between(self) -> None:
        """State the number of paths, between the first and the last."""
        text = ngettext("... {n} path ...", "... {n} paths ...", self.paths)
        first, last = (
            [layer.path for layer in self.layers if _path(layer.path) == place] for place in (0, self.paths - 1)
        )
        middle = len(first) // 2
        self.graph.node("paths", text, shape="plaintext", margin="0", id="paths")
        self.words["paths"] = text
        with self.graph.subgraph() as row:
            row.attr(rank="same")
            for name in (first[middle], "paths", last[middle]):
                row.node(name)
        self.graph.edge(first[middle], "paths", style="invis")
        self.graph.edge("paths", last[middle], style="invis")

    def _end(self, name: str, label: str, what: str) -> None:
        self.words[name] = what
        self.graph.node(name, label, style="rounded", id=name, **{"class": "image"})

    def _layer(self, layer: Layer) -> None:
        self.words[layer.path] = words(layer)
        fill = {"style": "filled", "fillcolor": theme.fill(layer.kind).light, "class": f"kind-{layer.kind}"}
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
            kernel = f"  {layer.kernel[0]}×{layer.kernel[1]}{stride}, {channels}\n{layer.params_formula}"
            return named(name, kernel)
        if layer.params:
            return named(name, f"  {layer.params_formula}")
        return named(name, f"  {channels}" if layer.kind is Kind.PAD else "")

    def _groups(self, layer: Layer, fill: dict[str, str]) -> None:
        """Draw a grouped convolution: some of its groups side by side, and their number."""
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
                    inner.node(own, named(name, f"\n{kernel}\n{into} → {out}"), id=own, **fill)
                else:
                    groups = ngettext("... {n} group ...", "... {n} groups ...", layer.groups)
                    text = f"{groups}\n{formula}"
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
        """Draw an edge; at a grouped convolution, one per drawn group and an invisible one to align its middle node."""
        for start in self._ends(source):
            for end in self._ends(target):
                hidden = start.endswith(_MIDDLE) or end.endswith(_MIDDLE)
                apart = "#" in start + end
                more = {"style": "invis", "weight": "40"} if hidden else {"weight": "1"} if apart else {}
                self.graph.edge(start, end, **attributes | more)

    def _ends(self, path: str) -> list[str]:
        layer = next((layer for layer in self.layers if layer.path == path and layer.groups > 1), None)
        return [path] if layer is None else [f"{path}#{place}" for place in (*_drawn(layer), 0)]


def _path(path: str) -> int:
    """Number of the parallel path that a layer is on, from 0; -1: on none."""
    found = _PATHS.search(path)
    return int(found[1]) if found else -1


def _drawn(layer: Layer) -> list[int]:
    """Numbers of the groups that are drawn, from 1."""
    return list(range(1, layer.groups + 1)) if layer.groups <= _DRAWN else [1, layer.groups]
