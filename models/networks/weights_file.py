"""Load one's own weights from a file: safetensors, or a state dict saved by `torch.save`."""

import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from ..specs.external import Network
from .pretrained import WeightsError, renamed

_INSIDE = ("state_dict", "model_state_dict", "model", "state")  # where checkpoints keep their weights
_WRAPPERS = ("module.", "_orig_mod.")  # what torch's DataParallel and torch.compile put before each name
_MOST = 4  # names in a message


def read_weights(file: str | Path) -> dict[str, Tensor]:
    """Return the tensors of a file by name, on the CPU.

    A file of torch's is read with `weights_only=True`, so no code in it is run; the state dict may be part of a
    checkpoint. Raises `WeightsError` for a file that can't be read or holds no state dict.
    """
    path = Path(file)
    try:
        held: Any = load_file(path) if path.suffix == ".safetensors" else _loaded(path)
    except Exception as error:  # noqa: BLE001  # a file that is not one of weights fails in any way
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise WeightsError("{file} can't be read ({reason}).", file=path.name, reason=reason) from None
    if isinstance(held, Mapping) and not any(isinstance(one, Tensor) for one in held.values()):
        held = next((held[name] for name in _INSIDE if isinstance(held.get(name), Mapping)), held)
    tensors = {str(name): value for name, value in held.items() if isinstance(value, Tensor)} if _is_dict(held) else {}
    if not tensors:
        raise WeightsError(
            "{file} holds no state dict: names with tensors, as `torch.save(model.state_dict(), file)` writes them.",
            file=path.name,
        )
    for wrapper in _WRAPPERS:
        if all(name.startswith(wrapper) for name in tensors):
            tensors = {name.removeprefix(wrapper): value for name, value in tensors.items()}
    return tensors


def load_weights(network: nn.Module, file: str | Path, *, spec: Network | None = None, part: bool = False) -> None:
    """Load a file's weights into a network, in place; torchvision's names fit our networks too, if `spec` is given.

    With `part`, tensors that the network lacks are left out, as for the twin of the network that the file is of.
    Raises `WeightsError`, which names what is missing, what is left over and what has another shape; then nothing was
    changed.
    """
    tensors = read_weights(file)
    own = {name: value for name, value in network.state_dict().items() if isinstance(value, Tensor)}
    if spec is not None and not tensors.keys() <= own.keys():
        with suppress(ValueError):  # not as many tensors
            tensors = renamed(tensors, network, spec)
    if part:
        tensors = {name: value for name, value in tensors.items() if name in own and _fits(value, own[name])}
    counters = {name for name in own if name.endswith("num_batches_tracked")}  # files of other tools lack them
    missing = [f"{name} {tuple(own[name].shape)}" for name in own if name not in tensors and name not in counters]
    extra = [f"{name} {tuple(value.shape)}" for name, value in tensors.items() if name not in own]
    shapes = [
        f"{name} {tuple(value.shape)} / {tuple(own[name].shape)}"
        for name, value in tensors.items()
        if name in own and not _fits(value, own[name])
    ]
    if (missing and not part) or extra or shapes or not tensors:
        raise WeightsError(
            "The weights in {file} are not those of this network. Missing in the file: {missing}. Only in the file: "
            "{extra}. Of another shape (file / network): {shapes}.",
            file=Path(file).name, missing=_some(missing), extra=_some(extra), shapes=_some(shapes),
        )  # fmt: skip
    network.load_state_dict(tensors, strict=False)


def _fits(value: Tensor, own: Tensor) -> bool:
    return value.shape == own.shape and value.is_complex() == own.is_complex()


def _loaded(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of unusual files, which are refused
        return torch.load(path, map_location="cpu", weights_only=True)


def _is_dict(held: object) -> bool:
    return isinstance(held, Mapping)


def _some(names: Iterable[str]) -> str:
    found = list(names)
    more = f" + {len(found) - _MOST}" if len(found) > _MOST else ""
    return ", ".join(found[:_MOST]) + more or "–"
