"""Where jobs run: work made of points keeps each of them, gives way to shorter work, and goes on after a stop."""

import time

import pytest

from models.results.store import MemoryStore
from models.results.task import task
from models.work.points import of
from tests.waiting import ended, until
from viz.backend import execution
from viz.backend.execution import Execution
from viz.backend.job import Request, State
from viz.backend.job_queue import JobQueue
from viz.backend.slots import Slots

TASKS = "tests.models.work.tasks"


@pytest.fixture
def store():
    return MemoryStore(10**6)


@pytest.fixture
def line(store):
    slots = Slots(JobQueue(store))
    yield slots
    slots.queue.close(30)


def sweep(folder, *, count=20, pause=0.0):
    return Request(task(f"{TASKS}:many", count=count, pause=pause, folder=str(folder)), 1e4, preemptible=True)


def short():
    return Request(task(f"{TASKS}:number", n=7), 0.1)


def test_every_point_is_kept_and_so_is_the_whole(line, store, tmp_path):
    request = sweep(tmp_path, count=5)

    job = line.ask("a", request)
    assert ended(job)

    assert job.result == tuple((n,) for n in range(5)) == job.parts
    assert store.get(request.key) == job.result
    assert [store.get(one.key) for one in of(request.task).tasks] == list(job.result)


def test_a_sweep_gives_way_to_a_shorter_measurement(line, tmp_path):
    long = line.ask("a", sweep(tmp_path, count=400, pause=0.05))
    until(lambda: long.parts, long)

    quick = line.ask("b", short())

    assert ended(quick, long)
    assert quick.result == (7,)
    assert long.state is State.RUNNING
    told = len(long.parts)
    until(lambda: len(long.parts) > told, long)  # it goes on
    long.cancel()


def test_after_a_stop_it_goes_on_where_it_was(line, tmp_path):
    first = line.ask("a", sweep(tmp_path, pause=0.05))
    until(lambda: len(first.parts) >= 5, first)
    first.cancel()
    until(lambda: not line.queue.all())
    begun = len(list(tmp_path.iterdir()))

    again = line.ask("a", sweep(tmp_path, pause=0.05))
    assert ended(again)

    assert len(again.result) == 20
    assert len(list(tmp_path.iterdir())) <= 20 + 1  # only the point that was stopped began twice
    assert begun < 20


def test_what_is_not_to_be_stored_is_not_in_parts_either(line, store, tmp_path):
    request = Request(sweep(tmp_path).task, 1.0, stored=False)

    assert ended(line.ask("a", request))

    assert len(store) == 0


def test_a_result_that_may_differ_the_next_time_is_not_kept_whole(line, store, tmp_path):
    request = Request(sweep(tmp_path, count=3).task, 1.0, keep=lambda results: False)

    assert ended(line.ask("a", request))

    assert store.get(request.key) is None
    assert len(store) == 3


def test_a_cluster_that_is_none_is_told_in_a_sentence(store, tmp_path, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_CLUSTER", "somewhere")
    line = Slots(JobQueue(store, run=Execution(store, cluster="somewhere")))

    job = line.ask("a", sweep(tmp_path))
    assert ended(job)

    assert "must be local:4" in str(job.error)
    assert "must be local:4" in str(execution.problem())
    assert ended(line.ask("b", short()))  # what is not made of points runs here


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_a_job_on_a_cluster(store, tmp_path):
    run = Execution(store, cluster="local:2")
    line = Slots(JobQueue(store, run=run), lambda: run.trouble)
    try:
        job = line.ask("a", sweep(tmp_path, count=40, pause=0.1))
        until(lambda: len(job.parts) > 3, job)
        quick = line.ask("b", short())
        assert ended(quick)
        assert not job.over
        assert ended(job)
        assert job.result == tuple((n,) for n in range(40))
        assert line.trouble is None

        stopped = line.ask("a", sweep(tmp_path, count=39, pause=5.0))
        until(lambda: stopped.state is State.RUNNING)
        began = time.monotonic()
        stopped.cancel()
        until(lambda: not line.queue.all())
        assert time.monotonic() - began < 2.0
    finally:
        run.close()
