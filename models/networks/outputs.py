"""What a forward returns, as one row of numbers for each image."""

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from ..runtime.messages import UserError


def classes_of(output: Any) -> Tensor:
    """Return (N, classes) of whatever a forward returns: its first tensor with classes, averaged over positions.

    Raises `UserError` if there is none.
    """
    found = next((one for one in _tensors(output) if one.dim() > 1), None)
    if found is None:
        raise UserError("The network returns no tensor of images by classes, so there is no loss to measure.")
    return found if found.dim() == 2 else found.flatten(2).mean(2)


def _tensors(output: Any) -> Iterator[Tensor]:
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, Mapping):
        for one in output.values():
            yield from _tensors(one)
    elif isinstance(output, tuple | list):
        for one in output:
            yield from _tensors(one)
