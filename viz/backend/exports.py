"""Files of a network for other tools, written when they are downloaded."""

import tempfile
from pathlib import Path
from threading import Lock

from models.runtime.messages import Message, UserError
from models.specs.external import Network
from viz.backend import cached, preload

MOST_PARAMETERS = 30_000_000  # of a file that holds the weights: 120 MB
_MOST_REFUSED = 100
_refused: dict[Network, Message] = {}
_one = Lock()  # torch's exporter takes twice a network's memory, and sets switches of the whole process


def offers_weights(spec: Network) -> bool:
    """Return whether the page writes files with the weights of this network: they are not too large."""
    return cached.trace(spec).params <= MOST_PARAMETERS


def offers_onnx(spec: Network) -> bool:
    """Return whether the page writes ONNX of this network, which has the weights: the packages must be there."""
    preload.wait()
    from models.tracing.exported import exports_onnx  # noqa: PLC0415

    return exports_onnx() and offers_weights(spec)


def onnx(spec: Network) -> bytes:
    """Return the network as ONNX, with the weights that it starts with."""
    return _written(spec, "network.onnx", weights=True)


def pt2(spec: Network, *, weights: bool) -> bytes:
    """Return the network as `torch.export` writes it, with the weights that it starts with or without any."""
    return _written(spec, "network.pt2", weights=weights)


def refusal(spec: Network) -> Message | None:
    """Return why torch could not write this network when it was last asked to; None if it was not, or could."""
    return _refused.get(spec)


def _written(spec: Network, name: str, *, weights: bool) -> bytes:
    from models.tracing.exported import export  # noqa: PLC0415

    with _one, tempfile.TemporaryDirectory() as folder:
        try:
            return export(spec, Path(folder) / name, weights=weights).read_bytes()
        except UserError as error:
            if len(_refused) > _MOST_REFUSED:
                _refused.clear()
            _refused[spec] = error.message
            raise
