"""The process for heavy work: results, progress, cancelling and failures come through, and its death is told."""

import os
import signal
import time
from dataclasses import replace

import pytest

from models.results.codec import encode
from models.results.store import MemoryStore
from models.results.task import task
from models.runtime.messages import UserError
from models.runtime.settings import Device
from models.signals.measure_spec import MeasureSpec
from models.specs.spec import NetworkSpec
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import Status
from tests.waiting import ended, until
from viz.backend import pace, worker
from viz.backend.execution import Execution
from viz.backend.job import Job, Request, State
from viz.backend.job_queue import JobQueue
from viz.backend.slots import Slots
from viz.backend.worker import EndedError, Worker, wanted

HERE = "tests.viz.backend.test_worker"
SMALL = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, shortcut="pad", input_shape=(3, 8, 8), classes=10)
SETTING = MeasureSpec(batch=2, device=Device.CPU)


# tasks that run in the other process


def process(progress):
    return (os.getpid(),)


def steps(progress, *, count, pause):
    for number in range(count):
        progress.tell(number / count)
        progress.part(number)
        time.sleep(pause)
    return ("all",)


def refuse(progress):
    raise UserError("must be at most {most}", most=3)


def fail(progress):
    raise ZeroDivisionError("it was zero")


def no_memory(progress):
    raise MemoryError


def unsendable(progress):
    return lambda: None


def end(progress):
    os.kill(os.getpid(), signal.SIGKILL)


def asked(name, *, preemptible=False, cost=1.0, **arguments):
    return Request(task(f"{HERE}:{name}", **arguments), cost, preemptible=preemptible, stored=False)


@pytest.fixture(scope="module")
def own():
    found = Worker()
    yield found
    found.close()


@pytest.fixture
def line(own):
    store = MemoryStore(10**6)
    line = Slots(JobQueue(store, run=Execution(store, own.run)))
    yield line
    for job in list(line._jobs.values()):
        job.cancel()
        job.wait(600)


def test_work_is_done_in_another_process_the_same_for_all(line, own):
    first, second = (line.ask(visitor, asked("process")) for visitor in ("a", "b"))
    assert ended(first)
    assert ended(second)

    assert first.result == second.result != (os.getpid(),)
    assert first.result[0] in pace.OURS


def test_progress_and_parts_come_through(line):
    job = line.ask("a", asked("steps", count=20, pause=0.02))
    assert ended(job)

    assert job.result == ("all",)
    assert job.parts == tuple(range(20))
    assert job.fraction > 0.5


def test_a_job_is_cancelled_within_a_step(line):
    job = line.ask("a", asked("steps", count=100_000, pause=0.01))
    until(lambda: job.fraction > 0, job)

    line.give_up("a")
    after = line.ask("b", asked("process"))

    assert job.state is State.CANCELLED
    assert ended(after)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("refuse", "must be at most 3"),
        ("fail", "The measurement failed (ZeroDivisionError)."),
        ("no_memory", "The machine ran out of memory."),
        ("unsendable", "The measurement failed (AttributeError)."),
    ],
)
def test_a_failure_is_told_in_the_same_words_as_here(line, name, words, caplog):
    job = line.ask("a", asked(name))
    assert ended(job)

    assert (job.state, str(job.error).startswith(words)) == (State.FAILED, True), job.error
    assert ended(line.ask("b", asked("process")))


def test_a_process_that_is_killed_is_told_and_replaced(line):
    job = line.ask("a", asked("end"))
    assert ended(job)

    assert str(job.error).startswith("The process that measures has ended")
    after = line.ask("a", asked("process"))
    assert ended(after)
    assert after.state is State.DONE


def test_short_work_runs_between_the_steps_of_long(line):
    long = line.ask("a", asked("steps", preemptible=True, cost=1e4, count=100_000, pause=0.01))
    until(lambda: long.fraction > 0, long)

    short = line.ask("b", asked("steps", count=5, pause=0.01))
    assert ended(short, long)
    told = len(long.parts)
    until(lambda: len(long.parts) > told, long)  # it goes on

    assert short.result == ("all",)
    assert not long.over


def test_a_measurement_is_the_same_to_the_last_bit(own):
    work = task("work.signals:pair", spec=SMALL, setting=SETTING, picture=None, trained="", stamp=0)
    there, here = (Job(Request(work, 1.0, abandon_after=3600)) for _ in range(2))
    there.work = Execution(MemoryStore(10**6), own.run)
    there.run()
    here.run()

    def without_costs(pair):
        return encode(tuple(replace(side, seconds=0.0, peak_memory=0) for side in (pair.skips, pair.plain)))

    assert without_costs(there.result) == without_costs(here.result)


def test_a_training_is_locked_stored_and_paused_there(line, tmp_path, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_RUNS", str(tmp_path))
    worker_here = Worker()  # sees the folder that is named now
    try:
        line.queue._task = Execution(MemoryStore(10**6), worker_here.run)
        run = RunSpec(network=SMALL.changed(input_shape=(1, 8, 8)), epochs=900, batch=128, device="cpu")
        job = line.ask("a", Request(task("work.training:race", runs=(run,)), 1e4, preemptible=True, stored=False))
        store = RunStore(tmp_path)
        until(lambda: store.all() and store.all()[0].epochs, job)
        assert store.all()[0].status is Status.RUNNING

        job.cancel()
        until(lambda: store.all()[0].status is Status.PAUSED)
        assert store.all()[0].epochs
    finally:
        worker_here.close()


def test_a_worker_that_can_not_start_is_told(monkeypatch):
    monkeypatch.setattr(worker.sys, "executable", "/bin/false")

    with pytest.raises(EndedError, match="could not be started"):
        Worker().start()


def test_only_a_public_server_with_room_has_one_by_itself(monkeypatch):
    monkeypatch.delenv("SKIPSCOPE_WORKER")
    monkeypatch.setenv("SKIPSCOPE_PUBLIC", "1")
    monkeypatch.setattr(worker, "available", lambda: 8 * 10**9)
    monkeypatch.setattr(worker.os, "cpu_count", lambda: 2)
    assert wanted()
    monkeypatch.setattr(worker, "available", lambda: 10**9)
    assert not wanted()
    monkeypatch.setenv("SKIPSCOPE_WORKER", "1")
    assert wanted()
    monkeypatch.setenv("SKIPSCOPE_WORKER", "0")
    assert not wanted()
    monkeypatch.delenv("SKIPSCOPE_WORKER")
    monkeypatch.setattr(worker, "available", lambda: 8 * 10**9)
    monkeypatch.setenv("SKIPSCOPE_PUBLIC", "0")
    assert not wanted()
