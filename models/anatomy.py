"""Science on trained networks: what one block is worth, which earlier layers are used, how large responses are."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.blocks import Concat
from models.hooks import JOIN, Way, listening, without
from models.learned import Lesion, Lesions, Response, Reuse
from models.measured import Pulse
from models.predictions import Trained
from models.recipe import RunSpec
from models.records import Kind
from models.runs import Runs
from models.trace import trace


def lesions(run: RunSpec, runs: Runs, *, pulse: Pulse | None = None) -> Lesions:
    """The test error with each block taken out in turn; nothing is trained again (arXiv 1605.06431, section 4.1).

    Of a residual block the branch goes and the skip stays, of a dense layer its own channels are zero, of a plain block
    the input goes on as it is; a plain block that changes the shape can't be left out.
    """
    trained = Trained.load(run, runs, pulse)
    blocks = [path.removesuffix(f".{JOIN}") for path, _ in trained.network.named_modules() if path.endswith(f".{JOIN}")]

    labels = trained.data.test.labels.cpu()

    def error(place: int) -> float:
        share = None if pulse is None else lambda done: pulse((place + done) / (len(blocks) + 1))
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


def reuse(run: RunSpec, runs: Runs, *, pulse: Pulse | None = None) -> tuple[Reuse, ...]:
    """For every dense block: the mean absolute weight that each layer gives to what each earlier one has put out.

    Layers are told by their first convolution; behind them stands what follows the block, a transition or the
    classifier. Empty for a network that concatenates nothing.
    """
    network = Trained.load(run, runs, pulse).network
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
        sources = ("block input", *(label.removeprefix("dense") for label, _ in layers))
        targets = (*sources[1:], "transition" if following is not None else "classifier")
        table = np.full((len(sources), len(targets)), np.nan)
        for column, weight in enumerate([*firsts, last]):
            for row in range(column + 1):
                part = weight[:, bounds[row] : bounds[row + 1]]
                table[row, column] = float(part.detach().abs().mean())
        found.append(Reuse(block=f"features.{name}", sources=sources, targets=targets, weights=table))
    return tuple(found)


def _first(module: nn.Module) -> Any:
    """The weight of its first convolution; None where it has none."""
    return next((inner.weight for inner in module.modules() if isinstance(inner, nn.Conv2d)), None)


def responses(run: RunSpec, runs: Runs, *, pulse: Pulse | None = None) -> tuple[Response, ...]:
    """The standard deviation of what each convolution of the main path puts out, behind its norm where it has one.

    Over the first batch of test images, in eval mode, before any activation.
    """
    trained = Trained.load(run, runs, pulse)
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
    """Hears the outputs and keeps one number of each."""

    def __init__(self) -> None:
        self.found: dict[str, Tensor] = {}

    def output(self, path: str, value: Tensor) -> None:
        self.found[path] = value.float().std(correction=0)

    def gradient(self, path: str, value: Tensor) -> None: ...

    def returned(self, path: str, way: Way, gradient: Tensor) -> None: ...
