"""The trace of any module, from the record of its calls and the joins found in it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from torch import nn

from .kinds import Kind
from .layers import INPUT, DepthRule, EdgeKind, Layer
from .module_joins import Join, Joins
from .recording import IMAGE, Call, Recording, Shape, record
from .records import Edge, Trace
from .source_lines import created_at
from .tracer import HEAD, STEM, longest

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "conv_transpose2d"), Kind.CONV),
    **dict.fromkeys(
        (
            "batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "local_response_norm", "normalize",
        ),
        Kind.NORM,
    ),
    **dict.fromkeys(
        (
            "relu", "relu6", "gelu", "silu", "sigmoid", "hardswish", "hardsigmoid", "hardtanh", "elu", "selu", "celu",
            "leaky_relu", "prelu", "mish", "tanh", "softmax", "log_softmax", "softplus", "logsigmoid", "glu", "rsub",
        ),
        Kind.ACT,
    ),
    **dict.fromkeys(
        (
            "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "mean", "amax", "lp_pool2d",
        ),
        Kind.POOL,
    ),
    **dict.fromkeys(("dropout", "dropout2d", "feature_dropout"), Kind.DROPOUT),
    **dict.fromkeys(("scaled_dot_product_attention", "multi_head_attention_forward"), Kind.ATTENTION),
    **dict.fromkeys(("mul", "imul", "rmul", "multiply"), Kind.PRODUCT),
    "linear": Kind.LINEAR,
    "pad": Kind.PAD,
}  # fmt: skip


def module_trace(module: nn.Module, input_shape: Shape | Sequence[Shape]) -> Trace:
    """Return the trace of any module's forward, for an input of this shape without the batch, or for several.

    The depth is the number of layers with weights on the longest path; a layer outside of its rules is one of the kind
    "other", under its own name. Receptive fields are not known, and 0. Raises `UntraceableError` if the forward can't
    be followed.
    """
    shapes = (input_shape,) if not input_shape or isinstance(input_shape[0], int) else tuple(input_shape)
    recording = record(module, shapes)  # type: ignore[arg-type]  # one shape, or several
    builder = _Builder(module, recording)
    edges = builder.edges()
    layers = tuple(builder.layers(edges))
    for path in longest(layers, edges):
        object.__setattr__(builder.by_path[path], "counted", True)  # frozen, but not yet shared
    return Trace(input_shape=shapes[0], layers=layers, edges=edges, depth_rule=DepthRule.LONGEST)  # type: ignore[arg-type]


class _Builder:
    def __init__(self, module: nn.Module, recording: Recording) -> None:
        self.module = module
        self.recording = recording
        self.calls = recording.calls
        self.joins = Joins(recording.calls)
        self.named: dict[int, Join] = {join.call: join for join in self.joins.named}
        self.paths = _paths(recording.calls)
        self.by_path: dict[str, Layer] = {}

    def path(self, call: int) -> str:
        return INPUT if call == IMAGE else self.paths[call]

    def operands(self, place: int) -> list[tuple[int, Shape]]:
        """The sources of a call and their shapes; of a join, the skip first."""
        call = self.calls[place]
        found = list(zip(call.sources, call.input_shapes, strict=True))
        join = self.named.get(place)
        return found[::-1] if join and join.skip == 1 else found

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
            options = _window(call, kind)
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
                input_fields=(0,) * len(shapes),
                receptive_field=0,
                effective_stride=0,
                stage=stage or position,
                block=block,
                projection=path in projections,
                made_by=self._made_by(call),
                **options,
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
        if call.name in ("cat", "concat", "concatenate"):
            return Kind.CONCAT if place in self.joins.concatenations else Kind.BRANCHES
        if call.addition and len(set(call.sources)) > 1:
            return Kind.SUM
        return _KINDS.get(call.name, Kind.OTHER)

    @cached_property
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
        if not self._blocks:
            return [self._by_level(call) for call in self.calls]
        stages = {block: block.rpartition(".")[0] or block for block in self._blocks}
        found: list[tuple[str, str]] = []
        for call in self.calls:
            within = f"{call.container}."
            block = next((one for one in self._blocks if within.startswith(f"{one}.")), "")
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
    """A path for each call: its module's, if that is a layer of one call, else with the function's name."""
    several = Counter(call.container for call in calls)
    seen: defaultdict[str, int] = defaultdict(int)
    found = []
    for call in calls:
        alone = call.leaf and call.container and _once(calls, call.container, several)
        path = call.container if alone else f"{call.container}.{call.name}".lstrip(".")
        seen[path] += 1
        found.append(path if seen[path] == 1 else f"{path}#{seen[path]}")
    return tuple(found)


def _once(calls: Sequence[Call], container: str, several: Counter[str]) -> bool:
    """Whether all calls of a module are of one function: it is a layer, perhaps used more than once."""
    return several[container] == 1 or len({call.name for call in calls if call.container == container}) == 1


def _window(call: Call, kind: Kind) -> dict[str, Any]:
    """Kernel, stride, padding, dilation and groups of a convolution or pooling in two dimensions."""
    if call.name == "adaptive_avg_pool2d" or "kernel_size" not in call.options or len(call.output_shape) != 3:
        return {}
    options = call.options
    kernel = _pair(options["kernel_size"])
    stride = _pair(options.get("stride") or (kernel if kind is Kind.POOL else 1))
    padding = options.get("padding", 0)
    if padding == "same":
        padding = tuple(side // 2 for side in kernel)
    elif padding == "valid":
        padding = 0
    dilation = _pair(options.get("dilation", 1))
    return {
        "kernel": kernel,
        "stride": stride,
        "padding": _pair(padding),
        "dilation": dilation[0],
        "groups": int(options.get("groups", 1)),
        "ceil": bool(options.get("ceil_mode", False)),
    }


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[-1]))
