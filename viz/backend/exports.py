"""Files of a network for other tools, written when they are downloaded."""

import tempfile
from pathlib import Path
from threading import Lock

from models.specs.external import Network
from viz.backend import cached, preload

MOST_PARAMETERS = 30_000_000  # of an ONNX file, which holds the weights: 120 MB
_one = Lock()  # torch's exporter takes twice a network's memory, and sets switches of the whole process


def offers_onnx(spec: Network) -> bool:
    """Return whether the page writes ONNX of this network: the packages are there, and the file is not too large."""
    preload.wait()
    from models.tracing.exported import exports_onnx  # noqa: PLC0415

    return exports_onnx() and cached.trace(spec).params <= MOST_PARAMETERS


def onnx(spec: Network) -> bytes:
    """Return the network as ONNX, with the weights that it starts with."""
    return _written(spec, "network.onnx", weights=True)


def pt2(spec: Network) -> bytes:
    """Return the network as `torch.export` writes it, without weights."""
    return _written(spec, "network.pt2", weights=False)


def _written(spec: Network, name: str, *, weights: bool) -> bytes:
    from models.tracing.exported import export  # noqa: PLC0415

    with _one, tempfile.TemporaryDirectory() as folder:
        return export(spec, Path(folder) / name, weights=weights).read_bytes()
