"""Comparison of two networks: their layers side by side, and what makes their counts differ. No torch here."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from ..runtime.messages import Message, message
from .kinds import KINDS, Kind
from .layers import Layer
from .records import Trace

_STEM, _HEAD, _PROJECTIONS = message("stem"), message("head"), message("projections")


@dataclass(frozen=True, slots=True)
class Pairing:
    """Corresponding layers of two networks; None if a network has none there."""

    left: Layer | None
    right: Layer | None

    @property
    def same(self) -> bool:
        """Whether both perform the same operation on the same shapes."""
        return self.left is not None and self.right is not None and _form(self.left) == _form(self.right)


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a difference, with its amount in each network."""

    name: Message
    left: int
    right: int

    @property
    def change(self) -> int:
        """Right minus left."""
        return self.right - self.left


@dataclass(frozen=True)
class Difference:
    """The difference between two networks."""

    left: Trace
    right: Trace
    pairs: tuple[Pairing, ...]

    @cached_property
    def params(self) -> tuple[Term, ...]:
        """Parameters by purpose; the changes sum to the difference of the counts."""
        return _terms(_parameters(self.left), _parameters(self.right))

    @cached_property
    def macs(self) -> tuple[Term, ...]:
        return _terms(_arithmetic(self.left), _arithmetic(self.right))

    @cached_property
    def memory(self) -> tuple[Term, ...]:
        """Bytes of the outputs of all layers, for one image."""
        return _terms(_memory(self.left), _memory(self.right))


def difference(left: Trace, right: Trace) -> Difference:
    """Align two networks: by the paths of their layers, if they share most of them.

    Otherwise (a DenseNet and a ResNet) the k-th layer of a kind in a stage is paired with the k-th layer of that kind
    in the same stage of the other network.
    """
    shared = len(left.by_path.keys() & right.by_path.keys())
    by_path = 2 * shared >= min(len(left.layers), len(right.layers))
    keys = _paths if by_path else _places
    ours, theirs = keys(left), keys(right)
    return Difference(left, right, tuple(Pairing(ours.get(key), theirs.get(key)) for key in _merged(ours, theirs)))


def _paths(trace: Trace) -> dict[object, Layer]:
    return {layer.path: layer for layer in trace.layers}


def _places(trace: Trace) -> dict[object, Layer]:
    """(stage, kind, whether a projection, how many of these so far) -> layer."""
    stages = {total.path: _ordinal(place, total.path, trace) for place, total in enumerate(trace.stages)}
    seen: Counter[object] = Counter()
    found: dict[object, Layer] = {}
    for layer in trace.layers:
        where = (stages[layer.stage], layer.kind, layer.projection)
        seen[where] += 1
        found[*where, seen[where]] = layer
    return found


def _ordinal(place: int, path: str, trace: Trace) -> Message:
    """A name for stages that holds in all families: stem, stage 1, after stage 1 (a transition), ... head."""
    with_blocks = list(dict.fromkeys(layer.stage for layer in trace.layers if layer.block not in ("", layer.stage)))
    if path in with_blocks:
        return message("stage {n}", n=with_blocks.index(path) + 1)
    before = sum(total.path in with_blocks for total in trace.stages[:place])
    if before == 0:
        return _STEM
    return _HEAD if before == len(with_blocks) else message("transition {n}", n=before)


def aligned(traces: tuple[Trace, ...]) -> tuple[tuple[Message, tuple[str | None, ...]], ...]:
    """Return matching stages of several networks in rows: (name of the row, path in each network or None)."""
    named = [{_ordinal(at, total.path, one): total.path for at, total in enumerate(one.stages)} for one in traces]
    rows = [_STEM]
    for stage in range(1, 1 + max((len(one) for one in named), default=0)):
        rows += [message("stage {n}", n=stage), message("transition {n}", n=stage)]
    rows.append(_HEAD)
    return tuple((row, tuple(one.get(row) for one in named)) for row in rows if any(row in one for one in named))


def _merged(left: dict[object, Layer], right: dict[object, Layer]) -> list[object]:
    """The keys of both in order; a key that only the right has comes after the one that it follows there."""
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


def _terms(left: Counter[Message], right: Counter[Message]) -> tuple[Term, ...]:
    """The parts that differ, the largest change first."""
    terms = [Term(name, left[name], right[name]) for name in {**left, **right}]
    return tuple(sorted((term for term in terms if term.change), key=lambda term: -abs(term.change)))


def _parameters(trace: Trace) -> Counter[Message]:
    parts: Counter[Message] = Counter()
    for layer in trace.layers:
        if layer.kind is Kind.CONV:
            biases = layer.output_shape[0] if layer.bias else 0
            parts[message("convolution biases")] += biases
            parts[_PROJECTIONS if layer.projection else message("convolutions")] += layer.params - biases
        elif layer.kind is Kind.NORM:
            parts[message("norms on the shortcuts") if layer.projection else message("norms")] += layer.params
        elif layer.params:
            parts[_named(layer)] += layer.params
    return parts


def _arithmetic(trace: Trace) -> Counter[Message]:
    parts: Counter[Message] = Counter()
    for layer in trace.layers:
        if layer.macs:
            parts[_convolutions(layer) if layer.kind is Kind.CONV else _named(layer)] += layer.macs
    return parts


def _convolutions(layer: Layer) -> Message:
    size = "×".join(map(str, layer.kernel)) if layer.kernel else ""
    if layer.projection:
        return _PROJECTIONS
    if layer.groups > 1:
        return message("{size} grouped convolutions", size=size)
    return message("{size} convolutions", size=size)


def _memory(trace: Trace) -> Counter[Message]:
    parts: Counter[Message] = Counter()
    for layer in trace.layers:
        parts[_named(layer)] += layer.activation_bytes
    return parts


def _named(layer: Layer) -> Message:
    """Return the name of a layer's kind, or of the classifier."""
    if layer.kind == Kind.LINEAR and not layer.block:
        return message("classifier")
    return message(KINDS[layer.kind].outputs)
