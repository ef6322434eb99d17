"""Gradient ratios as a function of network depth."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan
from typing import Any

from ..runtime.progress import ProgressCallback, part
from ..specs.spec import NetworkSpec
from ..specs.sweep_depths import sweep_depths
from ..specs.twins import twin, with_skips
from .measure import measure
from .measure_spec import MeasureSpec
from .records import Signals, SweepPoint, last_of_blocks
from .statistics import quotient
from .zeros import together, zeros


def sweep(
    spec: NetworkSpec,
    setting: MeasureSpec | None = None,
    *,
    most: int = 110,
    least: int = 8,
    points: int = 8,
    picture: bytes | None = None,
    progress: ProgressCallback | None = None,
    **changes: Any,
) -> Iterator[SweepPoint]:
    """Measure networks of the family's depths from `least` to `most`, with and without skips, for each seed.

    At most `points` depths, shallow networks first; the two networks of a depth follow each other. `changes` are fields
    of `MeasureSpec`. Raises as `measure` does.
    """
    setting = replace(setting or MeasureSpec(), **changes)
    plan = sweep_plan(spec, setting, least=least, most=most, points=points)
    whole, done = sum(one.depth for one in plan), 0  # a network's time is proportional to its depth
    for one in plan:
        yield sweep_point(one, picture=picture, progress=part(progress, done / whole, one.depth / whole))
        done += one.depth


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A point of a sweep before it is measured."""

    depth: int
    skips: bool
    spec: NetworkSpec
    setting: MeasureSpec  # of one seed


def sweep_plan(
    spec: NetworkSpec, setting: MeasureSpec, *, most: int, least: int = 8, points: int = 8
) -> tuple[Planned, ...]:
    """Return the points of a sweep in their order."""
    return tuple(
        Planned(depth=depth, skips=skips, spec=own, setting=replace(setting, seeds=1, seed=seed))
        for depth, stages in sweep_depths(spec, least=least, most=most, points=points)
        for skips, own in (
            (True, with_skips(replace(spec, stages=stages))),
            (False, twin(replace(spec, stages=stages))),
        )
        for seed in setting.numbers
    )


def sweep_point(
    planned: Planned, *, picture: bytes | None = None, progress: ProgressCallback | None = None
) -> SweepPoint:
    """Measure a point of a sweep. Raises as `measure` does."""
    found = measure(planned.spec, planned.setting, picture=picture, progress=progress)
    return SweepPoint(
        depth=planned.depth, skips=planned.skips, seed=planned.setting.seed, ratio=found.ratio(),
        growth=found.growth(), **ends(found),
    )  # fmt: skip


def ends(found: Signals) -> dict[str, Any]:
    """Return `spread`, the last block's output over the first's, and `zero`, why the gradient at an end is zero."""
    blocks = list(last_of_blocks(found.trace).values())
    first, last = (found.by_path[path].activation_rms for path in (blocks[0], blocks[-1])) if blocks else (nan, nan)
    causes = zeros(found.trace, found.runs[0])
    at_ends = [
        causes[layer.path] for layer in (*found.convolutions[:1], *found.convolutions[-1:]) if layer.path in causes
    ]
    return {"spread": quotient(last, first), "zero": together(at_ends) if at_ends else None}
