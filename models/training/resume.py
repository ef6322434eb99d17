"""Training with storage on disk: start, stop and resume runs, one or several side by side."""

import json
from collections.abc import Iterator, Sequence

from ..runtime.messages import OUT_OF_MEMORY, Message, UserError, message
from ..runtime.progress import ProgressCallback
from . import datasets as data_sets
from . import epoch_weights
from .boards import Board, boards
from .datasets import Data
from .run_files import WEIGHTS
from .run_spec import Epoch, RunSpec
from .run_store import RunStore
from .stored_run import RunStoreError, Status, StoredRun
from .trainer import Checkpoint, Trainer
from .weights import FACTS, read_checkpoint


def kept(
    run: RunSpec, runs: RunStore, *, data: Data | None = None, progress: ProgressCallback | None = None
) -> Iterator[Epoch]:
    """Yield every epoch of a run: first the stored ones, then new ones as they are trained and stored.

    If `progress` raises or the generator is closed, the run is paused and can be resumed from there, also in mid-epoch.
    Raises as `train` does, and `RunStoreError` if the run can't be written; the reason is stored with the run.
    """
    found = runs.find(run)
    if found is not None and found.status is Status.DONE:
        yield from found.epochs
        return
    runs.begin(run)
    stops: list[Exception] = []
    trainer: Trainer | None = None
    told: list[Board] = []
    try:
        start = _checkpoint(runs, run) if found is not None and found.status is not Status.DAMAGED else None
        epochs = list(found.epochs[: int(start.facts["epoch"])]) if found and start else []
        yield from epochs
        if len(epochs) < run.all_epochs:  # else it was stopped after the last weights, before its status was written
            trainer = Trainer(run, data=data, start=start, progress=_noting(progress, stops))
            told = boards(runs.folder / runs.id_of(run), run, len(epochs))
            for epoch in trainer.epochs():
                epochs.append(epoch)
                runs.put_epochs(run, epochs)
                last = epoch.number == run.all_epochs
                if last:
                    runs.put_answers(run, trainer.right)
                reached = trainer.checkpoint()
                _write(runs, run, reached, done=last)
                moving = (name for name, __ in trainer.network.named_parameters())
                epoch_weights.keep(runs, run, epoch.number, {name: reached.weights[name] for name in moving})
                for board in told:
                    board.tell(epoch)
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
        for board in told:
            board.close()


def race(
    specs: Sequence[RunSpec],
    runs: RunStore,
    *,
    progress: ProgressCallback | None = None,
    loading: ProgressCallback | None = None,
) -> Iterator[tuple[int, Epoch | Message]]:
    """Train several runs side by side, one epoch of each in turn; yield (index, epoch), or (index, reason) on failure.

    All runs share one data set, which is loaded once; `loading` is called with the progress of that. If a run fails,
    the others continue.
    """
    stops: list[Exception] = []
    before = [runs.find(spec) for spec in specs]
    shares = _Shares(specs, before, _noting(progress, stops))
    unfinished = any(found is None or found.status is not Status.DONE for found in before)
    data = data_sets.load(specs[0].data, progress=loading) if unfinished else None
    under_way = {place: kept(spec, runs, data=data, progress=shares.of(place)) for place, spec in enumerate(specs)}
    try:
        while under_way:
            for place, one in list(under_way.items()):
                try:
                    epoch = next(one, None)
                except Exception as error:
                    if stops:
                        raise
                    del under_way[place]
                    yield place, reason(error)
                    continue
                if epoch is None:
                    del under_way[place]
                else:
                    yield place, epoch
    finally:
        for one in under_way.values():
            one.close()  # type: ignore[attr-defined]  # a generator


class _Shares:
    """Progress of a race, with runs weighted by their cost; what was trained before counts from the start."""

    def __init__(
        self, specs: Sequence[RunSpec], before: Sequence[StoredRun | None], progress: ProgressCallback | None
    ) -> None:
        costs = [spec.all_steps * _cost(spec) for spec in specs]
        self._shares = [cost / sum(costs) for cost in costs]
        self._done = [
            found.epochs[-1].steps / spec.all_steps if found is not None and found.epochs else 0.0
            for spec, found in zip(specs, before, strict=True)
        ]
        self._progress = progress or (lambda __: None)

    def of(self, place: int) -> ProgressCallback:
        def told(part: float) -> None:
            self._done[place] = max(self._done[place], part)
            self._progress(sum(share * own for share, own in zip(self._shares, self._done, strict=True)))

        return told


def _cost(spec: RunSpec) -> float:
    from ..tracing.tracer import trace  # noqa: PLC0415

    found = trace(spec.network)
    return spec.batch * found.macs + len(found.layers) * 3e6  # each layer has a fixed cost, however small it is


def _checkpoint(runs: RunStore, run: RunSpec) -> Checkpoint | None:
    path = runs.folder / runs.id_of(run) / WEIGHTS
    return read_checkpoint(path) if path.exists() else None


def _write(runs: RunStore, run: RunSpec, found: Checkpoint, *, done: bool = False) -> None:
    """Write a checkpoint; that of a finished run holds only the network's tensors, for any `load_state_dict`."""
    from safetensors.torch import save  # noqa: PLC0415

    runs.write(run, WEIGHTS, save(found.weights if done else found.tensors, {FACTS: json.dumps(found.facts)}))


def _pause(runs: RunStore, run: RunSpec, trainer: Trainer | None) -> None:
    try:
        if trainer is not None and (trainer.step > trainer.epoch * run.steps_per_epoch or not trainer.epoch):
            _write(runs, run, trainer.checkpoint())
    finally:
        runs.end(run, Status.PAUSED)


def _fail(runs: RunStore, run: RunSpec, error: Exception) -> None:
    """Store the failure. If that fails too, the status stays "running", but the free lock shows that it is not."""
    try:
        runs.end(run, Status.FAILED, reason(error))
    except RunStoreError:
        return


def reason(error: Exception) -> Message:
    """Return why a training failed, in a sentence."""
    if isinstance(error, UserError):
        return error.message
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return OUT_OF_MEMORY
    first = str(error).splitlines()[0][:120] if str(error) else ""
    return message("Training failed ({kind}: {reason}).", kind=type(error).__name__, reason=first)


def _noting(progress: ProgressCallback | None, stops: list[Exception]) -> ProgressCallback | None:
    """Wrap `progress` so that the exceptions it raises are recorded in `stops`."""
    if progress is None:
        return None

    def told(done: float) -> None:
        try:
            progress(done)
        except Exception as error:
            stops.append(error)
            raise

    return told
