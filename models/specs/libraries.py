"""The libraries whose networks can be opened: torchvision and, where it is installed, timm; none is imported here."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from .own import OWN


@dataclass(frozen=True, slots=True)
class Library:
    """A library of networks; the one called `own` holds the module that the server was started with."""

    name: str  # as imported, and in a link: `torchvision:convnext_tiny`
    channels: bool  # whether its networks take images of other than three channels

    @property
    def installed(self) -> bool:
        if self.name == "own":
            return bool(OWN)
        return find_spec(self.name) is not None

    @property
    def version(self) -> str:
        """Its version without the build, "" if it is not installed."""
        try:
            return version(self.name).partition("+")[0]
        except PackageNotFoundError:
            return ""


@dataclass(frozen=True, slots=True)
class Listed:
    """What is known of a network without importing its library."""

    title: str
    pixels: int  # sides of the images that it was trained on first
    params: int  # as torchvision prints them, of some networks also of the parts that run only in training
    macs: str  # its `_ops`, such as "4.089G"


LIBRARIES: Mapping[str, Library] = MappingProxyType(
    {
        "torchvision": Library("torchvision", channels=False),
        "timm": Library("timm", channels=True),
        "own": Library("own", channels=True),
    }
)


@cache
def torchvision_networks() -> Mapping[str, Listed]:
    """Return every classification network of torchvision by name. The table is a file; a test compares each row."""
    with Path(__file__).with_name("torchvision.csv").open() as file:
        return {
            row["network"]: Listed(
                row["title"],
                int(row["pixels"]),
                int(row["params"]),
                f"{row['gmacs']}G",
            )
            for row in csv.DictReader(file)
        }
