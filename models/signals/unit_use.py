"""How the channels of activation layers are used: dead ones, and the effective rank of what they say."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ..specs.external import Network
from ..tracing.channels import channels_last
from ..tracing.hooks import Way
from ..tracing.kinds import Kind
from ..tracing.records import Trace
from .agreement_records import LayerUse
from .observed import followed, observing

_ROWS = 1_024  # positions of which an effective rank is computed, at most


def unit_use(network: nn.Module, spec: Network, traced: Trace, images: Tensor) -> tuple[LayerUse, ...]:
    """Return dead channels and effective rank of every activation layer, in the order of the forward.

    `network` is what `spec` builds, `traced` its trace; the network's mode is kept.
    """
    last = {
        layer.path: channels_last(traced, layer.path)
        for layer in traced.layers
        if layer.kind == Kind.ACT and len(layer.output_shape) in (1, 3)
    }
    keeper = _Keeper(last)
    with torch.no_grad(), observing(network, traced, followed(spec.changed(skip_scale=1.0)), (), keeper):
        network(images)
    return tuple(keeper.found[path] for path in last if path in keeper.found)


def effective_rank(rows: Tensor) -> float:
    """Return the effective rank of (N, channels): exp of the entropy of the singular values as shares of their sum.

    Roy & Vetterli 2007. The channels' means are taken away first: outputs that never vary have rank 0.
    NaN if one is not finite.
    """
    if not bool(rows.isfinite().all()):
        return float("nan")
    exact = rows.cpu().double()
    values = torch.linalg.svdvals(exact - exact.mean(0))
    noise = torch.finfo(torch.float32).eps * float(exact.norm())  # what rounding to float32 leaves is no direction
    values = values[values > noise]
    if not len(values):
        return 0.0
    shares = values / values.sum()
    return float((-(shares * shares.log()).sum()).exp())


@dataclass
class _Keeper:
    last: dict[str, bool]  # layer -> whether its channels come last
    found: dict[str, LayerUse] = field(default_factory=dict)

    def output(self, path: str, value: Tensor) -> None:
        if path not in self.last:
            return
        rows = value.float()
        if rows.dim() == 4:
            rows = (rows if self.last[path] else rows.permute(0, 2, 3, 1)).flatten(0, 2)
        dead = int((rows.abs().amax(0) == 0).sum())
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[:_ROWS]
        some = rows[order.to(rows.device)]  # at random: every n-th may always be at the same edge
        most = min(rows.shape[1], len(some) - 1)
        self.found[path] = LayerUse(path, rows.shape[1], dead, effective_rank(some), most)

    def gradient(self, path: str, value: Tensor) -> None: ...

    def operands(self, path: str, skip: Tensor, branch: Tensor) -> None: ...

    def returned(self, path: str, way: Way, gradient: Tensor) -> None: ...
