"""The network of a page until one is chosen: it can be measured in a moment."""

from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec

_STARTS = {
    "signals": PRESETS["resnet56_cifar"].spec,
    "training": PRESETS["resnet20_cifar"].spec,
    "sweeps": PRESETS["resnet20_cifar"].spec,
}


def start(page: str) -> NetworkSpec:
    """Return the network of a page, by its path, until one is chosen."""
    return _STARTS.get(page, NetworkSpec())
