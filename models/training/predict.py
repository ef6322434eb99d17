"""Predictions of a trained network for the test images and for uploaded pictures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..networks.outputs import classes_of
from ..runtime.device import choose, computing
from ..runtime.images import fitted
from ..runtime.progress import ProgressCallback
from ..runtime.uploads import Fit, decode, fit, rim_colour
from ..tracing.without_skips import built
from . import datasets as data_sets
from .data_registry import DATA
from .datasets import Data
from .records import Answer, Predictions
from .run_spec import RunSpec
from .run_store import RunStore
from .weights import fill

_TOP = 5
_INK = 0.2  # share of full brightness above which a pixel counts as drawn


@dataclass(frozen=True)
class Trained:
    """A network with a run's weights, in eval mode, on the run's device."""

    run: RunSpec
    network: nn.Module
    data: Data
    device: torch.device

    @staticmethod
    def load(run: RunSpec, runs: RunStore, progress: ProgressCallback | None = None) -> "Trained":
        """Load a run's weights and data. Raises `RunStoreError` or `DataError` if they are unavailable."""
        device = choose(run.device)
        network = built(run.network, seed=run.seed)
        fill(network, runs, runs.id_of(run))
        return Trained(run, network.to(device).eval(), data_sets.load(run.data, progress=progress).to(device), device)

    def answers(self, progress: ProgressCallback | None = None) -> Tensor:
        """Return the class probabilities for all test images, (N, classes), on the CPU."""
        found, images = [], self.data.test.images
        for start in range(0, len(images), self.run.batch):
            if progress is not None:
                progress(start / len(images))
            found.append(self.probabilities(self.ready(images[start : start + self.run.batch])).cpu())
        return torch.cat(found)

    def ready(self, images: Tensor) -> Tensor:
        """Return uint8 images as input of the network."""
        return self.data.normalised(images, self.run.network.input_shape)

    def probabilities(self, ready: Tensor) -> Tensor:
        with torch.inference_mode(), computing(self.device, self.run.precision, training=True):
            logits = classes_of(self.network(ready))
        return logits.float().softmax(1)


def predict(run: RunSpec, runs: RunStore, *, progress: ProgressCallback | None = None) -> Predictions:
    """Return the network's predictions for all test images."""
    trained = Trained.load(run, runs, progress)
    answers, labels = trained.answers(progress), trained.data.test.labels.cpu()
    top = answers.topk(min(_TOP, answers.shape[1]))
    return Predictions(
        classes=trained.data.classes,
        labels=labels.numpy(),
        top=top.indices.numpy(),
        probabilities=top.values.numpy(),
        truth=answers.gather(1, labels.unsqueeze(1)).squeeze(1).numpy(),
        images=shown(trained.data.test.images.cpu()),
    )


def answer(run: RunSpec, runs: RunStore, picture: bytes) -> Answer:
    """Return the network's prediction for a PNG, JPEG or WebP file. Raises `PictureError`, `RunStoreError`."""
    trained = Trained.load(run, runs)
    seen, how = seen_as(trained.data, picture)
    likely = trained.probabilities(trained.ready(seen.to(trained.device)))[0].cpu()
    order = likely.argsort(descending=True)
    return Answer(
        image=shown(seen)[0],
        fit=str(how),
        classes=tuple(trained.data.classes[place] for place in order.tolist()),
        probabilities=tuple(likely[order].tolist()),
    )


def seen_as(data: Data, picture: bytes) -> tuple[Tensor, Fit]:
    """Return a PNG, JPEG or WebP file as an image of a data set, uint8 (1, C, H, W), and how it was made to fit.

    Images of the grey data sets are light on dark: for these, a picture with a light rim is inverted. For data sets of
    digits, a drawing is cut out, centred and scaled to the share of the frame that the data set's digits take. Any
    other picture is padded or cropped to the data set's proportions. Raises `PictureError`.
    """
    image = decode(picture)
    native = data.train.images.shape[1:]
    # an image of the data set's own size is not framed again
    drawing = image.shape[1:] != native[1:] and rim_colour(image) is not None
    if native[0] == 1:
        image = image.mean(0, keepdim=True)
        if float(image[:, [0, -1]].mean() + image[:, :, [0, -1]].mean()) > 1:  # its rim is light
            image = 1 - image
    if drawing and native[0] == 1 and DATA[data.name].light_on_dark:
        image, how = _framed(image, _filling(data)), Fit.FRAMED
    else:
        image, how = fit(image, (int(native[1]), int(native[2])))
    small = fitted(image.unsqueeze(0), (int(native[0]), int(native[1]), int(native[2])))
    return (small * 255).round().clamp(0, 255).to(torch.uint8), how


def _filling(data: Data) -> float:
    """Return the share of the image side that the longer side of the figure takes in the data set: the median."""
    marked = data.train.images[:500, 0].cpu() > 255 * _INK
    sides = torch.stack([_extent(marked.any(2)), _extent(marked.any(1))]).amax(0)
    return float(sides.float().median()) / marked.shape[-1]


def _extent(marked: Tensor) -> Tensor:
    """Return the distance from the first to the last marked position, both included: (N, length) -> (N,)."""
    places = torch.arange(1, marked.shape[1] + 1) * marked
    last, first = places.amax(1), places.masked_fill(~marked, marked.shape[1] + 1).amin(1)
    return (last - first + 1).clamp_min(1)


def _framed(grey: Tensor, filling: float) -> Tensor:
    """Crop to the drawn pixels and centre them in a dark square, filling the share `filling` of its side."""
    marked = grey[0] > _INK
    rows, columns = (marked.any(1 - axis).nonzero().flatten() for axis in (0, 1))
    if not len(rows):
        return grey[:, :1, :1]
    cut = grey[:, int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1]
    side = max(cut.shape[1:])
    whole = max(side, round(side / filling))
    square = torch.zeros(1, whole, whole)
    top, left = ((whole - length) // 2 for length in cut.shape[1:])
    square[:, top : top + cut.shape[1], left : left + cut.shape[2]] = cut
    return square


def shown(images: Tensor) -> Any:
    """Return uint8 images (N, C, H, W) for display: numpy, uint8, (N, H, W, 3)."""
    colour = images if images.shape[1] == 3 else images[:, :1].expand(-1, 3, -1, -1)
    return np.ascontiguousarray(colour.permute(0, 2, 3, 1).numpy())
