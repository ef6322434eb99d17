"""How a sweep grows with workers: measured here on one and two, beyond by a simulation of the schedule.

    uv run python -m tests.benchmarks.growth

Measured: a grid of 120 points in this process and on one and two of Dask's workers (one thread each), and what a task
that does nothing costs. Simulated: up to 1,000 workers and 1,000,000 points, with times drawn from the measured ones,
a scheduler that takes the measured time for each task, one after another, and two tasks for each worker ahead.
"""

import heapq
import random
import time
from collections.abc import Sequence

from models.results.task import task
from models.signals.grid import Axes
from models.signals.measure_spec import MeasureSpec
from models.specs.presets import PRESETS
from models.work import cluster as room
from models.work.cluster import Cluster
from models.work.points import Points, here, of, run

_AHEAD = 2
TASKS = "tests.models.work.tasks"


class Clock:
    """Progress that notes when each point was finished."""

    def __init__(self) -> None:
        self.times = [time.perf_counter()]

    def tell(self, done: float) -> None:
        pass

    def part(self, record: object, *, only: bool = False) -> None:
        self.times.append(time.perf_counter())


def simulated(times: Sequence[float], workers: int, points: int, each: float) -> float:
    """Return the seconds that a sweep takes: the scheduler hands out tasks one by one, `each` seconds apart."""
    draw = random.Random(0)  # noqa: S311
    free = [(0.0, worker) for worker in range(workers)]  # when a worker has nothing left
    heapq.heapify(free)
    scheduler, end = 0.0, 0.0
    for _ in range(points):
        ready, worker = heapq.heappop(free)
        long = times[draw.randrange(len(times))]
        scheduler = max(scheduler, ready - _AHEAD * long) + each  # it may hand the task out while the one before runs
        done = max(ready, scheduler) + long
        end = max(end, done)
        heapq.heappush(free, (done, worker))
    return end


def main() -> None:
    import torch

    torch.set_num_threads(1)
    axes = Axes().decode("depth:8,14,20,26,32;norm:batch,none;init:default,kaiming,xavier;seed:0,1,2,3")
    work = task("work.signals:grid", base=PRESETS["resnet20_cifar"].spec, setting=MeasureSpec(batch=4), axes=axes)
    points = of(work)
    assert points is not None
    print(f"| {len(points.tasks)} points | seconds | against this process |\n|---|---:|---:|")
    run(Points(points.tasks[:4], (1.0,) * 4), Clock())  # warm
    clock = Clock()
    alone = run(points, clock, execute=here)
    times = [after - before for before, after in zip(clock.times, clock.times[1:], strict=False)]
    one = clock.times[-1] - clock.times[0]
    print(f"| this process, one thread | {one:.1f} | 1.00x |")
    each = 0.001
    for workers in (1, 2):
        cluster = Cluster(f"local:{workers}")
        run(Points(points.tasks[:8], (1.0,) * 8), Clock(), execute=cluster)  # warm
        start = time.perf_counter()
        found = run(points, Clock(), execute=cluster)
        took = time.perf_counter() - start
        print(f"| Dask, {workers} worker{'s'[: workers > 1]} | {took:.1f} | {one / took:.2f}x |")
        assert found == alone, "not bit for bit"
        if workers == 2:
            nothing = tuple(task(f"{TASKS}:number", n=n) for n in range(1_000))
            room._AHEAD, usual = 500, room._AHEAD  # as with many workers, whose messages come together
            start = time.perf_counter()
            run(Points(nothing, (1.0,) * len(nothing)), Clock(), execute=cluster)
            room._AHEAD = usual
            each = (time.perf_counter() - start) / len(nothing)
            print(f"| a task that does nothing, of 1,000 | {each * 1e3:.1f} ms each | |")
        cluster.close()
    for factor, words in ((1, "as measured"), (10, "ten times as long, as for deep networks at a larger batch")):
        long = [factor * one for one in times]
        mean = sum(long) / len(long)
        print(f"\nSimulated: points of {mean:.2f} s on average, {words}.\n")
        print(f"| workers | points | {each * 1e3:.1f} ms of scheduler a point | of the ideal | 1 ms | of the ideal |")
        print("|---:|---:|---:|---:|---:|---:|")
        for workers, count in ((1, 1_000), (10, 10_000), (100, 100_000), (300, 100_000), (1_000, 100_000),
                               (1_000, 1_000_000)):  # fmt: skip
            cells = []
            for cost in (each, 0.001):
                took = simulated(long, workers, count, cost)
                cells += [f"{took / 60:,.1f} min", f"{count * mean / workers / took:.0%}"]
            print(f"| {workers:,} | {count:,} | {' | '.join(cells)} |")
        print(
            f"\nThe scheduler is the limit from about {mean / each:,.0f} workers on, at 1 ms from {mean * 1000:,.0f} on."
        )


if __name__ == "__main__":
    main()
