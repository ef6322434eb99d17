"""Write a network to a file that other tools open: ONNX, or `torch.export`'s `.pt2`."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..networks.build import build
from ..runtime.messages import UserError
from ..specs.external import ExternalSpec, Network
from .layers import Shape, shapes_of
from .meta_copy import on_meta
from .module_joins import Joins
from .recording import record
from .without_skips import scaling

FORMS = (".onnx", ".pt2")
_LOUD = ("torch.export", "torch.onnx", "onnxscript", "torch._export")


def export(
    network: Network | nn.Module,
    file: str | Path,
    *,
    input_shape: Shape | Sequence[Shape] | None = None,
    weights: bool = True,
    seed: int = 0,
) -> Path:
    """Write a network in eval mode to a file whose ending names the form, and return its path.

    `.onnx` needs the packages onnx and onnxscript (the extra `onnx`) and takes batches of any size where the network
    does; `.pt2` is `torch.export`'s, which `torch.export.load` reads. Of a spec, weights are drawn with `seed`, and
    skips are scaled as it says; of a module, `input_shape` is that of its images (C, H, W), or of several inputs.
    With `weights=False` a `.pt2` has the layers and shapes alone, in a few hundred kB.

    Raises `UserError` for another ending, a missing package, or a network that torch can't export.
    """
    path = Path(file)
    if path.suffix not in FORMS:
        raise UserError("The file must end in {forms}, got {name}", forms=" or ".join(FORMS), name=path.name)
    if path.suffix == ".onnx" and not exports_onnx():
        raise UserError("ONNX needs the packages onnx and onnxscript: `pip install onnx onnxscript`")
    if path.suffix == ".onnx" and not weights:
        raise UserError("weights: an .onnx file has weights; without them, write .pt2")
    if not path.parent.is_dir():
        raise UserError("There is no folder {folder}", folder=str(path.parent))
    batch = 2 if path.suffix == ".onnx" else 1
    try:
        module, shapes = _ready(network, input_shape, weights=weights, seed=seed)
        first = next(module.parameters(), torch.empty(0, device="cpu" if weights else "meta"))
        images = tuple(torch.zeros((batch, *shape), device=first.device) for shape in shapes)
        with torch.no_grad(), _quiet():
            _write(module, images, path)
    except UserError:
        raise
    except Exception as error:  # whatever torch says of a network that it can't follow
        reason = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"[:300]
        raise UserError("torch can't export this network: {reason}", reason=reason) from error
    return path


def exports_onnx() -> bool:
    """Whether the packages are there that ONNX needs."""
    return all(find_spec(name) is not None for name in ("onnx", "onnxscript"))


def _ready(
    network: Network | nn.Module, input_shape: Shape | Sequence[Shape] | None, *, weights: bool, seed: int
) -> tuple[nn.Module, tuple[Shape, ...]]:
    """The module to be written, in eval mode, and the shapes of its inputs."""
    if isinstance(network, nn.Module):
        if not input_shape:
            raise UserError("input_shape: a module needs the shape of its images, such as (3, 224, 224)")
        return (network if weights else on_meta(network).eval()), shapes_of(input_shape)
    shapes = (network.input_shape,)
    with torch.device("cpu" if weights else "meta"):
        module = build(network, seed=seed)
    module = (module if weights else on_meta(module)).eval()
    if isinstance(network, ExternalSpec) and network.skip_scale != 1:
        module = _Scaled(module, Joins(record(module, shapes).calls), network.skip_scale)
    return module, shapes


class _Scaled(nn.Module):
    """A network whose skips are scaled in every forward."""

    def __init__(self, network: nn.Module, joins: Joins, scale: float) -> None:
        super().__init__()
        self.network = network
        self._joins = joins
        self._scale = scale

    def forward(self, image: Tensor) -> Any:
        with scaling(self._joins, self._scale):
            return self.network(image)


def _write(module: nn.Module, images: tuple[Tensor, ...], path: Path) -> None:
    training = [one for one in module.modules() if one.training]
    module.eval()
    try:
        if path.suffix == ".onnx":
            any_batch = tuple({0: torch.export.Dim.AUTO} for _ in images)
            exported = torch.export.export(module, images, dynamic_shapes=any_batch, strict=False)
            names = tuple({0: "batch"} for _ in images)
            program: Any = torch.onnx.export(exported, dynamo=True, verbose=False, dynamic_shapes=names)
            program.save(str(path))
        else:
            torch.export.save(torch.export.export(module, images, strict=False), str(path))
    finally:
        for one in training:
            one.training = True


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what torch prints and warns of while it exports; what goes wrong is raised."""
    levels = {name: logging.getLogger(name).level for name in _LOUD}
    try:
        for name in _LOUD:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
