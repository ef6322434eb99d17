"""Work made of points: each is kept before it is told, none runs twice, and one that fails costs only itself."""

import pytest

from models.results.store import MemoryStore
from models.results.task import task
from models.runtime.messages import Message, UserError
from models.work.points import Numbered, Points, here, of, run
from models.work.signals import sweep
from tests.models.results.test_task import SETTING, SMALL, Told

TASKS = "tests.models.work.tasks"


class StopError(Exception):
    pass


def numbers(*values, name="number", **more):
    return tuple(task(f"{TASKS}:{name}", n=value, **more) for value in values)


def test_results_come_in_the_order_of_the_points():
    told = Told()

    assert run(Points(numbers(3, 1, 2), (1.0, 1.0, 1.0)), told) == ((3,), (1,), (2,))
    assert told.parts == [(3,), (1,), (2,)]
    assert told.done[-1] == 1.0


def test_progress_goes_by_the_weights():
    told = Told()

    run(Points(numbers(1, 2), (1.0, 3.0)), told)

    assert told.done == [0.0, 0.25, 1.0]


def test_a_finished_point_is_kept_before_it_is_told_and_does_not_run_again(tmp_path):
    store = MemoryStore(10**6)
    work = numbers(*range(5), name="counted", folder=str(tmp_path))

    class Stopping(Told):
        def part(self, record, *, only=False):
            super().part(record)
            assert store.get(work[len(self.parts) - 1].key) == record
            if len(self.parts) == 3:
                raise StopError

    with pytest.raises(StopError):
        run(Points(work, (1.0,) * 5), Stopping(), store=store)
    assert len(list(tmp_path.iterdir())) == 3
    assert run(Points(work, (1.0,) * 5), Told(), store=store) == tuple((n,) for n in range(5))
    assert len(list(tmp_path.iterdir())) == 5


def test_equal_points_run_once(tmp_path):
    work = numbers(1, 2, 1, name="counted", folder=str(tmp_path))

    assert run(Points(work, (1.0,) * 3), Told()) == ((1,), (2,), (1,))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_point_that_fails_costs_only_itself_if_they_are_apart():
    told = Told()
    work = (*numbers(1), *numbers(2, name="refuse"), *numbers(3, name="fail"), *numbers(4))

    found = run(Points(work, (1.0,) * 4, apart=True), told)

    assert (found[0], str(found[1]), found[3]) == ((1,), "2 is refused", (4,))
    assert "ZeroDivisionError" in str(found[2])
    assert [part.place for part in told.parts] == [0, 1, 2, 3]
    assert told.parts[0] == Numbered(0, (1,))


def test_a_reason_is_not_kept_so_that_it_is_tried_again():
    store = MemoryStore(10**6)

    found = run(Points(numbers(2, name="refuse"), (1.0,), apart=True), Told(), store=store)

    assert isinstance(found[0], Message)
    assert len(store) == 0


def test_a_point_that_fails_ends_work_whose_points_belong_together():
    with pytest.raises(UserError, match="2 is refused"):
        run(Points((*numbers(1), *numbers(2, name="refuse")), (1.0, 1.0)), Told())


def test_whatever_stops_the_work_is_no_fault_of_the_point():
    class Long(Told):
        def tell(self, done):
            raise UserError("It took too long.")

    with pytest.raises(UserError, match="too long"):
        run(Points(numbers(1, pause=1.0), (1.0,), apart=True), Long())


def test_a_task_made_of_points_runs_like_any_other():
    work = task("work.signals:sweep", spec=SMALL, setting=SETTING, picture=None, deepest=8)

    points = of(work)

    assert points is not None
    assert work.run(Told()) == run(points, Told(), execute=here) == sweep(Told(), **dict(work.arguments))
    assert of(points.tasks[0]) is None
