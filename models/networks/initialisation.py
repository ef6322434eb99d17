"""Initialisation of a network's weights: how each layer is drawn, and which branches start at zero.

Each rule is a function of one layer, so that its source can be exported with the network's.
"""

import torch
from torch import nn

from ..specs.choices import Init


def kaiming(layer: nn.Conv2d | nn.Linear, generator: torch.Generator | None = None) -> None:
    """Normal, scaled by fan out to preserve the gradient's variance through ReLUs (arXiv 1502.01852); zero biases."""
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu", generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def xavier(layer: nn.Conv2d | nn.Linear, generator: torch.Generator | None = None) -> None:
    """Uniform with variance 2 / (fan in + fan out), a compromise of both passes (Glorot & Bengio 2010); zero biases."""
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def orthogonal(layer: nn.Conv2d | nn.Linear, generator: torch.Generator | None = None) -> None:
    """(Semi-)orthogonal weights (arXiv 1312.6120); zero biases."""
    nn.init.orthogonal_(layer.weight, generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def as_torch(layer: nn.Conv2d | nn.Linear, generator: torch.Generator | None = None) -> None:
    """PyTorch's default: uniform within 1 / sqrt(fan in), for weights and biases."""
    bound = layer.weight[0].numel() ** -0.5
    nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
    if layer.bias is not None:
        nn.init.uniform_(layer.bias, -bound, bound, generator=generator)


INITS = {Init.DEFAULT: as_torch, Init.KAIMING: kaiming, Init.XAVIER: xavier, Init.ORTHOGONAL: orthogonal}


def silence(block: nn.Module, names: tuple[str, ...]) -> None:
    """Make a block start as its shortcut alone: zero the weight of the first of the named layers that has one.

    In most blocks that is the last norm (arXiv 1706.02677, section 5.1) or, without norms, the last convolution.
    Raises `ValueError` if none of the layers has a weight.
    """
    weights = (getattr(getattr(block, name, None), "weight", None) for name in names)
    found = next((weight for weight in weights if weight is not None), None)
    if found is None:
        raise ValueError(f"silenced: in {type(block).__name__}, none of {', '.join(names)} has a weight")
    nn.init.zeros_(found)
