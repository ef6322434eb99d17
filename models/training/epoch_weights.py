"""Weights after single epochs of a run, from which the path that training took is drawn.

Only tensors with two dimensions or more are kept, in a file for each epoch, as many as fit into a fixed room.
"""

from collections.abc import Mapping
from itertools import islice

from torch import Tensor

from ..runtime.server_limits import public
from ..tracing.layers import FLOAT32
from ..tracing.tracer import trace
from .run_files import DamagedError, check_weights, epoch_file, is_epoch_file
from .run_spec import RunSpec
from .run_store import RunStore

_ROOM, _ROOM_PUBLIC = 32_000_000, 8_000_000  # bytes of a run
_MOST, _FEWEST = 40, 2  # epochs

Weights = Mapping[str, Tensor]


def kept_epochs(run: RunSpec) -> tuple[int, ...]:
    """Return the epochs whose weights are kept, the last one left out: its weights are the run's."""
    each = FLOAT32 * trace(run.network).params
    most = min(_MOST, (_ROOM_PUBLIC if public() else _ROOM) // max(each, 1))
    if most < _FEWEST or run.all_epochs < 2:
        return ()
    step = -(-(run.all_epochs - 1) // most)
    return tuple(epoch for epoch in range(1, run.all_epochs) if (run.all_epochs - epoch) % step == 0)


def keep(runs: RunStore, run: RunSpec, epoch: int, weights: Weights) -> None:
    """Store a network's parameters after an epoch, if it is one of those that are kept."""
    from safetensors.torch import save  # noqa: PLC0415

    if epoch in kept_epochs(run):
        runs.write(run, epoch_file(epoch), save({name: own for name, own in weights.items() if own.ndim > 1}))


def stored(runs: RunStore, run: RunSpec) -> dict[int, dict[str, Tensor]]:
    """Return epoch -> the weights after it, of the epochs whose file is there and whole."""
    from safetensors import safe_open  # noqa: PLC0415

    found: dict[int, dict[str, Tensor]] = {}
    there = (path for path in (runs.folder / runs.id_of(run)).glob("epoch-*") if is_epoch_file(path.name))
    for path in islice(sorted(there), _MOST):
        epoch = int("".join(filter(str.isdecimal, path.name)))
        try:
            check_weights(path)
            with safe_open(path, "pt") as file:
                found[epoch] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except DamagedError:
            continue
    return found
