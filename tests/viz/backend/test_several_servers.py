"""Several servers on one folder of results: nothing is measured twice, nothing waits for one that died."""

import subprocess
import sys
import threading
import time

import pytest

from models.results.codec import encode
from models.results.store import FolderStore, MemoryStore, Stores, claimed
from tests.conftest import ROOT
from tests.viz.backend.calls import request
from tests.waiting import until
from viz.backend.job import State
from viz.backend.job_queue import JobQueue
from viz.backend.slots import Slots


@pytest.fixture
def servers(tmp_path):
    return [Slots(JobQueue(Stores([MemoryStore(10**6), FolderStore(tmp_path, 10**6)]))) for _ in range(2)]


def test_what_both_are_asked_for_at_once_is_measured_once(servers):
    measured, go = [], threading.Event()

    def work(job):
        measured.append(1)
        assert go.wait(600)
        return (1.5, "found")

    jobs = [server.ask("a visitor", request("both", work)) for server in servers]
    until(lambda: len(measured) == 1)
    go.set()

    assert [job.wait(600) for job in jobs] == [True, True]
    assert [job.result for job in jobs] == [(1.5, "found")] * 2
    assert len(measured) == 1


def test_who_waits_for_another_server_can_cancel(servers):
    begun, go = threading.Event(), threading.Event()

    def work(job):
        begun.set()
        return go.wait(600)

    first = servers[0].ask("a visitor", request("both", work))
    assert begun.wait(600)  # it has the right to the key
    second = servers[1].ask("a visitor", request("both", lambda job: go.wait(600)))
    until(lambda: second.state is State.RUNNING)

    servers[1].give_up("a visitor")

    until(lambda: second.wait(0.01))
    assert second.state is State.CANCELLED
    assert first.state is State.RUNNING
    go.set()
    assert first.wait(600)


def test_what_one_fails_at_the_other_tries(servers):
    def fails(job):
        raise RuntimeError

    first = servers[0].ask("a visitor", request("both", fails))
    assert first.wait(600)

    second = servers[1].ask("a visitor", request("both", lambda job: (2.0,)))
    assert second.wait(600)
    assert second.result == (2.0,)


def test_a_server_that_is_killed_keeps_nobody_waiting(tmp_path):
    key = request("killed").key
    code = f"""
import time
from pathlib import Path
from models.results.store import FolderStore, claimed
with claimed(FolderStore(Path({str(tmp_path)!r}), 1000), {key!r}, waiting=lambda: None):
    print("held", flush=True)
    time.sleep(600)
"""
    server = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline() == "held\n"
    waited, store = [], FolderStore(tmp_path, 1000)

    def kill():
        waited.append(1)
        server.kill()
        server.wait()

    with claimed(store, key, waiting=kill):
        assert waited
    server.stdout.close()


def test_without_a_folder_the_right_is_had_at_once():
    with claimed(MemoryStore(1000), request("alone").key, waiting=lambda: pytest.fail("waits")):
        pass


def test_a_damaged_result_is_measured_again(servers, tmp_path):
    first = servers[0].ask("a visitor", request("damaged", lambda job: (1.0,)))
    assert first.wait(600)
    [file] = tmp_path.glob("*.zip")
    file.write_bytes(file.read_bytes()[:-30])

    second = servers[1].ask("a visitor", request("damaged", lambda job: (2.0,)))
    assert second.wait(600)

    assert second.result == (2.0,)
    assert FolderStore(tmp_path, 1000).get(second.key) == (2.0,)


def test_results_that_nobody_has_read_for_long_are_removed(tmp_path):
    store = FolderStore(tmp_path, 10**6, days=10)
    store.put("a" * 32, (1.0,), len(encode((1.0,))))
    old = time.time() - 11 * 86_400
    import os

    os.utime(tmp_path / f"{'a' * 32}.zip", (old, old))

    store.put("b" * 32, (2.0,), len(encode((2.0,))))
    store.clean()

    assert store.get("a" * 32) is None
    assert store.get("b" * 32) == (2.0,)
