"""Trainings that are kept on disk as they go: begun, stopped, gone on with, one or several side by side."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from models import data as data_sets
from models.data import Data
from models.measured import Pulse
from models.recipe import Epoch, RunSpec
from models.runs import WEIGHTS, KeepingError, Runs, Status, identity
from models.spec import NetworkSpec
from models.training import Checkpoint, Trainer

_FACTS = "skipscope"


def kept(run: RunSpec, runs: Runs, *, data: Data | None = None, pulse: Pulse | None = None) -> Iterator[Epoch]:
    """Every epoch of a run: those that are on disk, then the others as they are trained and written.

    What stops it (a pulse that raises, a generator that is closed) leaves it paused where it stands, also in
    mid-epoch. Raises as `train` does, and `KeepingError` where the disk will not take it; the run then says why.
    """
    found = runs.find(run)
    if found is not None and found.status is Status.DONE:
        yield from found.epochs
        return
    runs.begin(run)
    try:
        start = _checkpoint(runs, run) if found is not None and found.status is not Status.DAMAGED else None
        epochs = list(found.epochs[: int(start.facts["epoch"])]) if found and start else []
        yield from epochs
        if len(epochs) == run.all_epochs:  # stopped between its last weights and saying so
            runs.end(run, Status.DONE)
            return
        stops: list[Exception] = []
        trainer = Trainer(run, data=data, start=start, pulse=_noting(pulse, stops))
    except GeneratorExit:
        runs.end(run, Status.PAUSED)
        raise
    except Exception as error:
        runs.end(run, Status.PAUSED if not isinstance(error, ValueError) else Status.FAILED, str(error))
        raise
    yield from _on(run, runs, trainer, epochs, stops)


def _on(run: RunSpec, runs: Runs, trainer: Trainer, epochs: list[Epoch], stops: list[Exception]) -> Iterator[Epoch]:
    board = _board(runs.folder / identity(run), len(epochs))
    try:
        for epoch in trainer.epochs():
            epochs.append(epoch)
            runs.put_epochs(run, epochs)
            _write(runs, run, trainer.checkpoint(), done=epoch.number == run.all_epochs)
            _tell(board, epoch)
            yield epoch
        runs.end(run, Status.DONE)
    except GeneratorExit:
        _pause(runs, run, trainer)
        raise
    except Exception as error:
        if stops:
            _pause(runs, run, trainer)
        else:
            _fail(runs, run, error)
        raise
    finally:
        if board is not None:
            board.close()


def race(specs: Sequence[RunSpec], runs: Runs, *, pulse: Pulse | None = None) -> Iterator[tuple[int, Epoch | str]]:
    """Several runs side by side, an epoch of each in turn: (place, epoch), or a text where one can't go on.

    All of one data set, which is loaded once. The others go on when one fails.
    """
    whole = sum(spec.all_steps * _cost(spec) for spec in specs)
    shares = [spec.all_steps * _cost(spec) / whole for spec in specs]
    done = [0.0] * len(specs)

    def noting(place: int) -> Pulse:
        def told(part: float) -> None:
            done[place] = max(done[place], part)
            if pulse is not None:
                pulse(sum(share * own for share, own in zip(shares, done, strict=True)))

        return told

    unfinished = any((found := runs.find(spec)) is None or found.status is not Status.DONE for spec in specs)
    data = data_sets.load(specs[0].data, pulse=pulse) if unfinished else None
    under_way = {place: kept(spec, runs, data=data, pulse=noting(place)) for place, spec in enumerate(specs)}
    try:
        while under_way:
            for place, one in list(under_way.items()):
                try:
                    epoch = next(one, None)
                except (ValueError, MemoryError, RuntimeError) as error:
                    del under_way[place]
                    yield place, _in_words(error)
                    continue
                if epoch is None:
                    del under_way[place]
                    done[place] = 1.0
                else:
                    done[place] = epoch.steps / specs[place].all_steps
                    yield place, epoch
    finally:
        for one in under_way.values():
            one.close()  # type: ignore[attr-defined]  # a generator


def weights(runs: Runs, own: str) -> dict[str, Tensor]:
    """A run's tensors, as `load_state_dict` takes them. Raises `KeepingError` where there are none."""
    return _read(runs.folder / own / WEIGHTS).weights


