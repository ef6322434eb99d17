"""A trained network that was examined, and a network beside its twin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from models.specs.external import Network
from models.specs.twins import twin

Found = TypeVar("Found")


class Named(Protocol):
    @property
    def network(self) -> Network: ...


One = TypeVar("One", bound=Named)


@dataclass(frozen=True, slots=True)
class Examined(Generic[Found]):
    """A trained network under its name in a race, and what was found of it."""

    name: str
    network: Network
    found: Found


def beside_twin(examined: Sequence[One]) -> tuple[One, One] | None:
    """Return the first network with skip connections whose twin is there too, and the twin; None without both."""
    for own in examined:
        for plain in examined:
            if not own.network.plain and twin(own.network).essential == plain.network.essential:
                return own, plain
    return None
