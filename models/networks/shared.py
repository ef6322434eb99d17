"""The weights that a network and its twin have in common."""

import torch

from ..specs.external import ExternalSpec, Network
from ..specs.spec import NetworkSpec
from ..specs.twins import twin, with_skips
from .build import build


def shared(spec: Network) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the weights that are bit-equal at the start in a network and its twin, and of its others."""
    if isinstance(spec, ExternalSpec):  # the twin is the network itself, run without its skips
        with torch.device("meta"):
            return frozenset(name for name, _ in build(spec).named_parameters()), frozenset()
    with torch.device("meta"):
        ours, theirs = (dict(build(one).named_parameters()) for one in (with_skips(spec), twin(spec)))
    alike = {name for name, value in ours.items() if name in theirs and theirs[name].shape == value.shape}
    # the range of a bias depends on the shape of its weight
    equal = frozenset(name for name in alike if f"{name.rpartition('.')[0]}.weight" in alike)
    if (
        isinstance(spec, NetworkSpec) and with_skips(spec).zero_init_residual
    ):  # not zeroed in the twin, whose blocks would only output zeros
        drawn, plain = (dict(build(one).named_parameters()) for one in (with_skips(spec), twin(spec)))
        equal = frozenset(name for name in equal if torch.equal(drawn[name], plain[name]))
    return equal, frozenset(ours) - equal
