"""torchvision's pretrained weights for the networks that are torchvision's: found, fetched, loaded strictly."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from urllib.parse import urlparse

import torch
from torch import Tensor, nn

from models.download import DownloadError, fetch
from models.measured import Pulse
from models.presets import PRESETS
from models.spec import NetworkSpec, Shortcut

# DenseNet's files are older than its modules' names: norm.1 became norm1
_OLD_NAME = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.")


class WeightsError(ValueError):
    """Weights that can't be had; the message says why, in one sentence."""


def torchvision_name(spec: NetworkSpec) -> str | None:
    """What torchvision calls the network, or the network whose twin without skips it is; None for any other.

    Weights fit every size of input, and any initialisation: they replace it.
    """
    for name, preset in PRESETS.items():
        if preset.source == "torchvision" and preset.spec.family is spec.family:
            own = preset.spec
            same = replace(
                spec, input_shape=own.input_shape, init=own.init, zero_init_residual=own.zero_init_residual
            ).essential
            if same in (own.essential, replace(own, shortcut=Shortcut.NONE).essential):
                return name
    return None


def load(network: nn.Module, spec: NetworkSpec, pulse: Pulse | None = None) -> tuple[str, ...]:
    """Fill a network with torchvision's weights, in place; returns the names of the classes.

    A network of torchvision's takes them strictly, its twin without skips takes what it has. They come from torch's hub
    folder or, once, from the net. Raises `WeightsError` where they can't be had.
    """
    name = torchvision_name(spec)
    if name is None:
        raise WeightsError("weights: torchvision has none for this network; they are random here.")
    entry = _entry(name)
    file = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(entry.url).path).name
    if not file.exists():
        _fetch(entry.url, file, pulse)
    try:
        loaded: Mapping[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
        tensors = {_OLD_NAME.sub(r"\1\2.", key): value for key, value in loaded.items()}
        if spec.shortcut is Shortcut.NONE:
            own = network.state_dict()
            tensors = {key: value for key, value in tensors.items() if key in own and own[key].shape == value.shape}
            network.load_state_dict(own | tensors)
        else:
            network.load_state_dict(tensors)
    except (RuntimeError, AttributeError, KeyError, EOFError, OSError, ValueError, UnpicklingError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise WeightsError(
            f"weights: the file {file.name} can't be loaded ({reason}); delete it and try again."
        ) from None
    return tuple(entry.meta["categories"])


def _entry(name: str) -> Any:
    from torchvision.models import get_model_weights  # seconds: only where weights are asked for  # noqa: PLC0415

    return get_model_weights(name).DEFAULT


def _fetch(url: str, file: Path, pulse: Pulse | None) -> None:
    """Download a file whose name holds the start of its SHA-256."""
    try:
        fetch(url, file, file.stem.rpartition("-")[2], pulse=pulse)
    except DownloadError as error:
        raise WeightsError(
            f"weights: {file.name} is not on this machine and could not be downloaded ({error}); "
            "random weights work without the net."
        ) from None
