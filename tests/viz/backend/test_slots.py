"""Queue, results and visitors' slots are separate: another server finds what one has measured."""

import time

import pytest

from tests.viz.backend.calls import request
from viz.backend.job import State
from viz.backend.slots import slots


@pytest.fixture(autouse=True)
def fresh():
    slots.clear()
    yield
    slots.clear()


def test_results_are_kept_in_the_folder_that_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("SKIPSCOPE_RESULTS", str(tmp_path))
    calls = []

    def work(job):
        calls.append(1)
        return (1.5, "found")

    slots().ask("a visitor", request("kept", work)).wait(600)
    end = time.monotonic() + 60
    while not list(tmp_path.glob("*.zip")) and time.monotonic() < end:
        time.sleep(0.01)
    slots.clear()  # another server, or this one after a restart

    again = slots().ask("another visitor", request("kept", work))

    assert (again.state, again.result) == (State.DONE, (1.5, "found"))
    assert calls == [1]


def test_without_a_folder_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.delenv("SKIPSCOPE_RESULTS", raising=False)
    monkeypatch.chdir(tmp_path)

    assert slots().ask("a visitor", request("light", lambda job: 1)).wait(600)
    assert not list(tmp_path.iterdir())
