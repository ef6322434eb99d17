"""The loss on the straight line between two sets of a network's weights (Goodfellow et al. 2015, arXiv 1412.6544)."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from ..runtime.device import computing
from ..runtime.progress import ProgressCallback
from ..training.datasets import Split
from ..training.predict import Trained
from .records import Cut
from .surface import measured

_BATCH = 256
_IMAGES = 4 * _BATCH  # of the training images, whose statistics batch norms take at each point


def cut(trained: Trained, start: Mapping[str, Tensor], *, points: int, progress: ProgressCallback) -> Cut:
    """Return the loss between `start`, named as by `state_dict`, and a network's own weights, `points` with both ends.

    All parameters move. Batch norms have no statistics between the ends, so that at each point they take those of the
    same training images. The loss is measured on the training and on the test images. The weights stay at the end.
    """
    network, data = trained.network, trained.data
    end = {name: own.detach().clone() for name, own in network.named_parameters()}
    start = {name: start[name].to(own) for name, own in end.items()}
    order = torch.randperm(len(data.train), generator=torch.Generator().manual_seed(0))[:_IMAGES]
    some = Split(data.train.images[order.to(trained.device)], data.train.labels[order.to(trained.device)])
    places = [place / (points - 1) for place in range(points)]
    found = []
    for number, place in enumerate(places):
        progress(number / points)
        with torch.no_grad():
            for name, own in network.named_parameters():
                own.copy_(torch.lerp(start[name], end[name], place))
            _take_statistics(trained, some.images)
        found.append((measured(trained, some), measured(trained, data.test)))
    return Cut(
        places=tuple(places), images=len(some), train_loss=tuple(train[0] for train, _ in found),
        test_loss=tuple(test[0] for _, test in found), test_error=tuple(test[1] for _, test in found),
    )  # fmt: skip


def _take_statistics(trained: Trained, images: Tensor) -> None:
    """Give batch norms the mean statistics of these images' batches as their running ones; the rest is in eval mode."""
    norms = [module for module in trained.network.modules() if isinstance(module, _BatchNorm)]
    kept = [norm.momentum for norm in norms]
    trained.network.eval()
    for norm in norms:
        norm.train()
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all batches
    with torch.no_grad(), computing(trained.device, trained.run.precision, training=True):
        for batch in torch.tensor_split(images, -(-len(images) // _BATCH)):  # of equal sizes: all count the same
            trained.network(trained.ready(batch))
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum
    trained.network.eval()
