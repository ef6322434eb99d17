"""Whether positions of an image, and images of a batch, become alike along a network: the rank collapse of attention.

Dong et al. 2021, arXiv 2103.03404: attention without skips makes all tokens alike, at a rate that grows with the depth.
"""

from dataclasses import dataclass, field, replace
from math import nan
from typing import Any

import torch
from torch import Tensor

from ..runtime.device import computing
from ..runtime.progress import ProgressCallback, part
from ..specs.external import Network
from ..tracing.channels import channels_last
from ..tracing.hooks import Way
from ..tracing.records import Trace
from .measure_spec import MeasureSpec
from .observed import followed, leave_nothing_out, observing
from .prepare import Prepare, affordable, preparation
from .records import last_of_blocks
from .skip_records import Alike


def alike(
    spec: Network,
    setting: MeasureSpec | None = None,
    *,
    picture: bytes | None = None,
    prepare: Prepare | None = None,
    progress: ProgressCallback | None = None,
    **changes: Any,
) -> tuple[Alike, ...]:
    """Return the mean cosine similarity of positions and of images after every block, in one forward pass.

    `changes` are fields of `MeasureSpec`; of several seeds the first is taken. Raises as `measure` does.
    """
    setting = replace(setting or MeasureSpec(), **changes)
    chosen, traced = affordable(spec, setting)
    ready = (prepare or preparation(spec, setting, picture))(setting.seed, part(progress, 0, 1 / 2))
    by = followed(spec)
    network = ready.network.to(chosen).train()
    leave_nothing_out(network, by)
    listener = _Similarity(traced, frozenset(last_of_blocks(traced).values()), part(progress, 1 / 2, 1 / 2))
    with torch.no_grad(), observing(network, traced, by, (), listener), computing(chosen, setting.precision):
        network(ready.images.to(chosen))
    return tuple(listener.found)


def similarity(rows: Tensor) -> float:
    """Return the mean cosine of the angles between all pairs of rows, (..., rows, values); NaN without a pair.

    Rows of zeros have no direction: a set of rows with one of them is left out.
    """
    norms = torch.linalg.vector_norm(rows, dim=-1, keepdim=True)
    kept = (norms > 0).all(-2).squeeze(-1) & norms.isfinite().all(-2).squeeze(-1)
    count = rows.shape[-2]
    if count < 2 or not kept.any():
        return nan
    total = (rows / norms).sum(-2).square().sum(-1)[kept]
    return float(((total - count) / (count * (count - 1))).mean())


@dataclass
class _Similarity:
    """Listener that reduces the outputs of the blocks to two numbers each."""

    trace: Trace
    wanted: frozenset[str]
    progress: ProgressCallback | None
    heard: int = 0
    found: list[Alike] = field(default_factory=list)

    def output(self, path: str, value: Tensor) -> None:
        self.heard += 1
        if self.progress is not None:
            self.progress(min(self.heard / len(self.trace.layers), 1.0))
        if path not in self.wanted:
            return
        value = value.float() if value.device.type == "mps" else value.double()  # Apple's GPUs have no float64
        several = value.dim() > 2
        places = value if several and channels_last(self.trace, path) else value.movedim(1, -1)
        positions = similarity(places.flatten(1, -2)) if several else nan
        self.found.append(Alike(path=path, positions=positions, images=similarity(value.flatten(1))))

    def gradient(self, path: str, value: Tensor) -> None: ...

    def operands(self, path: str, skip: Tensor, branch: Tensor) -> None: ...

    def returned(self, path: str, way: Way, gradient: Tensor) -> None: ...
