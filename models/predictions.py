"""What a trained network says of the test images, and of a picture of one's own."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models import data as data_sets
from models.data import Data
from models.device import choose, computing
from models.keeping import fill
from models.learned import Answer, Predictions
from models.measured import Pulse
from models.network import build
from models.pictures import fitted
from models.recipe import DIGITS, RunSpec
from models.runs import Runs
from models.uploads import Fit, decode, fit, rim_colour

_TOP = 5
_INK = 0.2  # of full brightness: what counts as drawn


@dataclass(frozen=True)
class Trained:
    """A network with a run's weights, in eval mode, on the run's device."""

    run: RunSpec
    network: nn.Sequential
    data: Data
    device: torch.device

    @staticmethod
    def load(run: RunSpec, runs: Runs, pulse: Pulse | None = None) -> "Trained":
        """Raises `KeepingError` where there are no weights, and `DataError`."""
        device = choose(run.device)
        network = build(run.network, seed=run.seed)
        fill(network, runs, runs.id_of(run))
        return Trained(run, network.to(device).eval(), data_sets.load(run.data, pulse=pulse).to(device), device)

    def answers(self, pulse: Pulse | None = None) -> Tensor:
        """The classes' probabilities for all test images, (N, classes), on the CPU."""
        found, images = [], self.data.test.images
        for start in range(0, len(images), self.run.batch):
            if pulse is not None:
                pulse(start / len(images))
            found.append(self.probabilities(self.ready(images[start : start + self.run.batch])).cpu())
        return torch.cat(found)

    def ready(self, images: Tensor) -> Tensor:
        """uint8 images as the network takes them."""
        return self.data.normalised(images, self.run.network.input_shape)

    def probabilities(self, ready: Tensor) -> Tensor:
        with torch.inference_mode(), computing(self.device, self.run.precision, training=True):
            logits: Tensor = self.network(ready)
        return logits.float().softmax(1)


def predict(run: RunSpec, runs: Runs, *, pulse: Pulse | None = None) -> Predictions:
    """The network's answers to all test images."""
    trained = Trained.load(run, runs, pulse)
    answers, labels = trained.answers(pulse), trained.data.test.labels.cpu()
    top = answers.topk(min(_TOP, answers.shape[1]))
    return Predictions(
        classes=trained.data.classes,
        labels=labels.numpy(),
        top=top.indices.numpy(),
        probabilities=top.values.numpy(),
        truth=answers.gather(1, labels.unsqueeze(1)).squeeze(1).numpy(),
        images=_shown(trained.data.test.images.cpu()),
    )


def answer(run: RunSpec, runs: Runs, picture: bytes) -> Answer:
    """The network's answer to a picture of one's own: PNG, JPEG or WebP. Raises `PictureError`, `KeepingError`.

    A grey data set's pictures are light on dark: one on a light ground is inverted. A drawing, for a data set of
    digits, is cut out, laid in the middle and made as large as the data set's own digits are in their frames; any
    other picture is fitted in its proportions.
    """
    trained = Trained.load(run, runs)
    image = decode(picture)
    native = trained.data.train.images.shape[1:]
    # an image of the data set's own size is taken as it is
    drawing = image.shape[1:] != native[1:] and rim_colour(image) is not None
    if native[0] == 1:
        image = image.mean(0, keepdim=True)
        if float(image[:, [0, -1]].mean() + image[:, :, [0, -1]].mean()) > 1:  # its rim is light
            image = 1 - image
    if drawing and native[0] == 1 and run.data in DIGITS:
        image, how = _framed(image, _filling(trained.data)), Fit.FRAMED
    else:
        image, how = fit(image, (int(native[1]), int(native[2])))
    small = fitted(image.unsqueeze(0), (int(native[0]), int(native[1]), int(native[2])))
    seen = (small * 255).round().clamp(0, 255).to(torch.uint8)
    likely = trained.probabilities(trained.ready(seen.to(trained.device)))[0].cpu()
    order = likely.argsort(descending=True)
    return Answer(
        image=_shown(seen)[0],
        fit=str(how),
        classes=tuple(trained.data.classes[place] for place in order.tolist()),
        probabilities=tuple(likely[order].tolist()),
    )


def _filling(data: Data) -> float:
    """How much of the frame's side the longer side of what is shown takes, in the data set: the median."""
    marked = data.train.images[:500, 0].cpu() > 255 * _INK
    sides = torch.stack([_extent(marked.any(2)), _extent(marked.any(1))]).amax(0)
    return float(sides.float().median()) / marked.shape[-1]


def _extent(marked: Tensor) -> Tensor:
    """(N, length) -> from the first to the last marked place, (N,)."""
    places = torch.arange(1, marked.shape[1] + 1) * marked
    last, first = places.amax(1), places.masked_fill(~marked, marked.shape[1] + 1).amin(1)
    return (last - first + 1).clamp_min(1)


def _framed(grey: Tensor, filling: float) -> Tensor:
    """What is not dark, in the middle of a square whose side it fills to such a share."""
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


def _shown(images: Tensor) -> Any:
    """(N, C, H, W) -> numpy, uint8, (N, H, W, 3)."""
    colour = images if images.shape[1] == 3 else images[:, :1].expand(-1, 3, -1, -1)
    return np.ascontiguousarray(colour.permute(0, 2, 3, 1).numpy())
