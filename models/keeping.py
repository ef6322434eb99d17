"""Trainings that are kept on disk as they go: begun, stopped, gone on with, one or several side by side."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from models import data as data_sets
from models.data import Data
from models.measured import Pulse
from models.recipe import Epoch, RunSpec
from models.run_files import WEIGHTS, DamagedError, check_weights
from models.runs import KeepingError, Kept, Runs, Status
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
    stops: list[Exception] = []
    trainer: Trainer | None = None
    board = None
    try:
        start = _checkpoint(runs, run) if found is not None and found.status is not Status.DAMAGED else None
        epochs = list(found.epochs[: int(start.facts["epoch"])]) if found and start else []
        yield from epochs
        if len(epochs) < run.all_epochs:  # or it was stopped between its last weights and saying so
            trainer = Trainer(run, data=data, start=start, pulse=_noting(pulse, stops))
            board = _board(runs.folder / runs.id_of(run), len(epochs))
            for epoch in trainer.epochs():
                epochs.append(epoch)
                runs.put_epochs(run, epochs)
                last = epoch.number == run.all_epochs
                if last:
                    runs.put_answers(run, trainer.right)
                _write(runs, run, trainer.checkpoint(), done=last)
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


def race(
    specs: Sequence[RunSpec], runs: Runs, *, pulse: Pulse | None = None, loading: Pulse | None = None
) -> Iterator[tuple[int, Epoch | str]]:
    """Several runs side by side, an epoch of each in turn: (place, epoch), or a text where one can't go on.

    All of one data set, which is loaded once; `loading` is told how far that is. The others go on when one fails.
    """
    stops: list[Exception] = []
    before = [runs.find(spec) for spec in specs]
    progress = _Progress(specs, before, _noting(pulse, stops))
    unfinished = any(found is None or found.status is not Status.DONE for found in before)
    data = data_sets.load(specs[0].data, pulse=loading) if unfinished else None
    under_way = {place: kept(spec, runs, data=data, pulse=progress.of(place)) for place, spec in enumerate(specs)}
    try:
        while under_way:
            for place, one in list(under_way.items()):
                try:
                    epoch = next(one, None)
                except Exception as error:
                    if stops:
                        raise
                    del under_way[place]
                    yield place, _in_words(error)
                    continue
                if epoch is None:
                    del under_way[place]
                else:
                    yield place, epoch
    finally:
        for one in under_way.values():
            one.close()  # type: ignore[attr-defined]  # a generator


class _Progress:
    """How much of a race is done, its runs weighed by what they cost; what was done before counts from the start."""

    def __init__(self, specs: Sequence[RunSpec], before: Sequence[Kept | None], pulse: Pulse | None) -> None:
        costs = [spec.all_steps * _cost(spec) for spec in specs]
        self._shares = [cost / sum(costs) for cost in costs]
        self._done = [
            found.epochs[-1].steps / spec.all_steps if found is not None and found.epochs else 0.0
            for spec, found in zip(specs, before, strict=True)
        ]
        self._pulse = pulse or (lambda _: None)

    def of(self, place: int) -> Pulse:
        def told(part: float) -> None:
            self._done[place] = max(self._done[place], part)
            self._pulse(sum(share * own for share, own in zip(self._shares, self._done, strict=True)))

        return told


def weights(runs: Runs, own: str) -> dict[str, Tensor]:
    """A run's tensors, as `load_state_dict` takes them. Raises `KeepingError` where there are none."""
    return _read(runs.folder / own / WEIGHTS).weights


def fill(network: nn.Module, runs: Runs, own: str) -> None:
    """Give a network a run's weights, in place. Raises `KeepingError` where they are missing or another network's."""
    try:
        network.load_state_dict(weights(runs, own))
    except RuntimeError:
        raise KeepingError(f"runs: the weights of {own} are another network's; delete the run.") from None


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
        fill(network, runs, same.id)
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
    path = runs.folder / runs.id_of(run) / WEIGHTS
    return _read(path) if path.exists() else None


def _read(path: Path) -> Checkpoint:
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415

    try:
        check_weights(path)
        with safe_open(path, "pt") as file:
            stored = json.loads((file.metadata() or {})[_FACTS])
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
        why = str(error) if isinstance(error, DamagedError) else f"{path.name} can't be read ({type(error).__name__})"
        raise KeepingError(f"runs: of {path.parent.name}, {why}; delete the run.") from None


def _write(runs: Runs, run: RunSpec, found: Checkpoint, *, done: bool = False) -> None:
    """The last weights are the network's alone: any `load_state_dict` takes them."""
    from safetensors.torch import save  # noqa: PLC0415

    runs.write(run, WEIGHTS, save(found.weights if done else found.tensors, {_FACTS: json.dumps(found.facts)}))


def _pause(runs: Runs, run: RunSpec, trainer: Trainer | None) -> None:
    try:
        if trainer is not None and (trainer.step > trainer.epoch * run.steps_per_epoch or not trainer.epoch):
            _write(runs, run, trainer.checkpoint())
    finally:
        runs.end(run, Status.PAUSED)


def _fail(runs: Runs, run: RunSpec, error: Exception) -> None:
    """Where even that can't be written, what lies on disk says that it runs, and who reads it that nobody does."""
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
