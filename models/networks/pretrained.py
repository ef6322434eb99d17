"""Find, download and load torchvision's pretrained weights."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from urllib.parse import urlparse

import torch
from torch import Tensor, nn

from ..runtime.download import DownloadError, fetch
from ..runtime.messages import UserError
from ..runtime.progress import ProgressCallback
from ..specs.choices import Shortcut
from ..specs.external import ExternalSpec, Network
from ..specs.presets import PRESETS
from ..specs.registry import Family
from ..specs.spec import NetworkSpec

# DenseNet's files have the modules' old names: norm.1 became norm1
_OLD_NAME = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.")

IMAGENET = 1_000  # classes of torchvision's weights


class WeightsError(UserError):
    """Weights that are not available; the message says why, in one sentence."""


def torchvision_name(spec: Network) -> str | None:
    """Return torchvision's name of the network, or of the network whose twin it is; None for any other.

    Input shape and initialisation may differ: weights fit any input size and replace the initialisation.
    """
    if isinstance(spec, ExternalSpec):
        fits = spec.library.name == "torchvision" and spec.classes == IMAGENET
        # a ViT's positions are weights; torchvision's best ones of ViT-H/14 are for other images
        if spec.name.startswith("vit_"):
            fits = fits and spec.name != "vit_h_14" and spec.input_shape[1:] == (224, 224)
        return spec.name if fits else None
    for name, preset in PRESETS.items():
        if (
            preset.torchvision
            and preset.spec.family is spec.family
            and preset.spec.input_shape[0] == spec.input_shape[0]
        ):
            own = preset.spec
            same = replace(
                spec, input_shape=own.input_shape, init=own.init, zero_init_residual=own.zero_init_residual
            ).essential
            if same in (own.essential, replace(own, shortcut=Shortcut.NONE).essential):
                return name
    return None


def load(network: nn.Module, spec: Network, progress: ProgressCallback | None = None) -> tuple[str, ...]:
    """Load torchvision's weights into a network, in place, and return the names of the classes.

    One of torchvision's networks is loaded strictly; a twin gets the tensors whose name and shape match its own. The
    file is read from torch's hub folder, and downloaded to it if missing. Raises `WeightsError` if that fails.
    """
    name = torchvision_name(spec)
    if name is None:
        raise WeightsError("torchvision has no weights for this network. Choose random weights.")
    entry = _entry(name)
    file = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(entry.url).path).name
    if not file.exists():
        _fetch(entry.url, file, progress)
    try:
        loaded: Mapping[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
        tensors, own = renamed(loaded, network, spec), network.state_dict()
        if isinstance(spec, NetworkSpec) and spec.plain and spec.family is not Family.VGG:  # a twin
            tensors = {key: value for key, value in tensors.items() if key in own and own[key].shape == value.shape}
            network.load_state_dict(own | tensors)
        else:
            network.load_state_dict(tensors)
        if hasattr(network, "transform_input"):  # GoogLeNet and Inception v3: their weights expect other images
            vars(network)["transform_input"] = True
    except (RuntimeError, AttributeError, KeyError, EOFError, OSError, ValueError, UnpicklingError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise WeightsError(
            "The weights in {file} can't be loaded ({reason}). Delete the file and try again.",
            file=file.name,
            reason=reason,
        ) from None
    return tuple(entry.meta["categories"])


def renamed(tensors: Mapping[str, Tensor], network: nn.Module, spec: Network) -> dict[str, Tensor]:
    """Return torchvision's tensors under the names that they have here.

    VGG's layers have numbers there and names here, in the same order.
    """
    if isinstance(spec, NetworkSpec) and spec.family is Family.VGG:
        return dict(zip(network.state_dict(), tensors.values(), strict=True))
    found = OrderedDict((_OLD_NAME.sub(r"\1\2.", key), value) for key, value in tensors.items())
    vars(found)["_metadata"] = getattr(tensors, "_metadata", None)  # the versions of the modules, which MNASNet reads
    return found


def _entry(name: str) -> Any:
    from torchvision.models import get_model_weights  # takes seconds: only if weights are requested  # noqa: PLC0415

    return get_model_weights(name).DEFAULT


def _fetch(url: str, file: Path, progress: ProgressCallback | None) -> None:
    """Download a file whose name contains the start of its SHA-256."""
    try:
        fetch(url, file, file.stem.rpartition("-")[2], progress=progress)
    except DownloadError as error:
        raise WeightsError(
            "The weights in {file} are not on this machine and could not be downloaded ({reason}). Random weights need "
            "no download.",
            file=file.name,
            reason=error.message,
        ) from None
