"""The measurement of one point of a grid."""

from statistics import median

from ..runtime.progress import ProgressCallback, part
from ..specs.depth import depth
from ..specs.spec import NetworkSpec
from ..specs.twins import twin, with_skips
from .grid_records import PointResult, Side
from .measure import measure
from .measure_spec import MeasureSpec
from .records import Signals
from .sweep import ends


def point(spec: NetworkSpec, setting: MeasureSpec, *, progress: ProgressCallback | None = None) -> PointResult:
    """Measure a network with and without its skip connections. Raises as `measure` does."""
    ours = measure(with_skips(spec), setting, progress=part(progress, 0.0, 0.5))
    theirs = measure(twin(spec), setting, progress=part(progress, 0.5, 0.5))
    trace = ours.trace
    return PointResult(
        depth=depth(spec), parameters=trace.params, macs=trace.macs, skips=_side(ours), plain=_side(theirs)
    )


def _side(found: Signals) -> Side:
    return Side(loss=median(run.loss for run in found.runs), ratio=found.ratio(), growth=found.growth(), **ends(found))
