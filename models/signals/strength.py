"""Gradient ratios as a function of the strength of the skips: how much skip does it take?"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..runtime.progress import ProgressCallback, part
from ..specs.external import Network
from ..specs.twins import with_skips
from .measure import measure
from .measure_spec import MeasureSpec
from .skip_records import StrengthPoint
from .sweep import ends

SCALES = tuple(step / 8 for step in range(9))  # 0 is the network without skips, 1 the network itself


def strength(
    spec: Network,
    setting: MeasureSpec | None = None,
    *,
    picture: bytes | None = None,
    progress: ProgressCallback | None = None,
    **changes: Any,
) -> Iterator[StrengthPoint]:
    """Measure a network with the skip of every addition times 0, 1/8, ..., 1, for each seed, with the same weights.

    `changes` are fields of `MeasureSpec`. Raises as `measure` does.
    """
    setting = replace(setting or MeasureSpec(), **changes)
    plan = strength_plan(spec, setting)
    for place, (own, alone) in enumerate(plan):
        yield strength_point(own, alone, picture=picture, progress=part(progress, place / len(plan), 1 / len(plan)))


def strength_plan(spec: Network, setting: MeasureSpec) -> tuple[tuple[Network, MeasureSpec], ...]:
    """Return the points in their order: the network with skips of a strength, and the measurement of one seed."""
    return tuple(
        (replace(with_skips(spec), skip_scale=scale), replace(setting, seeds=1, seed=seed))
        for scale in SCALES
        for seed in setting.numbers
    )


def strength_point(
    spec: Network, setting: MeasureSpec, *, picture: bytes | None = None, progress: ProgressCallback | None = None
) -> StrengthPoint:
    """Measure a network with the strength of the skips that it has. Raises as `measure` does."""
    found = measure(spec, setting, picture=picture, progress=progress)
    return StrengthPoint(scale=spec.skip_scale, seed=setting.seed, ratio=found.ratio(), **ends(found))
