"""Points on Dask's workers: the plain loop's values, whatever dies in between, and nothing but what was asked for."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
import torch

from models.results.store import MemoryStore
from models.results.task import task
from models.runtime.messages import UserError
from models.signals.grid import Axes
from models.signals.measure_spec import MeasureSpec
from models.work.cluster_address import address
from models.work.points import Points, of, run
from tests.conftest import ROOT
from tests.models.results.test_task import SMALL, Told
from tests.models.work.test_points import StopError, numbers

pytest.importorskip("distributed", reason="the lowest versions come without it")
from models.work.cluster import Cluster

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]


@pytest.fixture(scope="module")
def two():
    """Two workers on this machine."""
    cluster = Cluster("local:2")
    yield cluster
    cluster.close()


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # as Dask's workers have
    yield
    torch.set_num_threads(before)


def grid(axes, base=SMALL):
    """The points of a grid."""
    found = task("work.signals:grid", base=base, setting=MeasureSpec(batch=2), axes=Axes().decode(axes))
    points = of(found)
    assert points is not None
    return points


def alike(*works):
    return Points(works, (1.0,) * len(works), apart=True)


@pytest.mark.usefixtures("one_thread")
def test_a_grid_on_two_workers_of_which_one_is_killed_gives_the_plain_loops_values(two):
    points = grid("stages:1-1,1-2,2-2;norm:batch,none;init:default,kaiming;seed:0,1,2,3,4")
    store = MemoryStore(10**7)

    class Killing(Told):
        killed = 0

        def part(self, record, *, only=False):
            super().part(record)
            if len(self.parts) == 30:
                pid = next(iter(two.client(lambda *_: None).run(os.getpid).values()))
                os.kill(pid, signal.SIGKILL)
                self.killed = pid

    told = Killing()
    found = run(points, told, execute=two, store=store)

    assert len(found) == len(told.parts) == 60
    assert told.killed
    assert all(store.get(one.key) is not None for one in points.tasks)
    assert found == run(points, Told())


def test_workers_that_cant_be_started_are_told_as_such(monkeypatch):
    cluster = Cluster("local:1")
    monkeypatch.setattr(cluster, "_started", lambda: (_ for _ in ()).throw(OSError))

    def tell(task, done):
        if cluster.trouble is not None:
            raise StopError

    with pytest.raises(StopError):
        cluster.client(tell)

    assert str(cluster.trouble).startswith("The workers on this machine do not start")


def test_both_workers_take_part(two):
    found = run(alike(*numbers(*range(8), name="process")), Told(), execute=two)

    assert len(set(found)) == 2


def test_a_point_that_kills_its_workers_is_named_and_the_rest_goes_on(two):
    work = (*numbers(*range(6), pause=0.05), *numbers(6, name="die"), *numbers(*range(7, 12), pause=0.05))

    found = run(alike(*work), Told(), execute=two)

    assert "ended each process" in str(found[6])
    assert [one for one in found if isinstance(one, tuple)] == [(n,) for n in range(12) if n != 6]


def test_reasons_come_back_from_the_workers(two):
    found = run(alike(*numbers(1, name="refuse"), *numbers(2, name="fail")), Told(), execute=two)

    assert str(found[0]) == "1 is refused"
    assert "ZeroDivisionError" in str(found[1])


def test_who_asks_for_a_gpu_that_no_worker_offers_is_told(two):
    work = task("work.signals:grid_point", spec=SMALL, setting=MeasureSpec(batch=2, device="cuda"))

    assert "--resources" in str(run(alike(work), Told(), execute=two)[0])


def test_who_cancels_waits_less_than_two_seconds_and_the_workers_are_free(two):
    run(alike(*numbers(1, 2)), Told(), execute=two)  # the workers are there

    class Stopping(Told):
        at = 0.0

        def tell(self, done):
            if time.monotonic() > began + 1.0:
                self.at = self.at or time.monotonic()
                raise StopError

    told, began = Stopping(), time.monotonic()
    with pytest.raises(StopError):
        run(alike(*numbers(*range(20), pause=60.0)), told, execute=two)
    assert time.monotonic() - told.at < 2.0
    began = time.monotonic()
    assert run(alike(*numbers(1, 2)), Told(), execute=two) == ((1,), (2,))
    assert time.monotonic() - began < 5.0  # sixty seconds, if those before were still at work


def test_points_that_measure_time_run_one_after_another(two):
    class Watching(Told):
        most = 0

        def tell(self, done):
            client = two.client(lambda *_: None)
            self.most = max(self.most, sum(map(len, client.processing().values())))

    told = Watching()
    run(replace(alike(*numbers(*range(4), pause=0.5)), alone=True), told, execute=two)

    assert told.most == 1


@contextmanager
def dask(*words, **variables):
    """One of Dask's own commands, ended at the end."""
    command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
    started = subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)} | variables, stderr=subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_scheduler_of_dasks_own_commands_may_go_and_come_back():
    port = free_port()
    where = f"tcp://127.0.0.1:{port}"
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = ["worker", where, "--nthreads", "1", "--no-dashboard", "--death-timeout", "60"]
    cluster, troubles = Cluster(where), []

    class Watching(Told):
        def tell(self, done):
            super().tell(done)
            troubles.append(str(cluster.trouble or ""))
            assert time.monotonic() < began + 180
            if len(self.parts) >= 5 and not again:
                started.kill()
                started.wait()
            if "does not answer" in troubles[-1] and not again:
                again.append(stack.enter_context(dask(*scheduler)))
                stack.enter_context(dask(*worker))

    began, again = time.monotonic(), []
    with ExitStack() as stack:
        started = stack.enter_context(dask(*scheduler))
        stack.enter_context(dask(*worker))
        try:
            told = Watching()
            found = run(alike(*numbers(*range(20), pause=0.1)), told, execute=cluster)
        finally:
            cluster.close()

    assert found == tuple((n,) for n in range(20))
    assert any("does not answer" in one for one in troubles)
    assert len(told.parts) == 20


