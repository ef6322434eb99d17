"""One heavy job at a time, in its turn, stopped within a second, and no thread left."""

import threading
import time

import pytest

from viz import jobs
from viz.jobs import FullError, Line, State, Task

NAME = "skipscope job"


def task(key, work=lambda job: None, weight=1):
    return Task((key,), work, 1.0, lambda _: weight)


def endless(job):
    """Work that goes on until it is stopped."""
    while True:
        job.pulse(0.5)
        time.sleep(0.005)


def until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def threads():
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def still(line):
    """Nothing runs and the semaphore is free."""
    until(lambda: not threads())
    assert line._busy.acquire(blocking=False)
    line._busy.release()


@pytest.fixture
def line():
    line = Line(room=10)
    yield line
    for job in list(line._slots.values()):
        job.cancel()
    still(line)


def test_a_job_ends_with_its_result(line):
    job = line.submit(task("a", lambda job: 42), slot="visitor")

    assert job.wait(60)
    assert (job.state, job.result) == (State.DONE, 42)


def test_the_same_work_is_done_once(line):
    calls = []
    first = line.submit(task("a", calls.append), slot="one")
    first.wait(60)
    until(lambda: line._kept)

    assert line.submit(task("a", calls.append), slot="two") is first
    assert len(calls) == 1


def test_only_one_job_runs_and_the_others_wait_in_turn(line):
    running = line.submit(task("a", endless), slot="one")
    second = line.submit(task("b", lambda job: "b"), slot="two")
    third = line.submit(task("c", lambda job: "c"), slot="three")
    until(lambda: running.state is State.RUNNING)

    assert len(threads()) == 1
    assert [line.ahead(job) for job in (running, second, third)] == [0, 1, 2]
    running.cancel()
    assert third.wait(60)
    assert second.result == "b"


def test_cancel_is_seen_at_once_and_leaves_no_thread(line):
    job = line.submit(task("a", endless), slot="one")
    until(lambda: job.state is State.RUNNING)

    job.cancel()

    assert job.state is State.CANCELLED  # before its thread has noticed
    until(lambda: not threads())
    still(line)


def test_a_visitor_who_asks_for_something_else_gives_up_the_old_job(line):
    old = line.submit(task("a", endless), slot="one")
    new = line.submit(task("b", lambda job: "b"), slot="one")

    assert new.wait(60)
    assert old.state is State.CANCELLED


def test_a_job_that_another_visitor_waits_for_goes_on(line):
    old = line.submit(task("a", endless), slot="one")
    line.submit(task("a", endless), slot="two")
    line.submit(task("b"), slot="one")

    until(lambda: old.state is State.RUNNING)
    assert not old.over


def test_a_visitor_who_gives_up_takes_nothing_from_another(line):
    job = line.submit(task("a", endless), slot="one")
    line.submit(task("a", endless), slot="two")

    line.give_up("one")

    assert line.of("one").state is State.CANCELLED
    assert line.of("two") is job
    assert not job.over
    line.give_up("two")
    assert job.state is State.CANCELLED


def test_twenty_changes_in_a_row_leave_one_job(line):
    for number in range(20):
        last = line.submit(task(number, endless), slot="one")

    until(lambda: last.state is State.RUNNING)
    until(lambda: len(threads()) == 1)  # the one before may still be on its way out
    assert len(line._waiting) == 0


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("batch: must be 2"), "batch: must be 2"),
        (MemoryError(), "ran out of memory"),
        (RuntimeError("CUDA out of memory. Tried"), "The device ran out of memory"),
        (KeyError("x"), r"The measurement failed \(KeyError\)"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else "",
)
def test_a_failure_is_told_in_words_and_the_queue_goes_on(line, error, words):
    def fail(job):
        raise error

    job = line.submit(task("a", fail), slot="one")
    job.wait(60)

    assert job.state is State.FAILED
    assert pytest.importorskip("re").search(words, job.error)
    again = line.submit(task("a", lambda job: "fine"), slot="one")
    assert again.wait(60)
    assert again.result == "fine"


def test_a_job_that_nobody_looks_at_gives_way(line, monkeypatch):
    monkeypatch.setattr(jobs, "FORGOTTEN", 0.05)
    job = line.submit(task("a", endless), slot="one")

    assert job.wait(60)
    assert job.state is State.CANCELLED


def test_a_job_that_takes_too_long_says_so(line, monkeypatch):
    monkeypatch.setattr(jobs, "LONGEST", 0.05)
    job = line.submit(task("a", endless), slot="one")

    assert job.wait(60)
    assert "It took longer than" in job.error


