"""The trace of any module, from the record of its calls and the joins found in it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from torch import nn

from .function_kinds import FUNCTION_KINDS
from .functions import CONCATENATIONS
from .hooks import Way
from .kinds import Kind
from .layers import INPUT, DepthRule, EdgeKind, Layer, shapes_of
from .module_joins import Join, Joins
from .recording import IMAGE, Call, Recording, Shape, UntraceableError, record
from .records import Edge, Trace
from .sight import Sight, extents
from .source_lines import created_at
from .structure import Read, Structure
from .tracer import HEAD, STEM, longest
from .without_skips import scaling


def module_trace(module: nn.Module, input_shape: Shape | Sequence[Shape], *, skip_scale: float = 1.0) -> Trace:
    """Return the trace of any module's forward, for an input of this shape without the batch, or for several.

    With `skip_scale` 0 the skips of all additions are left out, and what only they need. The depth is the number of
    layers with weights on the longest path; a layer outside of its rules is one of the kind "other", under its own
    name. Receptive fields are 0 from the first function on for which there is no rule, such as attention. Raises
    `UntraceableError` if the forward can't be followed.
    """
    return structure(module, input_shape, skip_scale=skip_scale).trace


def structure(module: nn.Module, input_shape: Shape | Sequence[Shape], *, skip_scale: float = 1.0) -> Structure:
    """Return the trace of a module, and which of its calls are which layers; arguments as of `module_trace`."""
    shapes = shapes_of(input_shape)
    try:
        builder = _Builder(module, record(module, shapes))
    except UntraceableError as error:
        if error.recording is not None:
            error.trace = _Builder(module, error.recording).trace(shapes[0])
        raise
    if skip_scale == 0:
        plain = record(module, shapes, inner=scaling(builder.joins, 0.0)).needed
        builder = _Builder(module, plain, builder.blocks)  # without joins it would have no blocks
    return builder.structure(builder.trace(shapes[0]), skip_scale)


class _Builder:
    """Turns the calls of a recording into layers, edges and joins."""

    def __init__(self, module: nn.Module, recording: Recording, blocks: tuple[str, ...] | None = None) -> None:
        self.module = module
        self.recording = recording
        self.calls = recording.calls
        self.joins = Joins(recording.calls)
        self.named: dict[int, Join] = {join.call: join for join in self.joins.named}
        self.paths = _paths(recording.calls)
        self.by_path: dict[str, Layer] = {}
        self.blocks = self._blocks() if blocks is None else blocks

    def trace(self, input_shape: Shape) -> Trace:
        edges = self.edges()
        layers = tuple(self.layers(edges))
        for path in longest(layers, edges):
            object.__setattr__(self.by_path[path], "counted", True)  # frozen, but not yet shared
        return Trace(
            input_shape=input_shape,
            layers=layers,
            edges=edges,
            depth_rule=DepthRule.LONGEST,
            unused=self.unused(),
            classes=self.recording.classes,
            unclear={self.paths[one.call]: one.why for one in self.joins.unclear},
        )

    def path(self, call: int) -> str:
        return INPUT if call == IMAGE else self.paths[call]

    def operands(self, place: int) -> list[tuple[int, Shape]]:
        """The sources of a call and their shapes; of a join, the skip first."""
        call = self.calls[place]
        found = list(zip(call.sources, call.input_shapes, strict=True))
        join = self.named.get(place)
        return found[::-1] if join and join.skip == 1 else found

    def _sights(self, place: int) -> Sequence[Sight | None]:
        """What the sources of a call see; of a join, the skip first."""
        return [Sight() if one == IMAGE else self.calls[one].sight for one, _shape in self.operands(place)]

    def structure(self, trace: Trace, skip_scale: float) -> Structure:
        reads: defaultdict[str, list[Read]] = defaultdict(list)
        for place, join in self.named.items():
            for operand, source in enumerate(self.calls[place].sources):
                way = Way.SKIP if operand == join.skip else Way.BRANCH
                for reader in self.joins.readers(join, source):
                    reads[self.paths[reader]].append(Read(self.paths[place], way, self.path(join.fork)))
        return Structure(
            trace=trace,
            calls={
                (call.container, call.name, call.ordinal): path
                for call, path in zip(self.calls, self.paths, strict=True)
            },
            weights={
                path: tuple(name for name in call.weights if not name.endswith("bias"))
                for call, path in zip(self.calls, self.paths, strict=True)
            },
            reads=dict(reads),
            skips={self.paths[place]: join.skip for place, join in self.named.items()},
            skip_scale=skip_scale,
        )

    def unused(self) -> dict[str, int]:
        """Modules with parameters that no call reads, such as heads for training alone -> how many those have."""
        read = {name for call in self.calls for name in call.weights}
        found: Counter[str] = Counter()
        for name, size in self.recording.parameters.items():
            if name not in read:
                found[name.split(".")[0] if "." in name else name] += size
        return dict(found)

    def edges(self) -> tuple[Edge, ...]:
        kinds: dict[tuple[int, int], EdgeKind] = {}
        for place, join in self.named.items():
            kind = EdgeKind.PROJECTION if join.projects else EdgeKind.IDENTITY
            source, target = self.calls[place].sources[join.skip], place
            while True:
                kinds[source, target] = kind
                if source in (join.fork, IMAGE) or len(self.calls[source].sources) != 1:
                    break
                source, target = self.calls[source].sources[0], source
        for place in self.joins.concatenations:
            kinds[min(self.calls[place].sources), place] = EdgeKind.CONCAT
        return tuple(
            Edge(self.path(source), self.paths[place], kinds.get((source, place), EdgeKind.FLOW), shape)
            for place in range(len(self.calls))
            for source, shape in self.operands(place)
        )

    def layers(self, edges: Sequence[Edge]) -> Iterator[Layer]:
        counted: set[str] = set()  # parameters are counted at their first use
        projections = {edge.target for edge in edges if edge.kind is EdgeKind.PROJECTION}
        projections -= {self.paths[place] for place in self.named}
        position, places, kept = STEM, self._places(), set[str]()
        for place, call in enumerate(self.calls):
            path = self.paths[place]
            stage, block = places[place]
            position = HEAD if stage else position
            own = [name for name in call.weights if name not in counted]
            counted.update(own)
            shapes = tuple(shape for _source, shape in self.operands(place))
            kind = self._kind(place)
            first, sight, sources = call.sights[0], call.sight, self._sights(place)
            uneven = kind is Kind.CONV and len({*call.window.get("kernel", ())}) > 1 and first is not None
            layer = Layer(
                path=path,
                kind=kind,
                operation=call.name,
                input_shapes=shapes,
                output_shape=call.output_shape,
                bias=any(name.rpartition(".")[2] == "bias" for name in own),
                params=sum(self.recording.parameters[name] for name in own),
                buffers=0 if call.container in kept else self._buffers(call),
                macs=call.macs,
                input_fields=tuple(one.field if one else 0 for one in sources),
                input_sides=extents(first.sees) if uneven and first else None,
                input_stride=sources[0].stride if sources[0] else 1,
                receptive_field=sight.field if sight else 0,
                effective_stride=sight.stride if sight else 0,
                stage=stage or position,
                block=block,
                projection=path in projections,
                made_by=self._made_by(call),
                **call.window,
            )
            self.by_path[path] = layer
            kept.add(call.container)
            yield layer

    def _buffers(self, call: Call) -> int:
        """Values in the buffers of the layer that makes a call, its counters too."""
        if not call.leaf:
            return sum(self.recording.buffers[name] for name in call.buffers)
        return sum(value.numel() for value in self.module.get_submodule(call.container).buffers(recurse=False))

    def _kind(self, place: int) -> Kind:
        call = self.calls[place]
        if place in self.named:
            return Kind.ADD
        if call.name in CONCATENATIONS:
            return Kind.CONCAT if place in self.joins.concatenations else Kind.BRANCHES
        if call.addition and len(set(call.sources)) > 1:
            return Kind.SUM
        return FUNCTION_KINDS.get(call.name, Kind.OTHER)

    def _blocks(self) -> tuple[str, ...]:
        """The modules that hold a join, without those inside of others."""
        found = {self._around(self.joins.path(join)): None for join in self.named.values()}
        for place in self.joins.concatenations:
            call = self.calls[place]
            found[call.container.rpartition(".")[0] if call.leaf else call.container] = None
        return tuple(one for one in found if one and not any(one.startswith(f"{other}.") for other in found if other))

    def _around(self, calls: Iterable[int]) -> str:
        """The innermost module in which all of some calls are made."""
        containers = [self.calls[place].container.split(".") for place in calls]
        level = 0
        while all(len(one) > level for one in containers) and len({one[level] for one in containers}) == 1:
            level += 1
        return ".".join(containers[0][:level])

    def _places(self) -> list[tuple[str, str]]:
        """Stage and block of each call: a block is a module that holds a join, a stage the module around it.

        What lies between two stages is a stage of its own. Without joins, stages are the first level of the modules
        that have parts, and blocks the second.
        """
        if not self.blocks:
            return [self._by_level(call) for call in self.calls]
        stages = {block: block.rpartition(".")[0] or block for block in self.blocks}
        found: list[tuple[str, str]] = []
        for call in self.calls:
            within = f"{call.container}."
            block = next((one for one in self.blocks if within.startswith(f"{one}.")), "")
            stage = (
                stages[block] if block else next((one for one in stages.values() if within.startswith(f"{one}.")), "")
            )
            found.append((stage, block or stage))
        first = next(place for place, (stage, _block) in enumerate(found) if stage)
        last = max(place for place, (stage, _block) in enumerate(found) if stage)
        level = 1 + min(stage.count(".") for stage in stages.values())
        for place in range(first, last):
            if not found[place][0]:
                between = ".".join(self.calls[place].container.split(".")[:level])
                found[place] = between, between
        return found

    def _by_level(self, call: Call) -> tuple[str, str]:
        parts = call.container.split(".") if call.container else []
        children = [child for child in self.module.children() if any(child.children())]
        start = 1 if parts and len(children) == 1 else 0  # such as `features`, which holds all stages
        stage, inner = (".".join(parts[: start + more]) for more in (1, 2))
        if len(parts) <= start or not any(self.module.get_submodule(stage).children()):
            return "", ""
        composite = len(parts) > start + 1 and any(self.module.get_submodule(inner).children())
        return stage, inner if composite else stage

    def _made_by(self, call: Call) -> str:
        """The source line that creates the layer, in the class of the nearest module around it that has one."""
        path = call.container if call.leaf else ""
        while path:
            parent, _, name = path.rpartition(".")
            lines = created_at(type(self.module.get_submodule(parent)))  # type: ignore[arg-type]  # classes hash
            if lines:
                return lines.get(name, "")
            path = parent
        return ""


def _paths(calls: Sequence[Call]) -> tuple[str, ...]:
    """A path for each call: its module's, if all calls there are of one function, else with the function's name."""
    functions: defaultdict[str, set[str]] = defaultdict(set)
    for call in calls:
        functions[call.container].add(call.name)
    seen: defaultdict[str, int] = defaultdict(int, {INPUT: 1})  # the name of the image
    found = []
    for call in calls:
        alone = call.leaf and call.container and len(functions[call.container]) == 1
        path = call.container if alone else f"{call.container}.{call.name}".lstrip(".")
        seen[path] += 1
        found.append(path if seen[path] == 1 else f"{path}#{seen[path]}")
    return tuple(found)
