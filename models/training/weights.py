"""Weights of stored runs: read, loaded into a network, and prepared for measurements."""

import json
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ..networks.build import build
from ..runtime.images import images as drawn_images
from ..runtime.messages import message
from ..runtime.progress import ProgressCallback
from ..runtime.settings import Source
from ..signals.measure_spec import MeasureSpec
from ..signals.prepare import Prepare, Prepared
from ..specs.external import Network
from . import datasets
from .run_files import WEIGHTS, DamagedError, check_weights
from .run_spec import RunSpec
from .run_store import RunStore
from .stored_run import RunStoreError
from .trainer import Checkpoint

FACTS = "skipscope"  # key of a safetensors file's metadata: the facts of the checkpoint


def weights(runs: RunStore, own: str) -> dict[str, Tensor]:
    """Return a run's tensors for `load_state_dict`. Raises `RunStoreError` if they are unavailable."""
    return read_checkpoint(runs.folder / own / WEIGHTS).weights


def fill(network: nn.Module, runs: RunStore, own: str) -> None:
    """Load a run's weights into a network. Raises `RunStoreError` if they are missing or another network's."""
    try:
        network.load_state_dict(weights(runs, own))
    except RuntimeError:
        raise RunStoreError("The weights of {run} belong to another network. Delete the run.", run=own) from None


def inherit(network: nn.Module, spec: Network, runs: RunStore, own: str) -> RunSpec:
    """Load a stored run's weights into the network of `spec`, in place; return the spec of the run they come from.

    If there is a run of this very network with the same settings (a twin in the same race), its weights are used;
    otherwise those tensors of the given run that match in name and shape. Raises `RunStoreError` if there are none.
    """
    found = runs.read(own)
    if found.run is None or not found.epochs:
        raise RunStoreError("No weights of run {run} are stored here. Train it again.", run=repr(own[:60]))
    same = runs.find(replace(found.run, network=spec))
    if same is not None and same.run is not None and same.epochs:
        fill(network, runs, same.id)
        return same.run
    state = network.state_dict()
    loaded = {
        name: value for name, value in weights(runs, own).items() if name in state and state[name].shape == value.shape
    }
    network.load_state_dict(state | loaded)
    return found.run


def preparation(own: str, spec: Network, setting: MeasureSpec, runs: RunStore, picture: bytes | None = None) -> Prepare:
    """Return a function that prepares a stored run's weights, random images of its test set, and their labels.

    `picture` is an image file to use in place of the test images. The returned function raises `RunStoreError` or
    `DataError` if weights or data are unavailable.
    """

    def prepare(seed: int, progress: ProgressCallback | None) -> Prepared:
        network = build(spec, seed=seed)
        run = inherit(network, spec, runs, own)
        data = datasets.load(run.data, progress=progress)
        chosen = torch.randint(len(data.test), (setting.batch,), generator=torch.Generator().manual_seed(seed))
        if picture is None:
            images = data.normalised(data.test.images[chosen], spec.input_shape)
        else:
            images = drawn_images(Source.UPLOAD, setting.batch, spec.input_shape, seed=seed, picture=picture)
        return Prepared(network, images, data.test.labels[chosen], data.classes, run.network != spec)

    return prepare


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a weights file. Raises `RunStoreError` if it is missing or damaged."""
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415

    try:
        check_weights(path)
        with safe_open(path, "pt") as file:
            stored = json.loads((file.metadata() or {})[FACTS])
            facts = {str(name): float(value) for name, value in stored.items()}
            return Checkpoint({name: file.get_tensor(name) for name in file.keys()}, facts)  # noqa: SIM118
    except (
        DamagedError,
        SafetensorError,
        OSError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        unread = message("{file} can't be read ({kind})", file=path.name, kind=type(error).__name__)
        raise RunStoreError(
            "The weights of {run} are damaged: {reason}. Delete the run.",
            run=path.parent.name,
            reason=error.message if isinstance(error, DamagedError) else unread,
        ) from None
