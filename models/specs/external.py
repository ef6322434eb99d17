"""`ExternalSpec`: a network of torchvision or timm as a frozen value that travels in a link. No torch here."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Self

from ..runtime.errors import SpecError
from ..runtime.fields import Fields, choice, number, ruled, whole
from ..runtime.messages import N_
from ..runtime.rules import Text, Wholes, either
from .libraries import LIBRARIES, Library, Listed, torchvision_networks
from .limits import LIMITS
from .own import OWN
from .spec import NetworkSpec, image_shape

_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)?")  # timm's have a tag of their weights, which says the image size


class Start(StrEnum):
    """The weights with which a library's network starts."""

    LIBRARY = "library"
    NONZERO = "nonzero"  # the library's, but layers that start at zero are drawn: a head of zeros stops all gradients


class _Name(Text):
    """A library and a network of it, as in `torchvision:convnext_tiny`."""

    def check(self, name: str, value: object) -> str:
        library, _, network = str(value).partition(":")
        if library not in LIBRARIES:
            names = [f"{one}:..." for one in LIBRARIES if one != "own"]
            raise SpecError(name, either(names), value)
        if library == "timm":
            known = _NAME.fullmatch(network) is not None
        else:
            known = network in (torchvision_networks() if library == "torchvision" else OWN)
        if not known:
            raise SpecError(name, N_("must be a network of {library}"), value, library=library)
        return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalSpec(Fields):
    """Specification of a network of a library. Raises `SpecError` for an invalid one, without importing the library.

    `skip_scale` multiplies the skip at every addition of a skip connection: 1 is the network itself, 0 its twin without
    skip connections.
    """

    suspects: ClassVar[tuple[str, ...]] = ("network", "input_shape")

    network: str = ruled("torchvision:convnext_tiny", _Name())
    input_shape: tuple[int, int, int] = ruled((3, 224, 224), Wholes("x", image_shape))
    classes: int = whole(1_000, *LIMITS["classes"])
    skip_scale: float = number(1.0, 0.0, 1.0)
    init: Start = choice(Start.LIBRARY)

    def __post_init__(self) -> None:
        Fields.__post_init__(self)
        if not self.library.channels and self.input_shape[0] != 3:
            raise SpecError(
                "input_shape", "must have 3 channels for a network of {library}", self.input_shape,
                library=self.library.name,
            )  # fmt: skip

    @property
    def library(self) -> Library:
        return LIBRARIES[self.network.partition(":")[0]]

    @property
    def name(self) -> str:
        """The network's name in its library."""
        return self.network.partition(":")[2]

    @property
    def listed(self) -> Listed | None:
        """What torchvision prints of this very network; None of others, and at other sizes or with fewer skips."""
        known = torchvision_networks().get(self.name) if self.library.name == "torchvision" else None
        if known is None or self.changed(init=Start.LIBRARY) != type(self).of(self.network):
            return None
        return known

    @property
    def plain(self) -> bool:
        """Whether it runs without its skip connections."""
        return self.skip_scale == 0

    @property
    def essential(self) -> Self:
        return self

    @property
    def draws(self) -> bool:
        """Whether anything is known to be left out at random in training; of these networks that is not known."""
        return False

    def to_query(self, *, full: bool = False, prefix: str = "", default: Self | None = None) -> dict[str, str]:
        """Return the network, and the other fields that differ from the default, as strings: the permalink."""
        return {f"{prefix}network": self.network} | Fields.to_query(self, full=full, prefix=prefix, default=default)

    @classmethod
    def of(cls, network: str) -> Self:
        """Return a network at the size of its images, as far as that is known without its library."""
        library, _, name = network.partition(":")
        if library == "own" and name in OWN:
            return cls(network=network, input_shape=OWN[name].input_shape)
        known = torchvision_networks().get(name) if library == "torchvision" else None
        return cls(network=network, input_shape=(3, known.pixels, known.pixels) if known else (3, 224, 224))


Network = NetworkSpec | ExternalSpec
