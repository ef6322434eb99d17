"""How the weights of a network start: what each layer draws, and which branches begin silent.

Each rule is a function of one layer, so that its source can be handed out beside the network's.
"""

import torch
from torch import nn

from models.spec import Init


def kaiming(layer: nn.Conv2d | nn.Linear, generator: torch.Generator | None = None) -> None:
    """Normal, so that the gradient's variance is kept behind a ReLU (arXiv 1502.01852); no bias."""
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu", generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def xavier(layer: nn.Conv2d | nn.Linear, generator: torch.Generator | None = None) -> None:
    """Uniform, with the mean of both ways' variances (Glorot & Bengio 2010); no bias."""
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def orthogonal(layer: nn.Conv2d | nn.Linear, generator: torch.Generator | None = None) -> None:
    """Rows at right angles (arXiv 1312.6120); no bias."""
    nn.init.orthogonal_(layer.weight, generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def as_torch(layer: nn.Conv2d | nn.Linear, generator: torch.Generator | None = None) -> None:
    """What the layers do by themselves: uniform within 1 / sqrt(fan in), the bias too."""
    bound = layer.weight[0].numel() ** -0.5
    nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
    if layer.bias is not None:
        nn.init.uniform_(layer.bias, -bound, bound, generator=generator)


INITS = {Init.DEFAULT: as_torch, Init.KAIMING: kaiming, Init.XAVIER: xavier, Init.ORTHOGONAL: orthogonal}


def silence(block: nn.Module, *, preact: bool) -> None:
    """Let a block start as its shortcut alone: zero its last norm's weight (arXiv 1706.02677, section 5.1).

    Without a norm behind its last convolution, that convolution: a silent norm in front of an activation would get no
    gradient ever. A shortcut's own layers are not touched.
    """
    own = [child for name, child in block.named_children() if name != "downsample"]
    norms = [] if preact else [child.weight for child in own if isinstance(child, nn.BatchNorm2d | nn.GroupNorm)]
    convs = [child.weight for child in own if isinstance(child, nn.Conv2d)]
    nn.init.zeros_((norms or convs)[-1])
