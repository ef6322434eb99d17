"""The families of networks that Skipscope builds. No torch here."""

from collections.abc import Mapping
from types import MappingProxyType

from ..registry import Family
from .densenet import DENSENET
from .family import FamilyType
from .inception_resnet import INCEPTION_RESNET
from .resnet import RESNET
from .vgg import VGG

FAMILIES: Mapping[Family, FamilyType] = MappingProxyType(
    {family.name: family for family in (RESNET, DENSENET, VGG, INCEPTION_RESNET)}
)