def inherit(network: nn.Module, spec: NetworkSpec, runs: Runs, own: str) -> RunSpec:
    """Fill a network with a kept run's weights, in place; returns what it was trained on.

    Where the very network was trained by the same recipe (a twin in the same race), it gets its own weights; any other
    one gets those that it has in common with the run's. Raises `KeepingError` where there are none.
    """
    found = runs.read(own)
    if found.run is None or not found.epochs:
        raise KeepingError(f"trained: there is no run {own[:60]!r} with weights here; train it again.")
    same = runs.find(replace(found.run, network=spec))
    if same is not None and same.run is not None and same.epochs:
        network.load_state_dict(weights(runs, same.id))
        return same.run
    state = network.state_dict()
    loaded = {
        name: value for name, value in weights(runs, own).items() if name in state and state[name].shape == value.shape
    }
    network.load_state_dict(state | loaded)
    return found.run


def _cost(spec: RunSpec) -> float:
    from models.trace import trace  # noqa: PLC0415

    found = trace(spec.network)
    return spec.batch * found.macs + len(found.layers) * 3e6  # a layer takes its time, however small it is


def _checkpoint(runs: Runs, run: RunSpec) -> Checkpoint | None:
    path = runs.folder / identity(run) / WEIGHTS
    return _read(path) if path.exists() else None


def _read(path: Path) -> Checkpoint:
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {})[_FACTS])
            return Checkpoint({name: file.get_tensor(name) for name in file.keys()}, facts)  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise KeepingError(
            f"runs: {path.name} of {path.parent.name} can't be read ({type(error).__name__}); delete the run."
        ) from None


def _write(runs: Runs, run: RunSpec, found: Checkpoint, *, done: bool = False) -> None:
    """The last weights are the network's alone: any `load_state_dict` takes them."""
    runs.write(run, WEIGHTS, save(found.weights if done else found.tensors, {_FACTS: json.dumps(found.facts)}))


def _pause(runs: Runs, run: RunSpec, trainer: Trainer) -> None:
    if trainer.step > trainer.epoch * run.steps_per_epoch or not trainer.epoch:
        _write(runs, run, trainer.checkpoint())
    runs.end(run, Status.PAUSED)


def _fail(runs: Runs, run: RunSpec, error: Exception) -> None:
    """Where even that can't be written, the state stays "running" of a process that is gone: stopped."""
    try:
        runs.end(run, Status.FAILED, _in_words(error))
    except KeepingError:
        return


def _in_words(error: Exception) -> str:
    if isinstance(error, ValueError):
        return str(error)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "The device ran out of memory; take a smaller batch or input."
    return f"The training failed ({type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''})."


def _noting(pulse: Pulse | None, stops: list[Exception]) -> Pulse | None:
    """A pulse that remembers that it was it who stopped the work."""
    if pulse is None:
        return None

    def told(done: float) -> None:
        try:
            pulse(done)
        except Exception as error:
            stops.append(error)
            raise

    return told


def _board(folder: Path, epochs: int) -> Any:
    """TensorBoard's writer, where the optional extra is installed."""
    if find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415

    return SummaryWriter(str(folder), purge_step=epochs + 1)


def _tell(board: Any, epoch: Epoch) -> None:
    if board is None:
        return
    for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate"):
        board.add_scalar(name.replace("_", "/"), getattr(epoch, name), epoch.number)
    for path, norm in epoch.gradients:
        board.add_scalar(f"gradient/{path}", norm, epoch.number)
    board.flush()
