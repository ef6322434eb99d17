"""Experiments on trained networks: removal of single blocks, use of earlier layers, size of the responses."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..networks.joins import Concat
from ..runtime.progress import ProgressCallback
from ..tracing.hooks import JOIN, Way, listening, without
from ..tracing.kinds import Kind
from ..tracing.layers import INPUT
from ..tracing.tracer import trace
from .predict import Trained
from .records import Lesion, Lesions, Response, Reuse
from .run_spec import RunSpec
from .run_store import RunStore


def lesions(run: RunSpec, runs: RunStore, *, progress: ProgressCallback | None = None) -> Lesions:
    """Return the test error with each block removed in turn, without retraining (arXiv 1605.06431, section 4.1).

    Without its branch, a residual block reduces to its shortcut; the new channels of a dense layer are set to zero; a
    plain block passes its input on unchanged. A plain block that changes the shape can't be removed: its error is None.
    """
    trained = Trained.load(run, runs, progress)
    blocks = [path.removesuffix(f".{JOIN}") for path, _ in trained.network.named_modules() if path.endswith(f".{JOIN}")]

    labels = trained.data.test.labels.cpu()

    def error(place: int) -> float:
        share = None if progress is None else lambda done: progress((place + done) / (len(blocks) + 1))
        return 1 - float((trained.answers(share).argmax(1) == labels).float().mean())

    whole, found = error(0), []
    for place, block in enumerate(blocks, start=1):
        with without(trained.network, block) as cut:
            try:
                found.append(Lesion(block, error(place), cut.changes_shape))
            except RuntimeError:
                if not cut.impossible:
                    raise
                found.append(Lesion(block, None, changes_shape=True))
    guessing = 1 - float(labels.bincount().max()) / len(labels)
    return Lesions(whole=whole, guessing=guessing, blocks=tuple(found))


def reuse(run: RunSpec, runs: RunStore, *, progress: ProgressCallback | None = None) -> tuple[Reuse, ...]:
    """Return, for every dense block, the mean absolute weight that each layer gives to each earlier output.

    A layer is represented by its first convolution. The last target is what follows the block, a transition or the
    classifier. Empty for a network without concatenation.
    """
    network = Trained.load(run, runs, progress).network
    features = dict(network.named_children()).get("features")
    if features is None or not any(isinstance(module, Concat) for module in network.modules()):
        return ()
    found = []
    stages = list(features.named_children())
    for place, (name, stage) in enumerate(stages):
        if not name.startswith("denseblock"):
            continue
        layers = list(stage.named_children())
        following = _first(stages[place + 1][1]) if place + 1 < len(stages) else None
        last = following if following is not None else network.get_submodule("classifier").weight
        firsts = [_first(layer) for _, layer in layers]
        starts = [int(first.shape[1]) for first in firsts if first is not None]
        bounds = [0, *starts, int(last.shape[1])]  # type: ignore[index]
        sources = (INPUT, *(label.removeprefix("dense") for label, _ in layers))
        targets = (*sources[1:], "transition" if following is not None else "classifier")
        table = np.full((len(sources), len(targets)), np.nan)
        for column, weight in enumerate([*firsts, last]):
            for row in range(column + 1):
                part = weight[:, bounds[row] : bounds[row + 1]]
                table[row, column] = float(part.detach().abs().mean())
        found.append(Reuse(block=f"features.{name}", sources=sources, targets=targets, weights=table))
    return tuple(found)


def _first(module: nn.Module) -> Any:
    """Return the weight of the first convolution in a module, or None."""
    return next((inner.weight for inner in module.modules() if isinstance(inner, nn.Conv2d)), None)


def responses(run: RunSpec, runs: RunStore, *, progress: ProgressCallback | None = None) -> tuple[Response, ...]:
    """Return the standard deviation of the output of each main path convolution, after its norm layer if it has one.

    Computed over the first test images (one batch, at least 128), in eval mode, before any activation function.
    """
    trained = Trained.load(run, runs, progress)
    traced = trace(run.network)
    normed = {
        source: layer.path
        for layer in traced.layers
        if layer.kind is Kind.NORM
        for source in traced.sources[layer.path]
        if source in traced.by_path and traced.by_path[source].kind is Kind.CONV
    }
    convolutions = [layer.path for layer in traced.layers if layer.kind is Kind.CONV and not layer.projection]
    heard = _Spread()
    wanted = [normed.get(path, path) for path in convolutions]
    with listening(trained.network, wanted, (), heard):
        trained.probabilities(trained.ready(trained.data.test.images[: max(run.batch, 128)]))
    values = torch.stack([heard.found[path] for path in wanted]).tolist()
    return tuple(Response(path, value) for path, value in zip(convolutions, values, strict=True))


class _Spread:
    """Listener that keeps the standard deviation of each output."""

    def __init__(self) -> None:
        self.found: dict[str, Tensor] = {}

    def output(self, path: str, value: Tensor) -> None:
        self.found[path] = value.float().std(correction=0)

    def gradient(self, path: str, value: Tensor) -> None: ...

    def operands(self, path: str, skip: Tensor, branch: Tensor) -> None: ...

    def returned(self, path: str, way: Way, gradient: Tensor) -> None: ...
