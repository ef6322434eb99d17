"""`build(spec)`: the network of a spec as an eager `nn.Module`, with torchvision's layer names."""

import hashlib

import torch
from torch import nn

from ..runtime.messages import UserError
from ..specs.external import ExternalSpec, Network
from ..specs.spec import NetworkSpec
from .arguments import arguments, block_class, family
from .external import build_external
from .initialisation import INITS, silence
from .joins import GatedAdd, nearly_closed


def _draw(path: str, module: nn.Module, spec: NetworkSpec, seed: int) -> None:
    """Initialise the parameters and buffers that a module has itself."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        INITS[spec.init](module, generator(seed, path, module.weight.device))
    elif isinstance(module, nn.BatchNorm2d | nn.GroupNorm):
        module.reset_parameters()  # ones and zeros: nothing is drawn
    elif next(module.parameters(recurse=False), None) is not None:
        _reset(path, module)


def _reset(path: str, module: nn.Module) -> None:
    """Initialise the parameters of a custom module by its `reset_parameters`, as in torch's own modules."""
    reset = getattr(module, "reset_parameters", None)
    if reset is None:
        name = type(module).__name__
        raise UserError(
            "{path}: {kind} has its own parameters, so it must have a reset_parameters() method", path=path, kind=name
        )
    reset()


def _silence(block: nn.Module, names: tuple[str, ...]) -> None:
    try:
        silence(block, names)
    except ValueError:  # the function is exported with the network, so it raises no error of this project
        raise UserError(
            "silenced: in {block}, none of {layers} has a weight", block=type(block).__name__, layers=", ".join(names)
        ) from None


def build(spec: Network, *, seed: int = 0) -> nn.Module:
    """Build the network of a spec, in training mode, on torch's current default device.

    A network of a library is drawn by it, from torch's own generator, and is in eval mode. The rest is about ours.

    Each convolution and linear layer is drawn from its own generator, seeded by `seed` and the layer's name: layers of
    the same name and shape get the same values in all networks, and no global generator is seeded. On
    `torch.device("meta")` nothing is drawn.
    """
    if isinstance(spec, ExternalSpec):
        return build_external(spec, seed=seed)
    device = torch.get_default_device()
    with torch.device("meta"):
        network: nn.Sequential = family(spec)(**arguments(spec))
    if device.type != "meta":
        # as `to_empty`, which would import sympy: four seconds of the first measurement
        network._apply(lambda empty: torch.empty(empty.shape, dtype=empty.dtype, device=device))  # type: ignore[no-untyped-call]  # noqa: SLF001
        initialise(network, spec, seed=seed)
    return network


def initialise(network: nn.Module, spec: NetworkSpec, *, seed: int) -> None:
    """Initialise all parameters and buffers in place, according to `spec.init` and `spec.zero_init_residual`."""
    with torch.no_grad():
        for path, module in network.named_modules():
            _draw(path, module, spec, seed)
        for module in network.modules():
            if isinstance(module, GatedAdd):
                nearly_closed(module)
            elif spec.zero_init_residual and spec.silenced and isinstance(module, block_class(spec)):
                _silence(module, spec.silenced)


def generator(seed: int, path: str, device: torch.device) -> torch.Generator:
    """Return a generator of random numbers for one purpose, named by `path`, that is the same for equal seeds."""
    digest = hashlib.blake2b(f"{seed}/{path}".encode(), digest_size=8).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest) >> 1)
