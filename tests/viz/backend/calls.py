"""Tasks for tests: any function as the work of a task, which is plain data."""

from models.results.task import task
from viz.backend.job import Request

CALLS = {}


def call(progress, *, name):
    return CALLS[name](progress)


def request(name, work=lambda job: None, cost=1.0, **more):
    """Return a request that calls `work` with its job; equal names are equal tasks."""
    CALLS[str(name)] = work
    return Request(task("tests.viz.backend.calls:call", name=str(name)), cost, **more)
