"""Two networks layer by layer: what one has and the other lacks, and what makes their counts differ. No torch."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from models.records import Kind, Layer, Trace


@dataclass(frozen=True, slots=True)
class Pairing:
    """Layers that stand at one place of two networks; None where a network has none there."""

    left: Layer | None
    right: Layer | None

    @property
    def same(self) -> bool:
        """Whether both do the same to the same shapes."""
        return self.left is not None and self.right is not None and _form(self.left) == _form(self.right)


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a difference: what each of the networks has of it."""

    name: str
    left: int
    right: int

    @property
    def change(self) -> int:
        """Right minus left."""
        return self.right - self.left


@dataclass(frozen=True)
class Difference:
    """From one network to another."""

    left: Trace
    right: Trace
    pairs: tuple[Pairing, ...]

    @cached_property
    def params(self) -> tuple[Term, ...]:
        """By what parameters are for; the changes sum to the difference of the counts."""
        return _terms(_parameters(self.left), _parameters(self.right))

    @cached_property
    def macs(self) -> tuple[Term, ...]:
        return _terms(_arithmetic(self.left), _arithmetic(self.right))

    @cached_property
    def memory(self) -> tuple[Term, ...]:
        """Of the outputs of all layers, for one image, in bytes."""
        return _terms(_memory(self.left), _memory(self.right))


def difference(left: Trace, right: Trace) -> Difference:
    """Align two networks: layers of one path stand together where the networks share most of their paths.

    Elsewhere (a DenseNet beside a ResNet) the k-th layer of a kind in a stage stands beside the other's k-th of the
    kind in the stage.
    """
    shared = len(left.by_path.keys() & right.by_path.keys())
    by_path = 2 * shared >= min(len(left.layers), len(right.layers))
    keys = _paths if by_path else _places
    ours, theirs = keys(left), keys(right)
    return Difference(left, right, tuple(Pairing(ours.get(key), theirs.get(key)) for key in _merged(ours, theirs)))


def _paths(trace: Trace) -> dict[object, Layer]:
    return {layer.path: layer for layer in trace.layers}


def _places(trace: Trace) -> dict[object, Layer]:
    """(which stage, kind, which of its kind there) -> layer."""
    stages = {total.path: _ordinal(place, total.path, trace) for place, total in enumerate(trace.stages)}
    seen: Counter[object] = Counter()
    found: dict[object, Layer] = {}
    for layer in trace.layers:
        where = (stages[layer.stage], layer.kind, layer.projection)
        seen[where] += 1
        found[*where, seen[where]] = layer
    return found


def _ordinal(place: int, path: str, trace: Trace) -> str:
    """Stem, stage 1, after stage 1 (a transition) ... head: what stages of two families have in common."""
    with_blocks = list(dict.fromkeys(layer.stage for layer in trace.layers if layer.block not in ("", layer.stage)))
    if path in with_blocks:
        return f"stage {with_blocks.index(path) + 1}"
    before = sum(total.path in with_blocks for total in trace.stages[:place])
    return "stem" if before == 0 else "head" if before == len(with_blocks) else f"after stage {before}"


def aligned(traces: tuple[Trace, ...]) -> tuple[tuple[str, tuple[str | None, ...]], ...]:
    """Stages of several networks in matching rows: (the row's name, each network's own path or None)."""
    named = [{_ordinal(at, total.path, one): total.path for at, total in enumerate(one.stages)} for one in traces]
    rows: list[str] = ["stem"]
    for stage in range(1, 1 + max((len(one) for one in named), default=0)):
        rows += [f"stage {stage}", f"after stage {stage}"]
    rows.append("head")
    return tuple((row, tuple(one.get(row) for one in named)) for row in rows if any(row in one for one in named))


def _merged(left: dict[object, Layer], right: dict[object, Layer]) -> list[object]:
    """The keys of both in order: what only the right has stands behind what it follows there."""
    following: dict[object, list[object]] = {}
    anchor: object = None
    for key in right:
        if key in left:
            anchor = key
        else:
            following.setdefault(anchor, []).append(key)
    merged = following.get(None, [])
    for key in left:
        merged += [key, *following.get(key, ())]
    return merged


def _form(layer: Layer) -> tuple[object, ...]:
    return (
        layer.kind, layer.operation, layer.input_shapes, layer.output_shape, layer.kernel, layer.stride, layer.groups,
        layer.bias, layer.params,
    )  # fmt: skip


def _terms(left: Counter[str], right: Counter[str]) -> tuple[Term, ...]:
    """Parts that differ, the largest change first."""
    terms = [Term(name, left[name], right[name]) for name in {**left, **right}]
    return tuple(sorted((term for term in terms if term.change), key=lambda term: -abs(term.change)))


def _parameters(trace: Trace) -> Counter[str]:
    parts: Counter[str] = Counter()
    for layer in trace.layers:
        if layer.kind is Kind.CONV:
            biases = layer.output_shape[0] if layer.bias else 0
            parts["convolution biases"] += biases
            parts["projections" if layer.projection else "convolutions"] += layer.params - biases
        elif layer.kind is Kind.NORM:
            parts["norms on the shortcuts" if layer.projection else "norms"] += layer.params
        elif layer.kind is Kind.LINEAR:
            parts["classifier"] += layer.params
    return parts


def _arithmetic(trace: Trace) -> Counter[str]:
    parts: Counter[str] = Counter()
    for layer in trace.layers:
        if layer.macs:
            size = "×".join(map(str, layer.kernel)) if layer.kernel else ""
            grouped = " grouped" if layer.groups > 1 else ""
            conv = "projections" if layer.projection else f"{size}{grouped} convolutions"
            parts[conv if layer.kind is Kind.CONV else "classifier"] += layer.macs
    return parts


_OUTPUTS = {
    Kind.CONV: "convolutions",
    Kind.NORM: "norms",
    Kind.ACT: "activations",
    Kind.POOL: "pooling",
    Kind.LINEAR: "classifier",
    Kind.ADD: "additions",
    Kind.CONCAT: "concatenations",
    Kind.PAD: "zero padding",
}


def _memory(trace: Trace) -> Counter[str]:
    parts: Counter[str] = Counter()
    for layer in trace.layers:
        parts[_OUTPUTS[layer.kind]] += layer.activation_bytes
    return parts