def test_the_queue_has_an_end(line, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_WAITING", 2)
    line.submit(task(0, endless), slot=0)
    until(lambda: not line._waiting)
    for number in (1, 2):
        line.submit(task(number, endless), slot=number)

    with pytest.raises(FullError, match="2 measurements are waiting already"):
        line.submit(task(3, endless), slot=3)


def test_results_are_kept_up_to_a_weight_the_newest(line):
    for number in range(5):
        line.submit(task(number, lambda job: "x", weight=4), slot="one").wait(60)
        still(line)

    assert [key for (key,) in line._kept] == [3, 4]


def test_what_is_no_longer_kept_is_held_on_to_by_nobody(line):
    first = line.submit(task("a", lambda job: "x", weight=8), slot="one")
    first.wait(60)
    still(line)
    line.submit(task("b", lambda job: "y", weight=8), slot="two").wait(60)
    still(line)

    assert line.of("one") is None
    assert line.of("two").result == "y"


def test_a_job_cancelled_in_the_queue_keeps_nobody_waiting(line):
    line.submit(task("a", endless), slot="one")
    waiting = line.submit(task("b"), slot="two")

    waiting.cancel()

    assert waiting.wait(0)


def test_a_training_lets_short_work_in_between_its_steps(line):
    done = threading.Event()

    def long(job):
        while not done.wait(0.01):
            job.pulse(0.5)
        return "trained"

    training = line.submit(Task(("long",), long, 100.0, lambda _: 1, gives_way=True), slot="lecturer")
    until(lambda: training.state is State.RUNNING)

    short = line.submit(task("short", lambda job: "measured"), slot="student")

    assert short.wait(60)
    assert short.result == "measured"
    assert training.state is State.RUNNING
    done.set()
    assert training.wait(60)
    assert training.result == "trained"


def test_two_trainings_wait_for_each_other(line):
    first = line.submit(Task(("one",), endless, 100.0, lambda _: 1, gives_way=True), slot="a")
    until(lambda: first.state is State.RUNNING)
    second = line.submit(Task(("two",), endless, 100.0, lambda _: 1, gives_way=True), slot="b")
    short = line.submit(task("short", lambda job: 1), slot="c")

    assert short.wait(60)
    assert (second.state, line.ahead(second)) == (State.WAITING, 1)


def test_a_training_goes_on_when_nobody_looks_and_has_a_limit_of_its_own(line):
    pulses = []

    def counted(job):
        while True:
            job.pulse(0.5)
            pulses.append(1)
            time.sleep(0.005)

    job = line.submit(
        Task(("long",), counted, 100.0, lambda _: 1, longest=1000.0, patience=1000.0, gives_way=True), slot="a"
    )
    until(lambda: job.state is State.RUNNING)

    job._seen -= 500
    looked = len(pulses)
    until(lambda: len(pulses) > looked + 1)  # it went on
    assert job.state is State.RUNNING
    job._started -= 2000
    assert job.wait(60)
    assert "longer than 17 minutes" in job.error


def test_work_that_runs_in_between_is_found_by_its_key(line):
    going = threading.Event()
    training = line.submit(Task(("long",), endless, 100.0, lambda _: 1, gives_way=True), slot="a")
    until(lambda: training.state is State.RUNNING)

    def slow(job):
        going.wait(60)
        return 1

    first = line.submit(task("short", slow), slot="b")
    until(lambda: first.state is State.RUNNING)
    again = line.submit(task("short", slow), slot="c")
    going.set()

    assert again is first
    assert first.wait(60)
    assert not line.under_way(("short",))
    assert line.under_way(("long",))


def test_what_a_training_sets_for_its_thread_is_not_the_short_works(line):
    import torch

    def long(job):
        with torch.inference_mode():
            while True:
                job.pulse(0.5)
                time.sleep(0.005)

    training = line.submit(Task(("long",), long, 100.0, lambda _: 1, gives_way=True), slot="a")
    until(lambda: training.state is State.RUNNING)

    short = line.submit(task("short", lambda job: torch.is_inference_mode_enabled()), slot="b")

    assert short.wait(60)
    assert short.result is False


def test_a_training_is_done_again_when_it_is_asked_for_again(line):
    calls = []
    again = Task(("long",), lambda job: calls.append(1), 100.0, lambda _: 1, gives_way=True)

    for _ in range(2):
        assert line.submit(again, slot="a").wait(60)
        until(lambda: not threads())

    assert calls == [1, 1]


def idle(key, work=endless, **more):
    return Task((key,), work, 1.0, lambda _: 1, idle=True, **more)


def test_idle_work_makes_way_at_once_and_nobody_waits_for_it(line):
    few = line.submit(idle("few steps"), slot="page")
    until(lambda: few.state is State.RUNNING)

    asked = line.submit(task("a", lambda job: 42), slot="visitor")

    assert line.ahead(asked) == 0
    assert asked.wait(60)
    assert (asked.result, few.state) == (42, State.CANCELLED)


def test_idle_work_waits_until_nothing_else_does(line):
    order = []
    running = line.submit(task("a", endless), slot="one")
    until(lambda: running.state is State.RUNNING)
    few = line.submit(idle("few steps", lambda job: order.append("few")), slot="page")
    asked = line.submit(task("b", lambda job: order.append("b")), slot="two")

    running.cancel()

    assert few.wait(60)
    assert asked.over
    assert order == ["b", "few"]


def test_idle_work_is_not_let_in_between_a_trainings_steps(line):
    training = line.submit(Task(("long",), endless, 100.0, lambda _: 1, gives_way=True), slot="a")
    until(lambda: training.state is State.RUNNING)
    few = line.submit(idle("few steps", lambda job: None), slot="page")

    assert line.submit(task("short", lambda job: 1), slot="b").wait(60)  # this one is
    assert few.state is State.WAITING
    training.cancel()
    assert few.wait(60)


def test_idle_work_never_fills_the_queue_and_is_forgotten_with_its_page(line, monkeypatch):
    training = line.submit(Task(("long",), endless, 100.0, lambda _: 1, gives_way=True), slot="a")
    until(lambda: training.state is State.RUNNING)
    left = [line.submit(idle(f"few {place}"), slot=f"page {place}") for place in range(jobs.MOST_WAITING + 5)]

    assert line.submit(task("asked", lambda job: 42), slot="visitor").wait(60)
    for job in left:
        job._seen -= 100
    line.submit(task("another", lambda job: 43), slot="visitor").wait(60)
    assert not [job for job in line._waiting if job.idle]
    training.cancel()


def test_work_that_ended_early_says_nothing_about_the_pace():
    told = []
    line = Line(room=10, ended=lambda job: told.append(job.done))

    line.submit(Task(("refused",), lambda job: "it diverged", 100.0, lambda _: 1), slot="x").wait(60)

    until(lambda: told)
    assert told == [0.0]
    still(line)


def test_idle_work_is_dropped_when_nobody_looks(line, monkeypatch):
    monkeypatch.setattr(jobs, "LEFT", 0.1)
    few = line.submit(idle("few steps"), slot="page")

    until(lambda: few.state is State.CANCELLED)


def test_what_a_job_took_is_told_to_the_pace():
    told = []
    line = Line(room=10, ended=lambda job: told.append((job.kind, job.cost, job.done)))

    line.submit(Task(("a",), lambda job: job.pulse(1.0), 7.0, lambda _: 1, kind="some"), slot="x").wait(60)

    until(lambda: told)
    assert told == [("some", 7.0, 1.0)]
    still(line)


@pytest.fixture
def clock(monkeypatch):
    """The time, in seconds, as a job sees it."""
    now = [100.0]
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])
    return now


def pulsed(clock, *fractions, **more):
    """A job that tells how far it is once a second."""
    job = jobs.Job(Task(("a",), lambda job: None, 1.0, lambda _: 1, **more))
    job.state, job._started = State.RUNNING, clock[0]
    for fraction in fractions:
        clock[0] += 1
        job._seen = clock[0]
        job.pulse(fraction)
    return job


def test_the_rest_is_told_at_the_pace_of_late(clock):
    job = pulsed(clock, *(0.005 * second for second in range(1, 61)), *(0.3 + 0.0005 * s for s in range(1, 61)))

    assert job.left == pytest.approx((1 - job.fraction) / 0.0005, rel=0.01)


def test_before_there_is_a_pace_the_rest_is_not_told(clock):
    assert pulsed(clock, 0.001, 0.002).left is None
    assert pulsed(clock, 0.1, 0.2).left == pytest.approx(8)


def test_a_training_that_goes_on_tells_its_time_left_from_its_own_pace(clock):
    assert pulsed(clock, 0.0, 0.9, 0.91, 0.92, 0.93, gives_way=True).left == pytest.approx(7)
