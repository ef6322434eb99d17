"""ImageNet accuracies that torchvision publishes in the metadata of its weights. No torch here, and no torchvision.

The table is data: importing torchvision to read it would take two seconds and 200 MB. A test compares it, row by row.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.names import describe
from models.presets import PRESETS
from models.spec import NetworkSpec

SOURCE = "torchvision's weight metadata, single crop of ImageNet's validation set"
_NEW_AT_FIRST = frozenset({"resnext101_64x4d"})  # of our networks: its only weights came with the newer recipe


@dataclass(frozen=True, slots=True)
class Published:
    """One set of weights: accuracies in percent, multiply-accumulates in units of 10^9."""

    network: str
    weights: str
    params: int
    gmacs: float
    top1: float
    top5: float

    @property
    def newer(self) -> bool:
        """Whether it was trained longer, with newer augmentation: its accuracy is not the older ones' like."""
        return self.weights == "V2" or self.network in _NEW_AT_FIRST

    @property
    def recipe(self) -> str:
        return "a longer training with newer augmentation" if self.newer else "the first weights"


@cache
def published() -> tuple[Published, ...]:
    """Every network that torchvision has ImageNet weights for, by name, the older weights first."""
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


def accuracies(spec: NetworkSpec) -> tuple[Published, ...]:
    """What is published for exactly this network, the older weights first; nothing for one that torchvision has not."""
    preset = describe(spec).preset
    if preset is None or PRESETS[preset].source != "torchvision":
        return ()
    return tuple(row for row in published() if row.network == preset)
