"""Build a network of torchvision or timm from its `ExternalSpec`, by the library's own function."""

import copy
import importlib
import importlib.util
import inspect
import sys
import warnings
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ..runtime.drawing import drawing
from ..runtime.errors import SpecError
from ..runtime.messages import UserError
from ..specs.external import ExternalSpec, Start
from ..specs.own import OWN

# Networks whose positions are weights: the constructor must be told the size of the images.
_SIZED = {"vit_": "image_size", "maxvit_": "input_size"}


def build_external(spec: ExternalSpec, *, seed: int = 0) -> nn.Module:
    """Build the network, in eval mode, on torch's current default device, with weights as the library draws them.

    torch's own generator is seeded, and put back afterwards. Raises `SpecError` for a network that the library does not
    have, or that can't be built at this size, and `UserError` if the library is not installed.
    """
    make = {"torchvision": _torchvision, "timm": _timm, "own": _own}[spec.library.name]
    weightless = torch.get_default_device().type == "meta"
    if not spec.library.installed:
        raise UserError(
            "{library} is not installed. `pip install {library}` adds its networks.", library=spec.library.name
        )
    with warnings.catch_warnings(), ExitStack() as stack:
        warnings.simplefilter("ignore")  # of what will change in later versions of the library
        try:
            if spec.library.name == "own":
                with torch.device("cpu"):  # the file may make modules itself, which need their weights
                    _imported(OWN[spec.name].file)
            stack.enter_context(_Weightless() if weightless else torch.device("cpu"))
            if not weightless:
                stack.enter_context(drawing(seed))
            network = make(spec)
        except UserError:
            raise
        except Exception as error:  # whatever a constructor of somebody else's raises
            reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"[:200]
            raise UserError("{network} can't be built: {reason}", network=spec.network, reason=reason) from error
        if spec.init is Start.NONZERO and not weightless:
            _draw_zeros(network)
    return network.eval()


class _Weightless(TorchFunctionMode):
    """Allocates no weights: what layers leave empty until it is drawn is made on the meta device, all else on the CPU.

    A constructor may compute with small tensors, of widths for example, which a default device of "meta" would prevent.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in _DRAWN:
            return func(*args, **(kwargs or {}) | {"device": "meta"})
        if getattr(func, "__name__", "") in _FACTORIES:
            return func(*args, **{"device": "cpu"} | (kwargs or {}))
        return func(*args, **(kwargs or {}))


_DRAWN = frozenset({torch.empty, torch.randn, torch.rand, torch.normal})
_FACTORIES = frozenset({"zeros", "ones", "full", "arange", "linspace", "logspace", "tensor", "eye", "as_tensor"})


def _own(spec: ExternalSpec) -> nn.Module:
    """The module that the server was started with; a class or function that takes `num_classes` is given it."""
    place = OWN[spec.name]
    found = getattr(_imported(place.file), place.name)
    if isinstance(found, nn.Module):
        return copy.deepcopy(found)
    takes = callable(found) and "num_classes" in inspect.signature(found).parameters
    made = found(num_classes=spec.classes) if takes else found() if callable(found) else found
    if not isinstance(made, nn.Module):
        raise UserError(
            "{name} in {file} must be or make an nn.Module, got {kind}",
            name=spec.name, file=place.file.name, kind=type(made).__name__,
        )  # fmt: skip
    return made


@cache
def _imported(file: Path) -> ModuleType:
    """Run a file of the user's as a module, once; its folder can be imported from, as if it were run by itself."""
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))  # last: a file of the user's must not stand for a library
    about = importlib.util.spec_from_file_location(f"skipscope_own_{file.stem}", file)
    if about is None or about.loader is None:
        raise UserError("{file} is not a Python file", file=file.name)
    module = importlib.util.module_from_spec(about)
    sys.modules[about.name] = module  # so that its classes can be copied and their source be found
    try:
        about.loader.exec_module(module)
    except BaseException:
        del sys.modules[about.name]
        raise
    return module


def _draw_zeros(network: nn.Module) -> None:
    """Draw the weights of linear layers and convolutions that start at zero, as torch draws them."""
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv2d) and not module.weight.any():
            module.reset_parameters()


def sized(spec: ExternalSpec) -> dict[str, Any]:
    """Return the arguments that tell torchvision's constructor the size of the images, where it must be told."""
    height, width = spec.input_shape[1:]
    named = next((one for one in _SIZED if spec.name.startswith(one)), None)
    if named is None:
        return {}
    if height != width:
        raise SpecError("input_shape", "must be as high as wide for {network}", spec.input_shape, network=spec.name)
    return {_SIZED[named]: height if named == "vit_" else (height, width)}


def _torchvision(spec: ExternalSpec) -> nn.Module:
    models: Any = importlib.import_module("torchvision.models")
    options: dict[str, Any] = {"num_classes": spec.classes, **sized(spec)}
    if spec.name in ("googlenet", "inception_v3"):
        options["init_weights"] = True
    network: nn.Module = models.get_model(spec.name, weights=None, **options)
    return network


def _timm(spec: ExternalSpec) -> nn.Module:
    timm: Any = importlib.import_module("timm")
    if not timm.is_model(spec.name.partition(".")[0]):
        raise SpecError("network", "must be a network of {library}", spec.network, library="timm")
    options: dict[str, Any] = {"num_classes": spec.classes, "in_chans": spec.input_shape[0], "pretrained": False}
    try:  # those whose positions are weights are told the size of the images; the others have no such argument
        network: nn.Module = timm.create_model(spec.name, img_size=spec.input_shape[1:], **options)
    except TypeError:
        network = timm.create_model(spec.name, **options)
    return network
