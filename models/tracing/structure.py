"""What is needed to observe a module while it runs: its trace, and which call in a forward is which layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .hooks import Way
from .records import Trace


@dataclass(frozen=True, slots=True)
class Read:
    """A layer that reads the fork of a join, on one of the two ways to it."""

    join: str
    way: Way
    fork: str


@dataclass(frozen=True, slots=True)
class Structure:
    """The trace of a module, and which call in a forward is which layer: what is needed to observe it while it runs."""

    trace: Trace
    calls: Mapping[tuple[str, str, int], str]  # (module, function, number of the call there) -> layer
    weights: Mapping[str, tuple[str, ...]]  # layer -> names of its parameters without biases
    reads: Mapping[str, Sequence[Read]]  # layer -> the forks that it reads, one for each join and way
    skips: Mapping[str, int]  # join -> place of the skip among its operands
    skip_scale: float = 1.0
