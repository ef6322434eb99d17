"""The same network with and without its skip connections. No torch here."""

from dataclasses import replace

from models.spec import Family, NetworkSpec, Shortcut, SpecError


def twin(spec: NetworkSpec) -> NetworkSpec:
    """The same network without skip connections; of DenseNet, each layer sees only the one before.

    Transitions of a DenseNet so narrow that compression would leave its twin no channel don't compress there.
    """
    try:
        return replace(spec, shortcut=Shortcut.NONE)
    except SpecError:
        return replace(spec, shortcut=Shortcut.NONE, compression=1.0)


def with_skips(spec: NetworkSpec) -> NetworkSpec:
    """The network itself, or for a plain one the network whose twin it is.

    A residual one gets option A, which adds no parameter; option B where padding can't be.
    """
    if spec.shortcut is not Shortcut.NONE:
        return spec
    if spec.family is Family.DENSENET:
        return replace(spec, shortcut=Shortcut.CONCAT)
    try:
        return replace(spec, shortcut=Shortcut.PAD)
    except SpecError:
        return replace(spec, shortcut=Shortcut.PROJECTION)
