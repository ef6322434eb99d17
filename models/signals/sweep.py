"""Gradient ratios as a function of network depth."""

from collections.abc import Iterator
from dataclasses import replace
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
    chosen = sweep_depths(spec, least=least, most=most, points=points)
    whole = 2 * setting.seeds * sum(depth for depth, _ in chosen)  # a network's time is proportional to its depth
    done = 0
    for depth, stages in chosen:
        deep = replace(spec, stages=stages)
        for skips, own in ((True, with_skips(deep)), (False, twin(deep))):
            for seed in setting.numbers:
                alone = replace(setting, seeds=1, seed=seed)
                found = measure(own, alone, picture=picture, progress=part(progress, done / whole, depth / whole))
                done += depth
                yield _point(found, depth, seed, skips=skips)


def _point(found: Signals, depth: int, seed: int, *, skips: bool) -> SweepPoint:
    return SweepPoint(depth=depth, skips=skips, seed=seed, ratio=found.ratio(), growth=found.growth(), **ends(found))


def ends(found: Signals) -> dict[str, Any]:
    """Return `spread`, the last block's output over the first's, and `zero`, why the gradient at an end is zero."""
    blocks = list(last_of_blocks(found.trace).values())
    first, last = (found.by_path[path].activation_rms for path in (blocks[0], blocks[-1])) if blocks else (nan, nan)
    causes = zeros(found.trace, found.runs[0])
    at_ends = [
        causes[layer.path] for layer in (*found.convolutions[:1], *found.convolutions[-1:]) if layer.path in causes
    ]
    return {"spread": quotient(last, first), "zero": together(at_ends) if at_ends else None}
