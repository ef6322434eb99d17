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
    whole, done = len(SCALES) * setting.seeds, 0
    for scale in SCALES:
        own = replace(with_skips(spec), skip_scale=scale)
        for seed in setting.numbers:
            alone = replace(setting, seeds=1, seed=seed)
            found = measure(own, alone, picture=picture, progress=part(progress, done / whole, 1 / whole))
            done += 1
            yield StrengthPoint(scale=scale, seed=seed, ratio=found.ratio(), **ends(found))
