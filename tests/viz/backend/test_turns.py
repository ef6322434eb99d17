"""Visitors take turns; of one visitor's jobs the shortest is first; nobody waits for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.viz.backend.calls import request
from tests.viz.backend.test_job_queue import endless, line  # noqa: F401  # a fixture
from tests.waiting import until
from viz.backend.job import Job, State
from viz.backend.turns import PATIENCE, in_turn


def job(name, visitor, cost=1.0, arrived=0.0, **more):
    made = Job(request(name, lambda job: 1, cost, **more))
    made.visitors.add(visitor)
    made.arrived = arrived
    return made


def test_the_one_who_asks_for_much_does_not_keep_the_others_waiting():
    greedy = [job(f"a{n}", "a", arrived=n) for n in range(5)]
    late = job("b", "b", arrived=9.0)

    order = in_turn([*greedy, late], {}, 10.0)

    assert order.index(late) == 1
    assert [one for one in order if one is not late] == greedy


def test_short_comes_before_long():
    long, short = job("long", "a", 60.0), job("short", "b", 1.0, arrived=1.0)
    own_long, own_short = job("own long", "c", 50.0, arrived=2.0), job("own short", "c", 2.0, arrived=3.0)

    assert in_turn([long, short, own_long, own_short], {}, 5.0) == [short, own_short, long, own_long]


def test_who_was_just_served_comes_after_who_was_not():
    again, first = job("again", "a", 1.0), job("first", "b", 30.0, arrived=1.0)

    assert in_turn([again, first], {"a": 100.0}, 101.0) == [first, again]


def test_a_job_that_waited_long_is_first():
    old = job("old", "a", 500.0, arrived=0.0)
    new = [job(f"n{n}", f"v{n}", 1.0, arrived=PATIENCE + n) for n in range(3)]

    assert in_turn([old, *new], {"a": 50.0}, PATIENCE + 5)[0] is old


def test_what_several_wait_for_has_the_best_of_their_places():
    shared = job("shared", "a", 9.0)
    own = job("own", "a", 1.0)
    assert in_turn([shared, own, job("other", "c", 5.0)], {}, 1.0)[-1] is shared

    shared.visitors.add("b")
    assert in_turn([shared, own, job("other", "c", 10.0)], {}, 1.0)[1] is shared


def test_idle_work_is_last():
    assert in_turn([job("idle", "a", 0.0, idle=True), job("long", "b", 90.0)], {}, 1.0)[0].request.cost == 90.0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 100), st.floats(0, 200), st.booleans()), max_size=12))
def test_every_job_has_one_place(asked):
    jobs = [job(str(n), who, cost, arrived, idle=idle) for n, (who, cost, arrived, idle) in enumerate(asked)]

    order = in_turn(jobs, {"a": 3.0}, 200.0)

    assert sorted(map(id, order)) == sorted(map(id, jobs))


def test_the_queue_takes_turns(line):  # noqa: F811
    began = []
    blocker = line.ask(("x", "q"), request("blocker", endless))
    until(lambda: blocker.state is State.RUNNING)
    for who, what in (("a", 1), ("a", 2), ("a", 3), ("b", 4)):
        line.ask((who, what), request(f"{who}{what}", lambda job, name=f"{who}{what}": began.append(name)))

    line.give_up(("x", "q"))
    until(lambda: len(began) == 4)

    assert began[1] == "b4" or began[0] == "b4"
    assert [name for name in began if name != "b4"] == ["a1", "a2", "a3"]


def test_the_wait_adds_up_what_is_left_of_the_running_one_and_the_rest():
    from viz.backend import pace
    from viz.ui.job_widget import wait

    waiting = [job("one", "a", 2.0), job("two", "b", 3.0)]

    expected = sum(pace.here().estimate(one.request.kind, one.request.cost).middle for one in waiting)
    assert wait(waiting) == pytest.approx(expected)
    assert wait([]) == 0