@pytest.mark.usefixtures("one_thread")
def test_a_worker_with_more_threads_gives_the_same_values_within_float32():
    where = f"tcp://127.0.0.1:{free_port()}"
    points = grid("norm:batch,none;seed:0,1", replace(SMALL, base_width=64, input_shape=(3, 32, 32)))
    with (
        dask("scheduler", "--host", "127.0.0.1", "--port", where.rpartition(":")[2], "--no-dashboard"),
        dask("worker", where, "--nthreads", "1", "--no-nanny", "--no-dashboard", OMP_NUM_THREADS="2"),
    ):
        cluster = Cluster(where)
        try:
            found = run(points, Told(), execute=cluster)
        finally:
            cluster.close()

    for theirs, ours in zip(found, run(points, Told()), strict=True):
        for side in ("skips", "plain"):
            for field in ("loss", "ratio", "spread"):
                here = getattr(getattr(ours, side), field)
                assert getattr(getattr(theirs, side), field) == pytest.approx(here, rel=1e-4)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("local:0", "must be local:4"),
        ("local:many", "must be local:4"),
        ("http://127.0.0.1:8786", "must be local:4"),
        ("tcp://127.0.0.1", "must be local:4"),
        ("tcp://127.0.0.1:port", "must be local:4"),
        ("tcp://10.0.0.7:8786", "must use TLS, as in tls://10.0.0.7:8786"),
        ("tcp://cluster:8786", "must use TLS"),
    ],
)
def test_an_address_that_is_none_or_not_safe_is_refused(text, why):
    with pytest.raises(UserError, match=why):
        address(text)


@pytest.mark.parametrize(
    "text", ["local:4", "tcp://127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:8786", "tls://far:8786"]
)
def test_addresses(text):
    assert ":".join(address(text)) in (text, f"{text.partition(':')[0]}:{text}")
