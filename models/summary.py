"""torchinfo's own summary of the network, as its users know it."""

import torch
import torchinfo

from models.network import build
from models.spec import NetworkSpec


def summary(spec: NetworkSpec) -> str:
    """The text that `torchinfo.summary` prints for one image, on the `meta` device: no weight is allocated."""
    with torch.device("meta"):
        network = build(spec)
        image = torch.empty(1, *spec.input_shape)
    statistics = torchinfo.summary(
        network,
        input_data=image,
        device="meta",
        depth=4,
        col_names=("input_size", "output_size", "kernel_size", "num_params", "mult_adds"),
        row_settings=("var_names",),
        verbose=0,
    )
    return str(statistics)
