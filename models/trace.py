"""`trace(spec)`: every layer of a network with its shapes, counts and edges, told by the module's own forward."""

import ast
import inspect
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models import symbolic
from models.hooks import Stack, call_stack
from models.network import build, family
from models.records import INPUT, JOINS, DepthRule, Edge, EdgeKind, Kind, Layer, Shape, Trace, counts
from models.spec import NetworkSpec
from models.symbolic import Operation, Symbol

STEM, HEAD = "stem", "head"


def trace(spec: NetworkSpec) -> Trace:
    """Walk a symbol of shape `spec.input_shape` through the network: no weight is allocated, nothing is computed.

    Depth follows the family's own rule: Wide ResNets count 6N + 4, all others the convolutions of the main path and the
    classifier.
    """
    with torch.device("meta"):
        network = build(spec).eval()  # in eval mode a batch norm counts no batches
    return walk(network, spec)


def walk(network: nn.Module, spec: NetworkSpec) -> Trace:
    """The trace of a network that was built from a spec; it should be in eval mode."""
    with call_stack(network, symbolic.forward) as stack:
        journey = _Walk(stack, family(spec))
        network(Symbol(chw=spec.input_shape, source=INPUT, source_shape=spec.input_shape, record=journey.record))
    edges = journey.edges()
    rule = DepthRule.PROJECTIONS if spec.counts_projections else DepthRule.CLASSIFIER
    joins = {name for name, step in journey.steps.items() if step.operation.kind in JOINS}
    projections = {edge.target for edge in edges if edge.kind is EdgeKind.PROJECTION} - joins
    return Trace(
        input_shape=spec.input_shape,
        layers=tuple(journey.layers(rule, projections)),
        edges=edges,
        depth_rule=rule,
    )


@dataclass(slots=True)
class _Step:
    operation: Operation
    receptive_field: int
    effective_stride: int
    made_by: str


@dataclass(slots=True)
class _Walk:
    """Files operations under the path of the module that called them, in the order of the forward pass."""

    stack: Stack
    family: Any  # the function whose source names the network's parts
    steps: dict[str, _Step] = field(default_factory=dict)
    leaves: set[type[nn.Module]] = field(default_factory=set)

    def record(self, operation: Operation, receptive_field: int, effective_stride: int) -> str:
        path, module = self.stack[-1]
        if type(module) not in self.leaves and not self._is_leaf(module):  # called between modules, as in x + y
            path = f"{path}.{operation.name}".lstrip(".")
        if path in self.steps:
            again = Counter(known.split("#")[0] for known in self.steps)[path] + 1
            path = f"{path}#{again}"
        self.steps[path] = _Step(
            operation,
            receptive_field,
            effective_stride,
            _lines(type(self.stack[-2][1])).get(path[path.rfind(".") + 1 :]) or self._made_by(path),  # type: ignore[arg-type]
        )
        return path

    def edges(self) -> tuple[Edge, ...]:
        """All edges; those that reach a join by its skip side carry the skip's kind."""
        kinds: dict[tuple[str, str], EdgeKind] = {}
        readers = Counter(symbol.source for step in self.steps.values() for symbol in step.operation.inputs)
        for path, step in self.steps.items():
            if step.operation.kind is Kind.CONCAT:
                kinds[step.operation.inputs[0].source, path] = EdgeKind.CONCAT
            elif step.operation.kind is Kind.ADD:
                chain = [path]
                while readers[source := self.steps[chain[-1]].operation.inputs[0].source] == 1 and source != INPUT:
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
        seen = {INPUT: (1, 1)}  # receptive field and effective stride of what each layer puts out
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
                # zero padding is fed by a strided view: the layer starts from what the view shows
                shapes: tuple[Shape, ...] = (first.source_shape if done.kind is Kind.PAD else first.chw,)
                fields: tuple[int, ...] = (seen[first.source][0],)
            else:
                shapes = tuple(symbol.chw for symbol in done.inputs)
                fields = tuple(seen[symbol.source][0] for symbol in done.inputs)
            seen[path] = step.receptive_field, step.effective_stride
            yield Layer(
                path=path,
                kind=done.kind,
                operation=done.name,
                input_shapes=shapes,
                output_shape=done.out,
                kernel=done.kernel,
                stride=done.stride,
                padding=done.padding,
                groups=done.groups,
                bias=done.bias,
                params=sum(map(Tensor.numel, done.weights)),
                buffers=sum(map(Tensor.numel, done.buffers)),
                macs=done.macs,
                input_fields=fields,
                input_stride=seen[first.source][1],
                receptive_field=step.receptive_field,
                effective_stride=step.effective_stride,
                stage=stage or position,
                block=block,
                projection=projection,
                counted=counts(done.kind, projection, rule),
                made_by=step.made_by,
            )

    def _is_leaf(self, module: nn.Module) -> bool:
        if next(module.children(), None) is not None:
            return False
        self.leaves.add(type(module))
        return True

    def _made_by(self, path: str) -> str:
        """The line of our own source that makes the layer: in its block's class, or in the family's function."""
        for container, module in islice(reversed(self.stack), 1, None):
            lines = _lines(type(module) if container else self.family)  # type: ignore[arg-type]  # classes hash
            if lines:
                own = path[len(container) :].rpartition(".")
                return lines.get(own[2]) or lines.get(own[0].rpartition(".")[2], "")  # downsample.0: downsample
        return ""


def _place(path: str) -> tuple[str, str]:
    """The paths of the stage and the block that a layer belongs to; empty for stem and head."""
    prefix, parts = ("features.", path.split(".")[1:]) if path.startswith("features.") else ("", path.split("."))
    if len(parts) == 1:
        return "", ""
    stage = prefix + parts[0]
    return stage, f"{stage}.{parts[1]}" if parts[1].isdecimal() or len(parts) > 2 else stage


@cache
def _lines(owner: Any) -> dict[str, str]:
    """`name -> "blocks.py:93  self.conv1 = ..."` for every part that a class or function of ours makes."""
    if not owner.__module__.startswith("models."):
        return {}
    source, first = inspect.getsourcelines(owner)
    text = textwrap.dedent("".join(source))
    file = Path(inspect.getsourcefile(owner) or "").name
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        if isinstance(node, ast.Assign):
            targets = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
            for target in targets:
                if isinstance(target, ast.Attribute):
                    names.append(target.attr)
                elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                    names.append(str(target.slice.value))
        elif isinstance(node, ast.keyword) and node.arg and isinstance(node.value, ast.Call):
            names.append(node.arg)
        for name in names:
            line = " ".join((ast.get_source_segment(text, node) or "").split())
            found.setdefault(name, f"{file}:{first + node.lineno - 1}  {line}")  # type: ignore[attr-defined]
    return found
