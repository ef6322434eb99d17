"""ImageNet accuracies published in the metadata of torchvision's weights. No torch and no torchvision here.

The table is a file, since importing torchvision to read it would take two seconds and 200 MB. A test compares each row.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .external import ExternalSpec, Network
from .naming import describe
from .presets import PRESETS

_NEW_AT_FIRST = frozenset({"resnext101_64x4d"})  # its only weights were trained with the newer recipe


@dataclass(frozen=True, slots=True)
class Published:
    """One set of weights: accuracies in percent, multiply-accumulates (MACs) in units of 10^9."""

    network: str
    weights: str
    params: int
    gmacs: float
    top1: float
    top5: float

    @property
    def newer(self) -> bool:
        """Whether it was trained longer, with newer augmentation, and so is not comparable with the older weights."""
        return self.weights == "V2" or self.network in _NEW_AT_FIRST


@cache
def published() -> tuple[Published, ...]:
    """Return every network that torchvision has ImageNet weights for, by name, the older weights first."""
    with Path(__file__).with_suffix(".csv").open() as file:
        return tuple(
            Published(
                row["network"],
                row["weights"],
                int(row["params"]),
                float(row["gmacs"]),
                float(row["top1"]),
                float(row["top5"]),
            )
            for row in csv.DictReader(file)
        )


def accuracies(spec: Network) -> tuple[Published, ...]:
    """Return what is published for exactly this network, the older weights first; empty if torchvision lacks it."""
    if isinstance(spec, ExternalSpec):
        whole = spec.library.name == "torchvision" and spec.classes == 1_000 and spec.skip_scale == 1
        return tuple(row for row in published() if whole and row.network == spec.name)
    preset = describe(spec).preset
    if preset is None or not PRESETS[preset].torchvision:
        return ()
    return tuple(row for row in published() if row.network == preset)
