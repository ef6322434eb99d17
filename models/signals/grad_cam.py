"""Grad-CAM: the places of an image that raise the score of a class (Selvaraju et al. 2017, arXiv 1610.02391)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

import torch
from torch import Tensor, nn

from ..networks.outputs import classes_of
from ..specs.external import Network
from ..tracing.channels import channels_last
from ..tracing.hooks import Way
from ..tracing.layers import INPUT
from ..tracing.records import Trace
from .observed import followed, observing


def map_layers(traced: Trace) -> tuple[str, ...]:
    """Return, for each size of the feature maps from large to small, the last layer through which everything passes.

    A layer that a skip connection or another branch passes by shows only a part of what the answer is made of. Sizes
    of a single position are left out, and maps larger than those before them, as of an adaptive pooling.
    """
    place = {layer.path: number for number, layer in enumerate(traced.layers)} | {INPUT: -1}
    reach, furthest = [-1] * len(traced.layers), -1
    found, smallest = dict[tuple[int, int], str](), inf
    for edge in traced.edges:
        if edge.source != INPUT:
            reach[place[edge.source]] = max(reach[place[edge.source]], place[edge.target])
        else:
            furthest = max(furthest, place[edge.target])
    for number, layer in enumerate(traced.layers):
        if furthest <= number and len(layer.output_shape) == 3:
            height, width = _sides(traced, layer.path)
            if 1 < height * width <= smallest:
                found[height, width] = layer.path
            smallest = min(smallest, height * width)
        ends = reach[number] < 0  # another result: what comes later is not on the way to the first one
        furthest = len(traced.layers) if ends else max(furthest, reach[number])
    return tuple(found.values())


def _sides(traced: Trace, path: str) -> tuple[int, int]:
    shape = traced.by_path[path].output_shape
    return (shape[0], shape[1]) if channels_last(traced, path) else (shape[1], shape[2])


def grad_cam(
    network: nn.Module, spec: Network, traced: Trace, images: Tensor, classes: Tensor, layers: Sequence[str]
) -> tuple[Tensor, ...]:
    """Return a map for each layer, (N, height, width): the sum of its channels, each weighted by its mean gradient.

    The gradient is that of the score, before softmax, of each image's class in `classes`. Sums below zero are zero.
    `network` is what `spec` builds, in eval mode, `traced` its trace; layers as `map_layers` returns.
    """
    # the network weakens its own skips, if it does: they are observed as they are
    keeper = _Keeper({path: channels_last(traced, path) for path in layers})
    with torch.enable_grad(), observing(network, traced, followed(spec.changed(skip_scale=1.0)), (), keeper):
        # an image that needs a gradient gives one to the layers of a network whose weights need none
        scores = classes_of(network(images.detach().requires_grad_())).float()
        scores.gather(1, classes.unsqueeze(1)).sum().backward()  # type: ignore[no-untyped-call]
    network.zero_grad(set_to_none=True)
    found = []
    for path in layers:
        value, gradient = keeper.outputs[path], keeper.gradients[path]
        weights = gradient.mean((2, 3), keepdim=True)
        found.append((weights * value).sum(1).clamp_min(0))
    return tuple(found)


@dataclass
class _Keeper:
    """Listener that keeps outputs and gradients of some layers, (N, C, H, W)."""

    last: dict[str, bool]  # layer -> whether its channels come last
    outputs: dict[str, Tensor] = field(default_factory=dict)
    gradients: dict[str, Tensor] = field(default_factory=dict)

    def output(self, path: str, value: Tensor) -> None:
        if path in self.last:
            self.outputs[path] = self._channels_first(path, value).clone()  # the next layer may work in place

    def gradient(self, path: str, value: Tensor) -> None:
        if path in self.last:
            self.gradients[path] = self._channels_first(path, value)

    def _channels_first(self, path: str, value: Tensor) -> Tensor:
        return (value.permute(0, 3, 1, 2) if self.last[path] else value).detach().float()

    def operands(self, path: str, skip: Tensor, branch: Tensor) -> None: ...

    def returned(self, path: str, way: Way, gradient: Tensor) -> None: ...
