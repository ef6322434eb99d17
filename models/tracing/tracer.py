"""`trace(spec)`: every layer of a network with its shapes and edges, recorded in the module's own forward."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from ..networks.arguments import family
from ..networks.build import build
from ..runtime.errors import SpecError
from ..runtime.messages import UserError
from ..specs.external import ExternalSpec, Network
from ..specs.spec import NetworkSpec
from . import symbolic
from .hooks import JOIN, Stack, call_stack
from .kinds import JOINS, WEIGHTED, Kind
from .layers import INPUT, DepthRule, EdgeKind, Layer, Shape
from .records import Edge, Trace
from .rules import Operation
from .sight import extents
from .skeleton import skeleton
from .source_lines import created_at
from .stretch import shortened, stretched
from .symbolic import Symbol

STEM, HEAD = "stem", "head"


def trace(network: Network | nn.Module, *, input_shape: Shape | Sequence[Shape] | None = None) -> Trace:
    """Return every layer of a network with its shapes and edges: no weight is allocated, nothing is computed.

    A spec, of ours or of a library's network, is traced at its own `input_shape`; any module at the one given,
    (C, H, W), or at several for several inputs. Raises `UntraceableError` for a module whose forward depends on values.
    """
    if isinstance(network, NetworkSpec):
        return _trace(network)
    from .module_trace import module_trace  # noqa: PLC0415  # it uses this module

    if isinstance(network, ExternalSpec):
        with torch.device("meta"):
            built = build(network)
        return module_trace(built, network.input_shape, skip_scale=network.skip_scale)
    if input_shape is None:
        raise SpecError("input_shape", "must be given for a module, such as (3, 224, 224)", None)
    return module_trace(network, input_shape)


def _trace(spec: NetworkSpec) -> Trace:
    """Trace a network of a spec by passing a symbol of its input's shape through it.

    Of identical blocks two are traced and the others derived from them. Depth follows the family's own rule: Wide
    ResNets count 6N + 4, all others the convolutions of the main path and the classifier.
    """
    short = shortened(spec)
    found = walk(skeleton(short), short)
    _check_counted(spec, found)
    return found if short is spec else stretched(found, spec.stages)


def _check_counted(spec: NetworkSpec, found: Trace) -> None:
    """Raise `ValueError` if the registry entry of the block counts a layer that the block lacks."""
    block = next(total.path for total in found.blocks if total.path not in {stage.path for stage in found.stages})
    missing = [name for name in spec.block_type.counted if f"{block}.{name}" not in found.by_path]
    if missing:
        raise UserError("counted: {block} has no layer {layers}", block=spec.block_type.name, layers=", ".join(missing))


def walk(network: nn.Module, spec: NetworkSpec) -> Trace:
    """Return the trace of a network that was built from a spec; it should be in eval mode."""
    with call_stack(network, symbolic.forward) as stack:
        journey = _Walk(stack, family(spec), spec.block_type.counted)
        image = Symbol(chw=spec.input_shape, source=INPUT, source_shape=spec.input_shape, record=journey.record)
        try:
            network(image)
        except UserError as error:
            raise _located(error, network) from None
    edges = journey.edges()
    rule = DepthRule.PROJECTIONS if spec.counts_projections else DepthRule.CLASSIFIER
    if not spec.block_type.counted:
        rule = DepthRule.LONGEST
    joins = {name for name, step in journey.steps.items() if step.operation.kind in JOINS}
    projections = {edge.target for edge in edges if edge.kind is EdgeKind.PROJECTION} - joins
    layers = tuple(journey.layers(rule, projections))
    if rule is DepthRule.LONGEST:
        _count(longest(layers, edges), {layer.path: layer for layer in layers})
    return Trace(input_shape=spec.input_shape, layers=layers, edges=edges, depth_rule=rule)


def longest(layers: Sequence[Layer], edges: Iterable[Edge]) -> tuple[str, ...]:
    """Return the convolutions and linear layers on the path from image to output that has most of them."""
    sources: defaultdict[str, list[str]] = defaultdict(list)
    for edge in edges:
        sources[edge.target].append(edge.source)
    ways: dict[str, tuple[int, str | None]] = {INPUT: (0, None)}  # layer -> how many up to it, and the layer before
    for layer in layers:
        before = max(sources[layer.path], key=lambda source: ways[source][0])
        ways[layer.path] = ways[before][0] + _has_weights(layer), before
    found: list[str] = []
    weighted = {layer.path for layer in layers if _has_weights(layer)}
    place: str | None = layers[-1].path
    while place is not None:
        if place in weighted:
            found.append(place)
        place = ways[place][1]
    return tuple(reversed(found))


def _has_weights(layer: Layer) -> bool:
    """Whether it counts; attention does where it has weights of its own, which it has not beside linear layers."""
    return layer.kind in WEIGHTED and (layer.kind != Kind.ATTENTION or layer.params > 0)


def _count(paths: Iterable[str], layers: dict[str, Layer]) -> None:
    for path in paths:
        object.__setattr__(layers[path], "counted", True)  # frozen, but not yet shared


def _located(error: UserError, network: nn.Module) -> UserError:
    """The same error with the layer in which it was raised, and the line that creates that layer."""
    block, _, name = (error.layer or "").rpartition(".")
    line = created_at(type(network.get_submodule(block))).get(name)  # type: ignore[arg-type]  # classes hash
    if line is None:
        return UserError("{layer}: {problem}", layer=error.layer, problem=error.message)
    return UserError("{layer}: {problem} Its line is {line}", layer=error.layer, problem=error.message, line=line)


def _tall_or_wide(done: Operation) -> bool:
    """Whether it is a convolution whose window is not square."""
    return done.kind is Kind.CONV and done.kernel is not None and len({*done.kernel}) > 1


@dataclass(slots=True)
class _Step:
    operation: Operation
    receptive_field: int
    effective_stride: int
    made_by: str


@dataclass(slots=True)
class _Walk:
    """Records operations under the path of the module that calls them, in the order of the forward pass."""

    stack: Stack
    family: Any  # the function that builds the network, whose source names its parts
    counted: tuple[str, ...]  # layers of a block that count towards the depth
    steps: dict[str, _Step] = field(default_factory=dict)
    leaves: set[type[nn.Module]] = field(default_factory=set)

    def record(self, operation: Operation, receptive_field: int, effective_stride: int) -> str:
        path, module = self.stack[-1]
        if type(module) not in self.leaves and not self._is_leaf(module):  # called outside leaf modules, as in x + y
            path = f"{path}.{operation.name}".lstrip(".")
        if path in self.steps:
            again = Counter(known.split("#")[0] for known in self.steps)[path] + 1
            path = f"{path}#{again}"
        self.steps[path] = _Step(
            operation,
            receptive_field,
            effective_stride,
            created_at(type(self.stack[-2][1])).get(path[path.rfind(".") + 1 :]) or self._made_by(path),  # type: ignore[arg-type]
        )
        return path

    def edges(self) -> tuple[Edge, ...]:
        """Return all edges; those on the skip path of a join have the kind of the skip connection."""
        kinds: dict[tuple[str, str], EdgeKind] = {}
        readers: defaultdict[str, list[str]] = defaultdict(list)
        for path, step in self.steps.items():
            for symbol in step.operation.inputs:
                readers[symbol.source].append(path)
        for path, step in self.steps.items():
            if step.operation.kind is Kind.CONCAT:
                kinds[step.operation.inputs[0].source, path] = EdgeKind.CONCAT
            elif step.operation.kind is Kind.ADD:
                chain, inside = [path], f"{path.partition(f'.{JOIN}.')[0]}.{JOIN}."

                def consumers(source: str, inside: str = inside) -> int:
                    """How many read it; the parts of the join, such as a gate, count as one."""
                    return len({inside if one.startswith(inside) else one for one in readers[source]})

                while (source := self.steps[chain[-1]].operation.inputs[0].source) != INPUT and consumers(source) == 1:
                    chain.append(source)
                projects = any(self.steps[link].operation.kind is Kind.CONV for link in chain)
                kind = EdgeKind.PROJECTION if projects else EdgeKind.IDENTITY
                kinds |= {(self.steps[link].operation.inputs[0].source, link): kind for link in chain}
        return tuple(
            Edge(symbol.source, path, kinds.get((symbol.source, path), EdgeKind.FLOW), symbol.source_shape)
            for path, step in self.steps.items()
            for symbol in step.operation.inputs
        )

    def layers(self, rule: DepthRule, projections: set[str]) -> Iterator[Layer]:
        position = STEM
        seen = {INPUT: (1, 1)}  # receptive field and effective stride of each layer's output
        places: dict[str, tuple[str, str]] = {}
        for path, step in self.steps.items():
            done = step.operation
            container = path[: path.rfind(".") + 1]
            if container not in places:
                places[container] = _place(path)
            stage, block = places[container]
            projection = path in projections
            position = HEAD if stage else position
            first = done.inputs[0]
            if len(done.inputs) == 1:
                # zero padding reads a strided view: the input of the layer is the tensor before striding
                shapes: tuple[Shape, ...] = (first.source_shape if done.kind is Kind.PAD else first.chw,)
                fields: tuple[int, ...] = (seen[first.source][0],)
            else:
                shapes = tuple(symbol.chw for symbol in done.inputs)
                fields = tuple(seen[symbol.source][0] for symbol in done.inputs)
            seen[path] = step.receptive_field, step.effective_stride
            layer = Layer(
                path=path,
                kind=done.kind,
                operation=done.name,
                input_shapes=shapes,
                output_shape=done.out,
                kernel=done.kernel,
                stride=done.stride,
                padding=done.padding,
                dilation=done.dilation,
                ceil=done.ceil,
                groups=done.groups,
                factor=done.factor,
                bias=done.bias,
                params=sum(map(Tensor.numel, done.weights)),
                buffers=sum(map(Tensor.numel, done.buffers)),
                macs=done.macs,
                input_fields=fields,
                input_sides=extents(first.sees) if _tall_or_wide(done) else None,
                input_stride=seen[first.source][1],
                receptive_field=step.receptive_field,
                effective_stride=step.effective_stride,
                stage=stage or position,
                block=block,
                projection=projection,
                made_by=step.made_by,
            )
            if rule is not DepthRule.LONGEST and self._counts(layer, rule):
                _count([path], {path: layer})
            yield layer

    def _counts(self, layer: Layer, rule: DepthRule) -> bool:
        """Whether a layer counts: in a block by the block's type, elsewhere convolutions and the classifier do."""
        if layer.projection or (layer.kind == Kind.LINEAR and not layer.block):
            return layer.counted_by(rule)
        if layer.block not in ("", layer.stage):  # a transition is a stage, not a block
            return layer.path[len(layer.block) + 1 :] in self.counted
        return layer.kind == Kind.CONV

    def _is_leaf(self, module: nn.Module) -> bool:
        if next(module.children(), None) is not None:
            return False
        self.leaves.add(type(module))
        return True

    def _made_by(self, path: str) -> str:
        """The source line that creates the layer, in its block's class or in the family's function."""
        for container, module in islice(reversed(self.stack), 1, None):
            lines = created_at(type(module) if container else self.family)  # type: ignore[arg-type]  # classes hash
            if lines:
                own = path[len(container) :].rpartition(".")
                return lines.get(own[2]) or lines.get(own[0].rpartition(".")[2], "")  # downsample.0: downsample
        return ""


_STAGE = re.compile(r"(layer|denseblock)\d+|repeat(_\d)?")  # with blocks
_BETWEEN = re.compile(r"transition\d+|mixed_[67]a")  # a stage of its own, without blocks
_LAST = "block8"  # the last block of an Inception-ResNet, which belongs to its third stage


def _place(path: str) -> tuple[str, str]:
    """The paths of the stage and the block that a layer belongs to; empty for stem and head."""
    prefix, parts = ("features.", path.split(".")[1:]) if path.startswith("features.") else ("", path.split("."))
    if parts[0] == _LAST:
        return "repeat_2", _LAST
    stage = prefix + parts[0]
    if len(parts) > 1 and _STAGE.fullmatch(parts[0]):
        return stage, f"{stage}.{parts[1]}"
    return (stage, stage) if len(parts) > 1 and _BETWEEN.fullmatch(parts[0]) else ("", "")
