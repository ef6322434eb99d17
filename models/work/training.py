"""Tasks that train networks, and that examine trained ones."""

from typing import Any

from ..runtime.device import release
from ..runtime.messages import Message
from ..runtime.progress import Progress, share_of
from ..training import ablations, predict
from ..training.estimate import estimate
from ..training.records import Answer, Lesions, Predictions, Response, Reuse
from ..training.resume import race as raced
from ..training.run_spec import RunSpec
from ..training.run_store import RunStore


def race(progress: Progress, *, runs: tuple[RunSpec, ...]) -> tuple[tuple[int, Message], ...]:
    """Train several runs side by side, stored on disk; return (place, reason) for each that could not continue.

    The part reported is the last (place, epoch) or, before, the fraction of the data that is loaded.
    """
    failed = []

    def loading(done: float) -> None:
        progress.tell(0.0)
        progress.part(done, only=True)

    for place, epoch in raced(runs, RunStore(), progress=progress.tell, loading=loading):
        progress.part((place, epoch), only=True)
        if isinstance(epoch, Message):
            failed.append((place, epoch))
    return tuple(failed)


def few_steps(progress: Progress, *, runs: tuple[RunSpec, ...]) -> float:
    """Estimate the seconds that a race takes here from a few steps of each run."""
    try:
        return sum(estimate(run, progress=share_of(progress.tell, place, len(runs))) for place, run in enumerate(runs))
    finally:
        release()


def predictions(progress: Progress, *, run: RunSpec, stamp: int) -> Predictions:
    """Predict the test images with a trained network; `stamp` distinguishes its weights from earlier ones."""
    return predict.predict(run, RunStore(), progress=progress.tell)


def answer(progress: Progress, *, run: RunSpec, stamp: int, picture: bytes) -> Answer:
    """Classify an uploaded picture with a trained network."""
    return predict.answer(run, RunStore(), picture)


def lesions(progress: Progress, *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...]) -> tuple[Lesions, ...]:
    """Measure the error of trained networks without each of their blocks."""
    return _each(progress, ablations.lesions, runs)


def responses(
    progress: Progress, *, runs: tuple[RunSpec, ...], stamps: tuple[int, ...]
) -> tuple[tuple[Response, ...], ...]:
    """Measure how large the responses of layers are in trained networks."""
    return _each(progress, ablations.responses, runs)


def reuse(progress: Progress, *, run: RunSpec, stamp: int) -> tuple[Reuse, ...]:
    """Measure which earlier layers the layers of a trained DenseNet use."""
    return ablations.reuse(run, RunStore(), progress=progress.tell)


def _each(progress: Progress, look: Any, runs: tuple[RunSpec, ...]) -> tuple[Any, ...]:
    """Examine several trained networks in the same way, one after the other."""
    return tuple(
        look(run, RunStore(), progress=share_of(progress.tell, place, len(runs))) for place, run in enumerate(runs)
    )
