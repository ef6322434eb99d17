"""The same network with and without its skip connections. No torch here."""

from dataclasses import replace
from typing import overload

from ..runtime.errors import SpecError
from .choices import Shortcut
from .external import ExternalSpec, Network
from .spec import NetworkSpec


@overload
def twin(spec: NetworkSpec) -> NetworkSpec: ...
@overload
def twin(spec: ExternalSpec) -> ExternalSpec: ...
def twin(spec: Network) -> Network:
    """Return the same network without skip connections; in a DenseNet, each layer then sees only the one before.

    A network of a library runs without the skips of its additions.

    Scales and gates belong to the skip connections and go with them. If the DenseNet is so narrow that compression
    would leave its twin no channel, the twin does not compress.
    """
    if isinstance(spec, ExternalSpec):
        return replace(spec, skip_scale=0.0)
    try:
        return replace(spec, shortcut=Shortcut.NONE)
    except SpecError:
        return replace(spec, shortcut=Shortcut.NONE, compression=1.0)


@overload
def with_skips(spec: NetworkSpec) -> NetworkSpec: ...
@overload
def with_skips(spec: ExternalSpec) -> ExternalSpec: ...
def with_skips(spec: Network) -> Network:
    """Return the network itself or, for a plain one, the network whose twin it is.

    A residual network gets option A shortcuts, which add no parameters, or option B where padding is invalid. A VGG
    gets a skip connection around the convolutions of each stage, as option A.
    """
    if not spec.plain:
        return spec
    if isinstance(spec, ExternalSpec):
        return replace(spec, skip_scale=1.0)
    *others, last = spec.family_type.skips
    for shortcut in others:
        try:
            return replace(spec, shortcut=shortcut)
        except SpecError:  # padding can't reduce channels
            continue
    return replace(spec, shortcut=last)
