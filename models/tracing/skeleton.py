"""A network to be traced: its own blocks, built from convolutions and norms that have shapes but no weights.

Real ones on the `meta` device would take three quarters of a trace's time: initial weights are drawn and discarded.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor, nn

from ..networks.arguments import NORMS, arguments, family
from ..specs.choices import Norm
from ..specs.spec import NetworkSpec
from .rules import batch_norm, conv2d
from .symbolic import Symbol, done

# The attributes of every module. The modules here register nothing in them, so that all can share them.
_EMPTY: dict[str, Any] = vars(nn.Module())


class Conv(nn.Module):
    """Replaces `nn.Conv2d`."""

    weight: Tensor
    settings: tuple[Any, ...]  # stride, padding, dilation, groups

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        *,
        bias: bool,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
        dilation: int = 1,
        groups: int = 1,
    ) -> None:
        sides = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        vars(self).update(
            **_EMPTY,
            weight=_empty(out_channels, in_channels // groups, *sides),
            bias=_empty(out_channels) if bias else None,
            settings=(stride, padding, dilation, groups),
            out_channels=out_channels,
        )

    def forward(self, x: Symbol) -> Symbol:
        return done(conv2d(x, self.weight, self.bias, *self.settings))


class BatchNorm(nn.Module):
    """Replaces `nn.BatchNorm2d`."""

    given: tuple[Tensor, Tensor, Tensor, Tensor]  # running mean and variance, weight, bias

    def __init__(self, channels: int, /) -> None:
        trained, kept = _empty(channels), _empty(channels, learnt=False)
        vars(self).update(**_EMPTY, given=(kept, kept, trained, trained), counter=_empty(learnt=False))

    def forward(self, x: Symbol) -> Symbol:
        return done(batch_norm(x, *self.given, counter=self.counter))


def skeleton(spec: NetworkSpec, *, block: type[nn.Module] | None = None) -> nn.Sequential:
    """Return the network of a spec for symbols to pass through, with another class of blocks if one is given."""
    norm: Callable[..., Any] = BatchNorm if spec.norm is Norm.BATCH else NORMS[spec.norm]
    with torch.device("meta"):
        given = arguments(spec, conv=partial(Conv, bias=spec.conv_bias), norm=norm)
        if block is not None:
            given["block"] = partial(block, **given["block"].keywords)
        network: nn.Sequential = family(spec)(**given)
    return network


@lru_cache(maxsize=4_096)
def _empty(*shape: int, learnt: bool = True) -> Tensor:
    return torch.empty(shape, device="meta", requires_grad=learnt)
