"""Waiting for what another thread or process does, as long as a busy machine may take."""

import time
from collections.abc import Callable

import pytest

from viz.backend.job import Job

PATIENCE = 600.0  # seconds; what never comes is a failure


def until(condition: Callable[[], object], *jobs: Job, seconds: float = PATIENCE) -> None:
    """Wait for a state. The jobs are polled as by a page: none is abandoned meanwhile."""
    end = time.monotonic() + seconds
    while not condition():
        for job in jobs:
            job.seen()
        if time.monotonic() > end:
            pytest.fail(f"what was waited for never came in {seconds:.0f} s")
        time.sleep(0.005)


def ended(job: Job, *others: Job) -> bool:
    """Wait until a job has ended, and return that it has; the others are polled too."""
    until(lambda: job.over, job, *others)
    return job.wait(PATIENCE)
