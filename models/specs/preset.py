"""A named network: its spec, its source and the counts published there. No torch here."""

from dataclasses import dataclass

from ..runtime.messages import Message, message
from .spec import NetworkSpec

Count = int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    title: str
    group: str
    source: Message
    spec: NetworkSpec
    params: Count = None
    macs: Count = None
    note: str = ""

    @property
    def torchvision(self) -> bool:
        """Whether torchvision has this very network, under the preset's key."""
        return self.source == TORCHVISION


HE2015 = "He et al. 2015, arXiv 1512.03385"
HE2016 = "He et al. 2016, arXiv 1603.05027"
WRN = "Zagoruyko & Komodakis 2016, arXiv 1605.07146"
RESNEXT = "Xie et al. 2017, arXiv 1611.05431"
STOCHASTIC_DEPTH = "Huang et al. 2016, arXiv 1603.09382"
REZERO = "Bachlechner et al. 2021, arXiv 2003.04887"
VGG = "Simonyan & Zisserman 2015, arXiv 1409.1556"
INCEPTION_RESNET = "Szegedy et al. 2017, arXiv 1602.07261"
DENSENET = "Huang et al. 2017, arXiv 1608.06993"

TORCHVISION = message("torchvision")


def table(paper: str, number: int) -> Message:
    return message("{paper}, table {n}", paper=paper, n=number)
