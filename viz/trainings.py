"""Calls into training, as jobs and from the folder of kept runs: the second door between the pages and torch."""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from importlib import import_module

import streamlit as st

from models.learned import Answer, Lesions, Predictions, Response, Reuse
from models.recipe import DATA, Epoch, RunSpec
from models.runs import MOST_SECONDS, KeepingError, Kept, Runs, Status
from models.spec import NetworkSpec
from models.twins import with_skips
from viz import measure, pace, warm
from viz.jobs import Job, Result, Task


def kept(run: RunSpec) -> Kept | None:
    """What lies on disk of a run."""
    return Runs().find(run)


def all_kept() -> tuple[Kept, ...]:
    return Runs().all()


def learnt(spec: NetworkSpec) -> dict[str, str]:
    """Id -> words, of the kept runs of this very network, or of its twin, that have weights; the newest first."""
    own = {spec.essential, with_skips(spec).essential}
    return {
        found.id: f"{DATA[found.run.data].title}, {len(found.epochs)} epochs, test accuracy "
        f"{found.epochs[-1].test_accuracy:.1%}"
        for found in all_kept()
        if found.run is not None and found.epochs and not found.unknown and found.run.network.essential in own
    }


def delete(own: str) -> str:
    """Why a run can't be deleted, or ""."""
    try:
        Runs().delete(own)
    except KeepingError as error:
        return str(error)
    return ""


def race(runs: Sequence[RunSpec]) -> Task[tuple[tuple[int, Epoch | str], ...]]:
    """Train several runs side by side; the part is the last (place, epoch), or the share of the data that is there; the
    result is why some could not go on.

    It gives way to shorter work, and goes on when nobody looks.
    """

    def work(job: Job) -> tuple[tuple[int, Epoch | str], ...]:
        from models.keeping import race as raced  # noqa: PLC0415

        failed = []

        def loading(done: float) -> None:
            job.pulse(0.0)
            job.parts = (done,)

        for part in raced(runs, Runs(), pulse=job.pulse, loading=loading):
            job.parts = (part,)  # the last one: all of them are on disk
            if isinstance(part[1], str):
                failed.append(part)
        return tuple(failed)

    return Task(
        ("race", *(run.digest for run in runs)),
        work,
        cost(runs),
        lambda _: 1,
        kind=kind(runs),
        longest=MOST_SECONDS,
        patience=MOST_SECONDS,
        gives_way=True,
    )


def cost(runs: Sequence[RunSpec]) -> float:
    """Seconds that a race would take at the nominal pace."""
    return pace.training([(run, measure.trace(run.network)) for run in runs])


def kind(runs: Sequence[RunSpec]) -> str:
    """What tells the pace of a race: others on the same data, which may have to be fetched at first."""
    return f"training on {runs[0].data}"


@st.cache_data(ttl=20.0, max_entries=64, show_spinner=False)
def refusal(runs: tuple[RunSpec, ...]) -> str:
    """Why this machine has no memory for a race, or ""."""
    warm.wait()
    from models.training import check  # noqa: PLC0415

    try:
        for run in runs:
            check(run, beside=[other for other in runs if other is not run])
    except ValueError as error:
        return str(error)
    return ""


def few_steps(runs: Sequence[RunSpec]) -> Task[float]:
    """Seconds that a race takes here, told from a few steps of each run while nothing else is to do."""

    def work(job: Job) -> float:
        from models.device import release  # noqa: PLC0415
        from models.training import estimate  # noqa: PLC0415

        def told(place: int) -> Callable[[float], None]:
            return lambda done: job.pulse((place + done) / len(runs))

        try:
            return sum(estimate(run, pulse=told(place)) for place, run in enumerate(runs))
        finally:
            release()

    return Task(("pace", *(run.digest for run in runs)), work, 0.0, lambda _: 1, idle=True)


def predictions(run: RunSpec, stamp: int) -> Task[Predictions]:
    """A trained network's answers to the test images."""
    return _look("models.predictions", "predict", run, stamp, lambda found: len(found.labels) // 5)


def lesions(runs: Sequence[tuple[RunSpec, int]]) -> Task[tuple[Lesions, ...]]:
    """Of runs, each with the stamp of its weights: the error without each block."""
    return _each("lesions", runs)


def responses(runs: Sequence[tuple[RunSpec, int]]) -> Task[tuple[tuple[Response, ...], ...]]:
    return _each("responses", runs)


def _each(function: str, runs: Sequence[tuple[RunSpec, int]]) -> Task[tuple[Result, ...]]:
    """The same look at several trained networks, one after the other."""

    def work(job: Job) -> tuple[Result, ...]:
        from models import anatomy  # noqa: PLC0415

        def told(place: int) -> Callable[[float], None]:
            return lambda done: job.pulse((place + done) / len(runs))

        look = getattr(anatomy, function)
        return tuple(look(run, Runs(), pulse=told(place)) for place, (run, _) in enumerate(runs))

    return Task(
        (function, *((run.digest, stamp) for run, stamp in runs)), work, 3.0, lambda _: 100 * len(runs), kind=function
    )


def reuse(run: RunSpec, stamp: int) -> Task[tuple[Reuse, ...]]:
    return _look("models.anatomy", "reuse", run, stamp, lambda _: 1_000)


def answer(run: RunSpec, stamp: int, picture: bytes) -> Task[Answer]:
    """A trained network's answer to a picture of one's own."""

    def work(job: Job) -> Answer:
        from models.predictions import answer as said  # noqa: PLC0415

        return said(run, Runs(), picture)

    digest = blake2b(picture, digest_size=8).hexdigest()
    return Task(("answer", run.digest, stamp, digest), work, 1.0, lambda _: 100, kind="answer")


def _look(module: str, function: str, run: RunSpec, stamp: int, weight: Callable[[Result], int]) -> Task[Result]:
    """A look at a trained network; its `stamp` says of which weights."""

    def work(job: Job) -> Result:
        found: Result = getattr(import_module(module), function)(run, Runs(), pulse=job.pulse)
        return found

    return Task((function, run.digest, stamp), work, 3.0, weight, kind=function)


def done(found: Kept | None) -> bool:
    return found is not None and found.status is Status.DONE
