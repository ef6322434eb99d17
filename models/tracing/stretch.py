"""Extend the trace of a shortened network to all its blocks, so that identical blocks are traced only once."""

from collections.abc import Iterator
from dataclasses import replace

from ..specs.choices import StrideBlock
from ..specs.registry import Family
from ..specs.spec import NetworkSpec
from .layers import Layer
from .records import Edge, Trace

_KEPT = 3  # blocks of a stage: the first, and two of the following, which differ only in their receptive field


def shortened(spec: NetworkSpec) -> NetworkSpec:
    """Return the network with at most three blocks per stage.

    A DenseNet, with no two equal layers, is unchanged, and so is a network whose last blocks have the stride.
    """
    alike = spec.family is Family.RESNET and spec.stride_block is StrideBlock.FIRST
    if not alike or max(spec.stages) <= _KEPT:
        return spec
    return replace(spec, stages=tuple(min(count, _KEPT) for count in spec.stages))


def stretched(short: Trace, stages: tuple[int, ...]) -> Trace:
    """Return the trace of the network with `stages` blocks per stage; `short` is that of the shortened one.

    A stage's second block and all after it are built alike, and each widens the receptive field by the same amount,
    which is taken from the two that were traced. The receptive fields of later stages grow by those amounts.
    """
    layers: list[Layer] = []
    edges: list[Edge] = []
    renamed: dict[str, str] = {}  # last block of a stage -> its path in the long network
    left_out = 0  # receptive field of the added blocks so far, in pixels
    for prefix, count, own in _stages(short, stages):
        more = count - _KEPT
        if more <= 0:
            layers += [_moved(layer, left_out) for layer in own]
            edges += [_redirected(edge, renamed) for layer in own for edge in short.incoming[layer.path]]
            continue
        second, last = f"{prefix}.{_KEPT - 2}", f"{prefix}.{_KEPT - 1}"
        skip = len(last)  # `second` and `last` have the same length
        template = [(layer, layer.path[skip:]) for layer in own if layer.block == last]
        before = {layer.path[skip:]: layer.receptive_field for layer in own if layer.block == second}
        end, rest = template[-1]
        growth = end.receptive_field - before[rest]
        layers += [_moved(layer, left_out) for layer in own]
        edges += [_redirected(edge, renamed) for layer in own for edge in short.incoming[layer.path]]
        crossed = [
            (edge.source.startswith(last), edge.source[skip:], edge.target[skip:], edge.kind, edge.shape)
            for layer, _ in template
            for edge in short.incoming[layer.path]
        ]
        for place in range(_KEPT, _KEPT + more):
            block, previous = f"{prefix}.{place}", f"{prefix}.{place - 1}"
            wider = left_out + (place - _KEPT + 1) * growth
            layers += [_moved(layer, wider, block + rest, block) for layer, rest in template]
            for inside, source, target, kind, shape in crossed:
                edges.append(Edge((block if inside else previous) + source, block + target, kind, shape))
        renamed[last] = f"{prefix}.{count - 1}"
        left_out += more * growth
    return replace(short, layers=tuple(layers), edges=tuple(edges))


def _stages(short: Trace, stages: tuple[int, ...]) -> Iterator[tuple[str, int, list[Layer]]]:
    """(path, blocks in the long network, layers) of each stage in order; stem and head have no blocks."""
    counts = iter(stages)
    own: list[Layer] = []
    for layer in short.layers:
        if own and layer.stage != own[0].stage:
            yield own[0].stage, next(counts) if own[0].block else 0, own
            own = []
        own.append(layer)
    yield own[0].stage, 0, own


def _moved(layer: Layer, wider: int, path: str = "", block: str = "") -> Layer:
    """The layer with a receptive field wider by `wider` pixels, and under another path if one is given."""
    if not wider and not path:
        return layer
    moved: Layer = object.__new__(Layer)
    vars(moved).update(  # takes a tenth of the time of dataclasses.replace
        vars(layer),
        receptive_field=layer.receptive_field + wider,
        input_sides=layer.input_sides and (layer.input_sides[0] + wider, layer.input_sides[1] + wider),
        input_fields=tuple([field + wider for field in layer.input_fields]),
        path=path or layer.path,
        block=block or layer.block,
    )
    return moved


def _redirected(edge: Edge, renamed: dict[str, str]) -> Edge:
    """Let an edge from the last block of an earlier stage start at the last block in the long network."""
    block = edge.source.rpartition(".")[0]
    while block:
        if block in renamed and not edge.target.startswith(f"{block}."):
            return Edge(renamed[block] + edge.source[len(block) :], edge.target, edge.kind, edge.shape)
        block = block.rpartition(".")[0]
    return edge
