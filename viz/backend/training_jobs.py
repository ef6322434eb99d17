"""Requests to the queue that train networks or examine trained ones, and access to the stored runs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

import streamlit as st

from models.results.task import task
from models.runtime.messages import Message, UserError, message
from models.runtime.server_limits import limits
from models.specs.external import Network
from models.specs.twins import with_skips
from models.training.archive import pack, unpack
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import RunStoreError, Status, StoredRun, Summary
from viz.backend import admission, cached, pace, preload
from viz.backend.admission import RefusedError
from viz.backend.job import Request
from viz.state import visitor


def kept(run: RunSpec) -> StoredRun | None:
    """Return what is stored of a run, or None."""
    return RunStore().find(run)


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of the list of stored runs."""

    runs: tuple[Summary, ...]
    number: int  # of all runs in the list
    size: int  # their bytes
    unread: int  # how many more are still being read


def listed(start: int, most: int) -> Listed:
    """Return the visitor's stored runs, newest first; those of all visitors where the visitor sees all."""
    index, owner = RunStore().index, _owner()
    number, size = index.totals(owner)
    return Listed(
        index.newest(owner=owner, start=start, most=most), number, size, index.unread() if owner is None else 0
    )


def finished() -> tuple[Summary, ...]:
    """Return the visitor's newest finished runs, at most 500."""
    found = RunStore().index.newest(owner=_owner(), most=500)
    return tuple(one for one in found if one.status is Status.DONE and one.accuracy is not None and not one.unknown)


def learnt(spec: Network, named: str = "") -> tuple[Summary, ...]:
    """Return the visitor's stored runs of this network or its twin with at least one finished epoch, newest first.

    `named`: the run that a link names, whoever trained it.
    """
    store, pair = RunStore(), (spec.essential, with_skips(spec).essential)
    found = store.index.of_pair(*pair, owner=_owner())
    other = store.index.one(named) if named and all(one.id != named for one in found) else None
    if other is None or other.run is None or other.unknown or not other.epochs:
        return found
    return (other, *found) if other.run.network.essential in pair else found


def delete(own: str) -> Message:
    """Delete a stored run, or take it out of the visitor's list if others own it too; return what became of it."""
    store, owner = RunStore(), _owner()
    try:
        if owner is not None and owner not in store.index.owners(own):
            return message("There is no run {run}.", run=repr(own[:60]))
        if owner is not None and store.disown(own, owner):
            return message("{run} is no longer in your list. Others have started it too, and keep it.", run=own)
        store.delete(own)
    except RunStoreError as error:
        return error.message
    return message("{run} was deleted.", run=own)


def archive(own: str) -> bytes:
    """Return a stored run as a zip file."""
    return pack(RunStore(), own)


def bring_back(data: bytes) -> StoredRun:
    """Store the run in an archive. Raises `ArchiveError`. Not for public servers: its numbers are whoever made it's."""
    return unpack(RunStore(), data)


def check_room(runs: Sequence[RunSpec]) -> None:
    """Raise `RefusedError` if the visitor may not store so many more runs."""
    owner, most, store = visitor.owner(), limits(), RunStore()
    if not owner:
        return
    new = _not_owned(runs, owner)
    number, size = store.index.totals(owner)
    if new and most.runs_each is not None and number + len(new) > most.runs_each:
        raise RefusedError(
            "At most {most:,.0f} stored runs are kept for each visitor. You have {n:,}, and this adds {more:,}. Delete "
            "some of yours first.",
            n=number,
            more=len(new),
            most=most.runs_each,
        )
    if new and most.run_bytes_each is not None and size >= most.run_bytes_each:
        raise RefusedError(
            "At most {most:,.0f} MB of stored runs are kept for each visitor, and yours take up {size:,.0f} MB. Delete "
            "some of yours first.",
            size=size / 1e6,
            most=most.run_bytes_each / 1e6,
        )


def claim(runs: Sequence[RunSpec]) -> None:
    """Make the visitor an owner of the runs of a race that was taken on."""
    owner, store = visitor.owner(), RunStore()
    if owner:
        for own in _not_owned(runs, owner):
            store.index.own(own, owner)
        store.make_room(sum(store.find(run) is None for run in runs))


def _not_owned(runs: Sequence[RunSpec], owner: str) -> list[str]:
    """The ids of those runs that a visitor does not own yet."""
    store = RunStore()
    return [own for own in dict.fromkeys(map(store.id_of, runs)) if owner not in store.index.owners(own)]


def _owner() -> str | None:
    """The owner whose runs the visitor sees; None for all."""
    return None if visitor.sees_all() else visitor.owner()


def race(runs: Sequence[RunSpec]) -> Request[tuple[tuple[int, Message], ...]]:
    """Return the request to train several runs side by side, which shorter work may interrupt.

    Its part is the last (place, epoch) or, before, the fraction of the data that is loaded; its result lists the runs
    that could not continue, with the reasons. It also runs while no page polls it.
    """
    return Request(
        task("work.training:race", runs=_same(runs)),
        cost(runs),
        kind(runs),
        longest=longest(),
        abandon_after=longest(),
        preemptible=True,
        stored=False,
    )


def longest() -> float:
    """Return the seconds after which a race pauses."""
    most = limits().training_seconds
    return inf if most is None else most


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

    if (why := admission.refusal(race(runs))) is not None:
        return why
    try:
        for run in runs:
            check(run, beside=[other for other in runs if other is not run])
    except UserError as error:
        return error.message
    return None


def few_steps(runs: Sequence[RunSpec]) -> Request[float]:
    """Return the idle request that estimates a race's time here, in seconds, from a few steps of each run."""
    return Request(task("work.training:few_steps", runs=_same(runs)), 0.0, idle=True)


def _same(runs: Sequence[RunSpec]) -> tuple[RunSpec, ...]:
    """The runs without unused fields of their networks, so that equal trainings have equal requests."""
    return tuple(replace(run, network=run.network.essential) for run in runs)


def done(found: StoredRun | None) -> bool:
    return found is not None and found.status is Status.DONE
