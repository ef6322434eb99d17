"""Feature maps of a layer, and the filters of the first convolution."""

from dataclasses import dataclass, field, replace
from math import isqrt
from typing import Any

import torch
from torch import Tensor, nn

from ..networks.outputs import classes_of
from ..runtime.device import computing
from ..runtime.errors import SpecError
from ..runtime.images import visible
from ..runtime.progress import ProgressCallback, part
from ..runtime.settings import Source
from ..specs.external import Network
from ..tracing.channels import channels_last
from ..tracing.hooks import Way
from .measure_spec import MeasureSpec
from .observed import followed, leave_nothing_out, observing
from .prepare import Prepare, affordable, preparation
from .records import FeatureMaps

_MOST = 64  # channels


def feature_maps(
    spec: Network,
    path: str,
    setting: MeasureSpec | None = None,
    *,
    image: int = 0,
    picture: bytes | None = None,
    prepare: Prepare | None = None,
    progress: ProgressCallback | None = None,
    **changes: Any,
) -> FeatureMaps:
    """Return the feature maps of one layer for one image of the batch, at most the 64 channels of highest energy.

    Without a `setting` the images are photographs. Networks with random weights run in train mode, as in `measure`;
    those whose classes are known run in eval mode, and the five most likely classes are returned. Raises as `measure`
    does, and `SpecError` for a layer that the network does not have.
    """
    setting = replace(setting or MeasureSpec(source=Source.PHOTOS), **changes)
    chosen, traced = affordable(spec, setting)
    if path not in traced.by_path:
        raise SpecError("layer", "must be a layer of this network", path)
    ready = (prepare or preparation(spec, setting, picture))(setting.seed, part(progress, 0, 1 / 2))
    classes, place = ready.classes, image % setting.batch
    by = followed(spec)
    network = ready.network.to(chosen).train(not classes)
    if not classes:
        leave_nothing_out(network, by)
    last = len(traced.by_path[path].output_shape) > 1 and channels_last(traced, path)
    keeper = _Keeper(path, place, len(traced.layers), last, part(progress, 1 / 2, 1 / 2))
    with torch.no_grad(), observing(network, traced, by, (), keeper), computing(chosen, setting.precision):
        answers = classes_of(network(ready.images.to(chosen)))
    kept = keeper.kept
    energies = kept.square().flatten(1).mean(1)
    order = energies.argsort(descending=True, stable=True)[:_MOST]
    return FeatureMaps(
        path=path,
        channels=tuple(order.tolist()),
        energies=tuple(energies[order].tolist()),
        images=kept[order].cpu().numpy(),
        total=len(kept),
        picture=visible(ready.images[place]),
        top=_likeliest(answers[place], classes) if classes else (),
    )


def _maps(value: Tensor, *, last: bool) -> Tensor:
    """A layer's output for one image as (channels, height, width), also of tokens, and of channels that come last."""
    if value.dim() == 3:
        return value.permute(2, 0, 1) if last else value
    if value.dim() == 2:
        side = isqrt(len(value))
        if side * side + 1 == len(value):  # the first token stands for the whole image
            value = value[1:]
        if side > 1 and side * side == len(value):
            return value.T.reshape(-1, side, side)
    return value.reshape(-1, 1, 1)


def filters(network: nn.Module) -> Any:
    """Return the first convolution's filters: numpy, float32, (channels out, channels in, height, width); or None."""
    first = next((module for module in network.modules() if isinstance(module, nn.Conv2d)), None)
    return None if first is None else first.weight.detach().cpu().numpy()


def _likeliest(answer: Tensor, classes: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    found = answer.float().softmax(0).topk(min(5, len(classes)))
    pairs = zip(found.indices.tolist(), found.values.tolist(), strict=True)
    return tuple((classes[place], probability) for place, probability in pairs)


@dataclass
class _Keeper:
    """Listener that keeps the output of one layer for one image."""

    wanted: str
    image: int
    expected: int
    last: bool  # whether its channels come last
    progress: ProgressCallback | None
    heard: int = 0
    kept: Tensor = field(default_factory=lambda: torch.empty(0))

    def output(self, path: str, value: Tensor) -> None:
        self.heard += 1
        if self.progress is not None:
            self.progress(min(self.heard / self.expected, 1.0))
        if path == self.wanted:
            self.kept = _maps(value[self.image].float(), last=self.last)

    def gradient(self, path: str, value: Tensor) -> None: ...

    def operands(self, path: str, skip: Tensor, branch: Tensor) -> None: ...

    def returned(self, path: str, way: Way, gradient: Tensor) -> None: ...
