"""The order in which waiting jobs run: visitors take turns, and short work of one visitor comes before long."""

from collections.abc import Hashable, Mapping, Sequence
from itertools import count

from viz.backend.job import Job

PATIENCE = 120.0  # seconds after which a job waits no longer for those that came later


def in_turn(waiting: Sequence[Job], served: Mapping[Hashable, float], now: float) -> list[Job]:
    """Return the jobs in the order in which they run, for a list in the order of their arrival.

    `served`: visitor -> when a job of this visitor last began, in seconds as `now`. Each visitor's shortest job is in
    the first round, the next one in the second; a job that several visitors wait for is in its earliest round. In a
    round those come first who were not served for longest, then short work. Idle work is last.
    """
    rounds: dict[str, tuple[int, float]] = {}
    turns: dict[Hashable, count[int]] = {}
    for job in sorted(waiting, key=lambda one: one.request.cost):
        if job.request.idle:
            continue
        for visitor in job.visitors:
            turn = next(turns.setdefault(visitor, count())), served.get(visitor, 0.0)
            rounds[job.key] = min(rounds.get(job.key, turn), turn)

    def place(job: Job) -> tuple[float, ...]:
        if job.request.idle:
            return (2.0,)
        if now - job.arrived > PATIENCE:
            return (0.0, job.arrived)
        turn, last = rounds.get(job.key, (0, 0.0))
        return 1.0, turn, last, job.request.cost, job.arrived

    return sorted(waiting, key=place)
