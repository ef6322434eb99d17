"""The summary of a network by torchinfo."""

import torch
import torchinfo

from ..networks.build import build
from ..specs.external import Network


def summary(spec: Network) -> str:
    """Return the text that `torchinfo.summary` prints for one image, on the `meta` device: no weight is allocated."""
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
