"""Requests to the queue that train networks or examine trained ones, and access to the stored runs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from models.results.task import task
from models.runtime.messages import Message, UserError
from models.specs.external import Network
from models.specs.twins import with_skips
from models.training.records import Answer, Lesions, Predictions, Response, Reuse
from models.training.run_spec import RunSpec
from models.training.run_store import MOST_SECONDS, RunStore
from models.training.stored_run import RunStoreError, Status, StoredRun
from viz.backend import cached, pace, preload
from viz.backend.job import Request


def kept(run: RunSpec) -> StoredRun | None:
    """Return what is stored of a run, or None."""
    return RunStore().find(run)


def all_kept() -> tuple[StoredRun, ...]:
    return RunStore().all()


def learnt(spec: Network) -> tuple[StoredRun, ...]:
    """Return the stored runs of this network or its twin with at least one finished epoch, newest first."""
    own = {spec.essential, with_skips(spec).essential}
    return tuple(
        found
        for found in all_kept()
        if found.run is not None and found.epochs and not found.unknown and found.run.network.essential in own
    )


def delete(own: str) -> Message | None:
    """Delete a stored run; return why it can't be deleted, or None."""
    try:
        RunStore().delete(own)
    except RunStoreError as error:
        return error.message
    return None


def race(runs: Sequence[RunSpec]) -> Request[tuple[tuple[int, Message], ...]]:
    """Return the request to train several runs side by side, which shorter work may interrupt.

    Its part is the last (place, epoch) or, before, the fraction of the data that is loaded; its result lists the runs
    that could not continue, with the reasons. It also runs while no page polls it.
    """
    return Request(
        task("work.training:race", runs=_same(runs)),
        cost(runs),
        kind(runs),
        longest=MOST_SECONDS,
        abandon_after=MOST_SECONDS,
        preemptible=True,
        stored=False,
    )


def cost(runs: Sequence[RunSpec]) -> float:
    """Return the cost of a race, in seconds at the nominal pace."""
    return pace.training([(run, cached.trace(run.network)) for run in runs])


def kind(runs: Sequence[RunSpec]) -> str:
    """Return the kind of a race for `pace`: one per data set, which may have to be downloaded first."""
    return f"training-{runs[0].data}"


@st.cache_data(ttl=20.0, max_entries=64, show_spinner=False)
def refusal(runs: tuple[RunSpec, ...]) -> Message | None:
    """Return why this machine can't train a race, for example for lack of memory, or None."""
    preload.wait()
    from models.training.estimate import check  # noqa: PLC0415

    try:
        for run in runs:
            check(run, beside=[other for other in runs if other is not run])
    except UserError as error:
        return error.message
    return None


def few_steps(runs: Sequence[RunSpec]) -> Request[float]:
    """Return the idle request that estimates a race's time here, in seconds, from a few steps of each run."""
    return Request(task("work.training:few_steps", runs=_same(runs)), 0.0, idle=True)


def predictions(run: RunSpec, stamp: int) -> Request[Predictions]:
    """Return the request for a trained network's predictions on the test images; `stamp` identifies its weights."""
    return Request(task("work.training:predictions", run=run, stamp=stamp), 3.0, "predict")


def lesions(runs: Sequence[tuple[RunSpec, int]]) -> Request[tuple[Lesions, ...]]:
    """Return the request for the test error without each block; each run comes with the stamp of its weights."""
    return _several("lesions", runs)


def responses(runs: Sequence[tuple[RunSpec, int]]) -> Request[tuple[tuple[Response, ...], ...]]:
    return _several("responses", runs)


def reuse(run: RunSpec, stamp: int) -> Request[tuple[Reuse, ...]]:
    return Request(task("work.training:reuse", run=run, stamp=stamp), 3.0, "reuse")


def answer(run: RunSpec, stamp: int, picture: bytes) -> Request[Answer]:
    """Return the request to classify the visitor's own picture with a trained network."""
    return Request(task("work.training:answer", run=run, stamp=stamp, picture=picture), 1.0, "answer")


def _several(function: str, runs: Sequence[tuple[RunSpec, int]]) -> Request[Any]:
    """One request that examines several trained networks in the same way."""
    specs, stamps = tuple(run for run, _ in runs), tuple(stamp for _, stamp in runs)
    return Request(task(f"work.training:{function}", runs=specs, stamps=stamps), 3.0, function)


def _same(runs: Sequence[RunSpec]) -> tuple[RunSpec, ...]:
    """The runs without unused fields of their networks, so that equal trainings have equal requests."""
    return tuple(replace(run, network=run.network.essential) for run in runs)


def done(found: StoredRun | None) -> bool:
    return found is not None and found.status is Status.DONE
