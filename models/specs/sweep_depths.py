"""The depths that a sweep measures. No torch here."""

from dataclasses import replace

from ..runtime.errors import SpecError
from .depth import depth, depths
from .spec import NetworkSpec
from .twins import twin, with_skips


def sweep_depths(
    spec: NetworkSpec, *, least: int = 8, most: int = 110, points: int = 8
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return (depth, blocks per stage) of at most `points` known depths of the family from `least` to `most`.

    They are spaced evenly on a logarithmic scale and include both ends. If none are known in this range, all stages
    have the same number of blocks, from one upwards.
    """
    possible = [stages for stages in depths(spec).values() if _possible(spec, stages)]
    ways = [(depth(replace(spec, stages=stages)), stages) for stages in possible]
    known = [pair for pair in ways if least <= pair[0] <= most]
    if not known:
        alike = [(blocks,) * len(spec.stages) for blocks in range(1, 60)]
        ways = [(depth(replace(spec, stages=stages)), stages) for stages in alike if _possible(spec, stages)]
        known = [pair for pair in ways if pair[0] <= most] or ways[:1]
    if len(known) <= points:
        return tuple(known)
    start, end = known[0][0], known[-1][0]
    wanted = [start * (end / start) ** (place / (points - 1)) for place in range(points)]
    nearest = {min(known, key=lambda pair: abs(pair[0] - goal)) for goal in wanted}
    return tuple(sorted(nearest))


def _possible(spec: NetworkSpec, stages: tuple[int, ...]) -> bool:
    try:
        twin(with_skips(replace(spec, stages=stages)))
    except SpecError:
        return False
    return True
