"""Find the skip connections of any network in the record of its calls, by structure alone. No torch here.

A join is an addition or a concatenation whose operands come from one call, the fork. Its skip is the operand that was
reached from there through fewer layers with weights: none is an identity, fewer than the other is a projection. Where
both pass as many, no skip is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from .functions import CONCATENATIONS
from .layers import Unclear
from .recording import IMAGE, Call

PRODUCTS = frozenset({"mul", "imul", "rmul", "multiply"})
_WEIGHTED = frozenset(
    {
        "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "linear", "bilinear",
        "multi_head_attention_forward", "_native_multi_head_attention", "einsum",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Join:
    """An addition of a skip and a branch. `call` and `fork` are indices of calls; IMAGE is the module's input."""

    call: int
    skip: int  # place of the skip among the operands, 0 or 1
    fork: int
    projects: bool  # whether there are weights on the skip


@dataclass(frozen=True, slots=True)
class NoJoin:
    """An addition of two operands from one fork whose skip can't be named."""

    call: int
    why: Unclear


@dataclass(frozen=True)
class Joins:
    """All joins of a network, in the order of its forward."""

    calls: Sequence[Call]

    @cached_property
    def named(self) -> tuple[Join, ...]:
        return tuple(one for one in self._found if isinstance(one, Join))

    @cached_property
    def unclear(self) -> tuple[NoJoin, ...]:
        return tuple(one for one in self._found if isinstance(one, NoJoin))

    @cached_property
    def concatenations(self) -> tuple[int, ...]:
        """Concatenations one of whose operands is the fork itself, as in a DenseNet: skips that can't be taken out."""
        return tuple(
            place
            for place, call in enumerate(self.calls)
            if call.name in CONCATENATIONS and len(set(call.sources)) > 1 and self._keeps_fork(call)
        )

    def path(self, join: Join) -> tuple[int, ...]:
        """The calls from the fork, which is left out, to the join."""
        return tuple(sorted(one for one in self._ancestors[join.call] if one > join.fork))

    def readers(self, join: Join, source: int) -> tuple[int, ...]:
        """The calls that read the fork on the way to an operand of a join; the join itself, if that is the fork."""
        if source == join.fork:
            return (join.call,)
        between = sorted(one for one in self._of(source) if one > join.fork)
        return tuple(one for one in between if join.fork in self.calls[one].sources)

    def _keeps_fork(self, call: Call) -> bool:
        ends = sorted(set(call.sources))
        return any(end in self._ancestors[other] for end in ends[:-1] for other in ends if other > end)

    @cached_property
    def _found(self) -> tuple[Join | NoJoin, ...]:
        found = (self._join(place) for place, call in enumerate(self.calls) if call.addition)
        return tuple(one for one in found if one is not None)

    @cached_property
    def _ancestors(self) -> list[frozenset[int]]:
        """Call -> all calls that its result depends on, itself included."""
        found: list[frozenset[int]] = []
        for place, call in enumerate(self.calls):
            found.append(frozenset({place}).union(*({IMAGE} if one == IMAGE else found[one] for one in call.sources)))
        return found

    def _of(self, source: int) -> frozenset[int]:
        return frozenset({IMAGE}) if source == IMAGE else self._ancestors[source]

    def _join(self, place: int) -> Join | NoJoin | None:
        call = self.calls[place]
        broadcast = call.input_shapes[0] != call.input_shapes[-1] and call.output_shape not in call.input_shapes
        if len(call.sources) != 2 or call.sources[0] == call.sources[1] or broadcast:
            return None
        products = [self._product(end) for end in call.sources]
        if None not in products:
            return self._gated(place, products)
        left, right = call.sources
        fork = max(self._of(left) & self._of(right), default=None)
        if fork is None:
            return None
        counts = [self._weights_between(fork, end) for end in call.sources]
        skip = int(counts[1] < counts[0])
        if counts[0] == counts[1]:
            return NoJoin(place, Unclear.EQUAL) if counts[0] else None
        if products[skip] is not None:
            return NoJoin(place, Unclear.GATED)
        return Join(place, skip, fork, projects=counts[skip] > 0)

    def _weights_between(self, fork: int, end: int) -> int:
        """Most layers with weights on a path from the fork to a call."""
        if end == fork:
            return 0
        most: dict[int, int] = {fork: 0}
        for place in sorted(one for one in self._of(end) if one > fork):
            call = self.calls[place]
            ways = [most[source] for source in call.sources if source in most]
            if ways:
                most[place] = max(ways) + (call.name in _WEIGHTED and bool(call.weights))
        return most.get(end, 0)

    def _product(self, end: int) -> tuple[int, int] | None:
        """The factors of the product of two signals that an operand is, if it is one."""
        while end != IMAGE:
            call = self.calls[end]
            if call.name in PRODUCTS and len(set(call.sources)) == 2:
                return call.sources[0], call.sources[1]
            if len(call.sources) != 1 or call.name in _WEIGHTED:
                return None
            end = call.sources[0]
        return None

    def _gated(self, place: int, products: Sequence[tuple[int, int] | None]) -> Join | NoJoin:
        """The join of two products, as in a highway network: the skip is the one whose factor is the input."""
        inputs = [self._input_among(factors) for factors in products if factors is not None]
        known = [(skip, fork) for skip, fork in enumerate(inputs) if fork is not None]
        if len(known) != 1:
            return NoJoin(place, Unclear.GATED)
        [(skip, fork)] = known
        return Join(place, skip, fork, projects=False)

    def _input_among(self, factors: tuple[int, int]) -> int | None:
        """The factor from which the other one, the gate, was computed; None if neither was."""
        first, second = factors
        if first in self._of(second):
            return first
        return second if second in self._of(first) else None
