"""One heavy job at a time, in order, stopped within a second, and no thread left behind."""

import threading
import time

import pytest

from models.results.codec import encode
from models.results.store import FolderStore, MemoryStore, Stores
from models.runtime.messages import UserError
from tests.viz.backend.calls import request
from tests.waiting import until
from viz.backend import job as job_module
from viz.backend.admission import RefusedError
from viz.backend.job import Job, State
from viz.backend.job_queue import JobQueue
from viz.backend.slots import Slots

NAME = "skipscope job"


def endless(job):
    """Work until stopped."""
    while True:
        job.tell(0.5)
        time.sleep(0.005)


def threads():
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def still(line):
    """Wait until nothing runs, and check that the semaphore is free."""
    until(lambda: not threads())
    assert line.queue._busy.acquire(blocking=False)
    line.queue._busy.release()


def slots_for(room=10_000, **more):
    store = MemoryStore(room)
    slots = Slots(JobQueue(store, **more))
    store.dropped = slots.forget
    return slots


@pytest.fixture
def line():
    line = slots_for()
    yield line
    for job in list(line._jobs.values()):
        job.cancel()
    still(line)


def test_a_job_ends_with_its_result(line):
    job = line.ask("visitor", request("a", lambda job: 42))

    assert job.wait(600)
    assert (job.state, job.result) == (State.DONE, 42)


def test_the_same_work_is_done_once(line):
    calls = []

    def work(job):
        calls.append(1)
        return 42

    first = line.ask("one", request("a", work))
    first.wait(600)
    still(line)

    again = line.ask("two", request("a", work))
    assert (again.state, again.result) == (State.DONE, 42)
    assert len(calls) == 1


def test_what_is_stored_or_under_way_costs_nothing_more(line):
    wanted, long = request("a", lambda job: "a"), request("b", endless)
    assert not line.queue.free(wanted)
    line.ask("one", wanted).wait(600)
    until(lambda: line.queue.free(wanted))
    assert not line.queue.free(long)
    line.ask("two", long)
    assert line.queue.free(long)
    line.give_up("two")
    until(lambda: not line.queue.free(long))


def test_only_one_job_runs_and_the_others_wait_in_turn(line):
    running = line.ask("one", request("a", endless))
    second = line.ask("two", request("b", lambda job: "b"))
    third = line.ask("three", request("c", lambda job: "c"))
    until(lambda: running.state is State.RUNNING)

    assert len(threads()) == 1
    assert [len(line.queue.before(job)) for job in (running, second, third)] == [0, 1, 2]
    running.cancel()
    assert third.wait(600)
    assert second.result == "b"


def test_cancel_is_seen_at_once_and_leaves_no_thread(line):
    job = line.ask("one", request("a", endless))
    until(lambda: job.state is State.RUNNING)

    job.cancel()

    assert job.state is State.CANCELLED  # before its thread has noticed
    until(lambda: not threads())
    still(line)


def test_a_visitor_who_asks_for_something_else_gives_up_the_old_job(line):
    old = line.ask("one", request("a", endless))
    new = line.ask("one", request("b", lambda job: "b"))

    assert new.wait(600)
    assert old.state is State.CANCELLED


def test_a_job_that_another_visitor_waits_for_goes_on(line):
    old = line.ask("one", request("a", endless))
    line.ask("two", request("a", endless))
    line.ask("one", request("b"))

    until(lambda: old.state is State.RUNNING)
    assert not old.over


def test_a_visitor_who_gives_up_takes_nothing_from_another(line):
    job = line.ask("one", request("a", endless))
    line.ask("two", request("a", endless))

    line.give_up("one")

    assert line.of("one").state is State.CANCELLED
    assert line.of("one").key == job.key  # so that its page says so, and does not ask again by itself
    assert line.of("two") is job
    assert not job.over
    line.give_up("two")
    assert job.state is State.CANCELLED


def test_twenty_changes_in_a_row_leave_one_job(line):
    for number in range(20):
        last = line.ask("one", request(number, endless))

    until(lambda: last.state is State.RUNNING)
    until(lambda: len(threads()) == 1)  # the previous one may still be ending
    assert len(line.queue._waiting) == 0


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UserError("batch must be {n}", n=2), "batch must be 2"),
        (MemoryError(), "ran out of memory"),
        (RuntimeError("CUDA out of memory. Tried"), "The device ran out of memory"),
        (KeyError("x"), r"The measurement failed \(KeyError\)"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else "",
)
def test_a_failure_is_told_in_words_and_the_queue_goes_on(line, error, words):
    def fail(job):
        raise error

    job = line.ask("one", request("a", fail))
    job.wait(600)

    assert job.state is State.FAILED
    assert pytest.importorskip("re").search(words, str(job.error))
    again = line.ask("one", request("a", lambda job: "fine"))
    assert again.wait(600)
    assert again.result == "fine"


def test_a_job_that_nobody_looks_at_gives_way(line, monkeypatch):
    monkeypatch.setattr(job_module, "FORGOTTEN", 0.05)
    job = line.ask("one", request("a", endless))

    assert job.wait(600)
    assert job.state is State.CANCELLED


def test_a_job_that_takes_too_long_says_so(line, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_MOST_JOB_SECONDS", "0.05")
    job = line.ask("one", request("a", endless))

    assert job.wait(600)
    assert "It took longer than" in str(job.error)


def test_the_queue_has_an_end(line, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_MOST_WAITING", "2")
    line.ask(0, request(0, endless))
    until(lambda: not line.queue._waiting)
    for number in (1, 2):
        line.ask(number, request(number, endless))

    with pytest.raises(RefusedError, match="2 jobs are already waiting"):
        line.ask(3, request(3, endless))


def test_who_has_nothing_under_way_takes_the_place_of_one_who_has_much(line, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_MOST_WAITING", "4")
    line.ask(0, request(0, endless), "first")
    until(lambda: not line.queue._waiting)
    much = [line.ask(("much", number), request(f"much {number}", endless), "much") for number in range(3)]
    little = line.ask("little", request("little", endless), "little")

    new = [line.ask(name, request(name, endless), name) for name in ("new", "newer")]

    assert [job.state for job in (*much, little, *new)] == [
        State.WAITING, State.FAILED, State.FAILED, State.WAITING, State.WAITING, State.WAITING,
    ]  # fmt: skip
    assert "made way for a visitor who had none" in str(much[2].error)
    with pytest.raises(RefusedError, match="4 jobs are already waiting"):
        line.ask("newest", request("newest", endless), "newest")  # each of the others has one


def test_who_has_something_under_way_takes_no_place_in_a_full_queue(line, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_MOST_WAITING", "2")
    line.ask(0, request(0, endless), "first")
    until(lambda: not line.queue._waiting)
    others = [line.ask(("much", number), request(f"much {number}", endless), "much") for number in range(2)]

    with pytest.raises(RefusedError, match="2 jobs are already waiting"):
        line.ask("again", request("again", endless), "first")

    assert all(job.state is State.WAITING for job in others)


def test_work_that_several_wait_for_makes_way_only_if_all_of_them_have_more(line, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_MOST_WAITING", "2")
    line.ask(0, request(0, endless), "first")
    until(lambda: not line.queue._waiting)
    shared = line.ask("a", request("shared", endless), "much")
    line.ask("b", request("shared", endless), "little")
    own = line.ask("c", request("own", endless), "much")

    line.ask("new", request("new", endless), "new")

    assert (shared.state, own.state) == (State.WAITING, State.FAILED)


def test_results_are_kept_up_to_a_size_the_newest():
    size = len(encode("0" * 8))
    line = slots_for(2 * size)
    keys = []
    for number in range(5):
        job = line.ask("one", request(number, lambda job, number=number: str(number) * 8))
        job.wait(600)
        still(line)
        keys.append(job.key)

    assert list(line.queue.results) == keys[3:]


def test_what_is_no_longer_kept_is_held_on_to_by_no_slot():
    line = slots_for(1)
    for slot in ("one", "two"):
        line.ask(slot, request(slot, lambda job: "x")).wait(600)
        still(line)

    assert line.of("one") is None
    assert line.of("two").result == "x"


def test_what_cant_be_written_as_a_record_is_answered_all_the_same(line, caplog):
    job = line.ask("one", request("odd", lambda job: object()))

    assert job.wait(600)
    still(line)
    assert job.state is State.DONE
    assert not len(line.queue.results)
    assert "can't be kept" in caplog.text


def test_a_job_cancelled_in_the_queue_keeps_nobody_waiting(line):
    line.ask("one", request("a", endless))
    waiting = line.ask("two", request("b"))

    waiting.cancel()

    assert waiting.wait(0)


def test_a_training_lets_short_work_in_between_its_steps(line):
    done = threading.Event()

    def long(job):
        while not done.wait(0.01):
            job.tell(0.5)
        return "trained"

    training = line.ask("lecturer", request("long", long, 100.0, preemptible=True))
    until(lambda: training.state is State.RUNNING)

    short = line.ask("student", request("short", lambda job: "measured"))

    assert short.wait(600)
    assert short.result == "measured"
    assert training.state is State.RUNNING
    done.set()
    assert training.wait(600)
    assert training.result == "trained"


def test_two_trainings_wait_for_each_other(line):
    first = line.ask("a", request("one", endless, 100.0, preemptible=True))
    until(lambda: first.state is State.RUNNING)
    second = line.ask("b", request("two", endless, 100.0, preemptible=True))
    short = line.ask("c", request("short", lambda job: 1))

    assert short.wait(600)
    assert (second.state, len(line.queue.before(second))) == (State.WAITING, 1)


def test_a_training_goes_on_when_nobody_looks_and_has_a_limit_of_its_own(line):
    pulses = []

    def counted(job):
        while True:
            job.tell(0.5)
            pulses.append(1)
            time.sleep(0.005)

    job = line.ask("a", request("long", counted, 100.0, longest=1020.0, abandon_after=1020.0, preemptible=True))
    until(lambda: job.state is State.RUNNING)

    job._seen -= 500
    looked = len(pulses)
    until(lambda: len(pulses) > looked + 1)  # it went on
    assert job.state is State.RUNNING
    job._started -= 2000
    assert job.wait(600)
    assert "longer than the limit of 17 minutes" in str(job.error)


def test_work_that_runs_in_between_is_found_by_its_key(line):
    going = threading.Event()
    training = line.ask("a", request("long", endless, 100.0, preemptible=True))
    until(lambda: training.state is State.RUNNING)

    def slow(job):
        going.wait(600)
        return 1

    first = line.ask("b", request("short", slow))
    until(lambda: first.state is State.RUNNING)
    again = line.ask("c", request("short", slow))
    going.set()

    assert again is first
    assert first.wait(600)
    assert not line.queue.under_way(first.key)
    assert line.queue.under_way(training.key)


def test_what_a_training_sets_for_its_thread_is_not_the_short_works(line):
    import torch

    def long(job):
        with torch.inference_mode():
            while True:
                job.tell(0.5)
                time.sleep(0.005)

    training = line.ask("a", request("long", long, 100.0, preemptible=True))
    until(lambda: training.state is State.RUNNING)

    short = line.ask("b", request("short", lambda job: torch.is_inference_mode_enabled()))

    assert short.wait(600)
    assert short.result is False


def test_a_training_is_done_again_when_it_is_asked_for_again(line):
    calls = []
    again = request("long", lambda job: calls.append(1), 100.0, preemptible=True)

    for _ in range(2):
        assert line.ask("a", again).wait(600)
        until(lambda: not threads())

    assert calls == [1, 1]


def idle(key, work=endless, **more):
    return request(key, work, idle=True, **more)


def test_idle_work_makes_way_at_once_and_nobody_waits_for_it(line):
    few = line.ask("page", idle("few steps"))
    until(lambda: few.state is State.RUNNING)

    asked = line.ask("visitor", request("a", lambda job: 42))

    assert line.queue.before(asked) == ()
    assert asked.wait(600)
    assert (asked.result, few.state) == (42, State.CANCELLED)


def test_idle_work_waits_until_nothing_else_does(line):
    order = []
    running = line.ask("one", request("a", endless))
    until(lambda: running.state is State.RUNNING)
    few = line.ask("page", idle("few steps", lambda job: order.append("few")))
    asked = line.ask("two", request("b", lambda job: order.append("b")))

    running.cancel()

    assert few.wait(600)
    assert asked.over
    assert order == ["b", "few"]


def test_idle_work_is_not_let_in_between_a_trainings_steps(line):
    training = line.ask("a", request("long", endless, 100.0, preemptible=True))
    until(lambda: training.state is State.RUNNING)
    few = line.ask("page", idle("few steps", lambda job: None))

    assert line.ask("b", request("short", lambda job: 1)).wait(600)  # this one is
    assert few.state is State.WAITING
    training.cancel()
    assert few.wait(600)


def test_idle_work_never_fills_the_queue_and_is_forgotten_with_its_page(line, monkeypatch):
    training = line.ask("a", request("long", endless, 100.0, preemptible=True))
    until(lambda: training.state is State.RUNNING)
    left = [line.ask(f"page {place}", idle(f"few {place}")) for place in range(45)]

    assert line.ask("visitor", request("asked", lambda job: 42)).wait(600)
    for job in left:
        job._seen -= 100
    line.ask("visitor", request("another", lambda job: 43)).wait(600)
    assert not [job for job in line.queue._waiting if job.request.idle]
    training.cancel()


def test_work_that_ended_early_says_nothing_about_the_pace():
    told = []
    line = slots_for(ended=lambda job: told.append(job.done))

    line.ask("x", request("refused", lambda job: "it diverged", 100.0)).wait(600)

    until(lambda: told)
    assert told == [0.0]
    still(line)


def test_idle_work_is_dropped_when_nobody_looks(line, monkeypatch):
    monkeypatch.setattr(job_module, "LEFT", 0.1)
    few = line.ask("page", idle("few steps"))

    until(lambda: few.state is State.CANCELLED)


def test_what_a_job_took_is_told_to_the_pace():
    told = []
    line = slots_for(ended=lambda job: told.append((job.request.kind, job.request.cost, job.done)))

    line.ask("x", request("a", lambda job: job.tell(1.0), 7.0, kind="some")).wait(600)

    until(lambda: told)
    assert told == [("some", 7.0, 1.0)]
    still(line)


@pytest.fixture
def clock(monkeypatch):
    """The time, in seconds, as a job sees it."""
    now = [100.0]
    monkeypatch.setattr(job_module.time, "monotonic", lambda: now[0])
    return now


def pulsed(clock, *fractions, **more):
    """Return a job that has reported these fractions, one per second."""
    job = Job(request("a", lambda job: None, 1.0, **more))
    job.state, job._started = State.RUNNING, clock[0]
    for fraction in fractions:
        clock[0] += 1
        job._seen = clock[0]
        job.tell(fraction)
    return job


def test_the_rest_is_told_at_the_pace_of_late(clock):
    job = pulsed(clock, *(0.005 * second for second in range(1, 61)), *(0.3 + 0.0005 * s for s in range(1, 61)))

    assert job.left == pytest.approx((1 - job.fraction) / 0.0005, rel=0.01)


def test_before_there_is_a_pace_the_rest_is_not_told(clock):
    assert pulsed(clock, 0.001, 0.002).left is None
    assert pulsed(clock, 0.1, 0.2).left == pytest.approx(8)


def test_a_training_that_goes_on_tells_its_time_left_from_its_own_pace(clock):
    assert pulsed(clock, 0.0, 0.9, 0.91, 0.92, 0.93, preemptible=True).left == pytest.approx(7)


def test_a_public_server_takes_three_jobs_at_once_from_each_visitor(line, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_MOST_WAITING_EACH", "3")
    slots = [line.ask(("tab", number), request(f"own {number}", endless), "one") for number in range(3)]

    with pytest.raises(RefusedError, match="already have 3 jobs under way"):
        line.ask(("tab", 3), request("own 3", endless), "one")
    line.ask(("tab", 2), request("own 3", endless), "one")  # instead of another
    line.ask(("other tab", 0), request("another's", endless), "other")

    assert slots[2].over
    assert not slots[1].over


def test_who_watches_a_job_does_not_keep_it_alive_and_can_not_end_it(line):
    job = line.ask(("a", "race"), request("race", endless), "a")

    assert line.watch(("b", "race"), job.key, "b") is job
    line.ask(("b", "race"), request("something else", endless), "b")  # b leaves
    assert not job.over
    line.watch(("b", "race"), job.key, "b")
    line.give_up(("a", "race"))

    assert job.over
    assert line.watch(("b", "race"), "what nobody asked for", "b") is None


def test_a_job_that_two_have_asked_for_goes_on_when_one_stops_it(line):
    job = line.ask(("a", "race"), request("race", endless), "a")
    assert line.ask(("b", "race"), request("race", endless), "b") is job

    line.give_up(("a", "race"))

    assert line.of(("a", "race")).state is State.CANCELLED
    assert not job.over
    line.give_up(("b", "race"))
    assert job.over


def test_where_all_are_one_anybody_stops_a_job(line):
    job = line.ask(("a", "race"), request("race", endless), "a")
    line.ask(("b", "race"), request("race", endless), "b")

    line.stop(("b", "race"))

    assert job.over


def test_a_store_that_makes_room_while_somebody_asks_stops_nobody(tmp_path):
    """A result found in the folder is copied to the memory, which drops another, which is then told to the slots."""
    memory = MemoryStore(1)
    folder = FolderStore(tmp_path, 10**6)
    slots = Slots(JobQueue(Stores([memory, folder])))
    memory.dropped = slots.forget
    for name in ("a", "b"):
        folder.put(request(name, lambda job: name).key, (name,), 10)

    found = []
    thread = threading.Thread(
        target=lambda: found.extend(slots.ask(name, request(name)).result for name in "abab"), daemon=True
    )
    thread.start()
    thread.join(60)

    assert found == [("a",), ("b",), ("a",), ("b",)]


def test_many_visitors_take_no_slot_from_one_whose_work_goes_on(line, monkeypatch):
    monkeypatch.setattr("viz.backend.slots._MOST", 5)
    job = line.ask("works", request("long", endless, 1e4, preemptible=True))
    for visitor in range(10):
        assert line.ask(f"visitor {visitor}", request(f"short {visitor}", lambda job: (1.0,))).wait(600)

    assert line.of("works") is job
    assert len(line._jobs) == 5
    assert line.of("visitor 9") is not None


def test_a_race_that_was_replaced_in_all_of_a_visitors_tabs_ends(line):
    job = line.ask(("tab 1", "race"), request("race", endless), "one")
    line.ask(("tab 2", "race"), request("race", endless), "one")

    line.ask(("tab 1", "race"), request("another", endless), "one")
    assert not job.over
    line.ask(("tab 2", "race"), request("another", endless), "one")
    assert job.over


def test_what_two_asked_for_ends_when_both_have_left(line):
    job = line.ask(("tab 1", "race"), request("race", endless))
    line.ask(("tab 2", "race"), request("race", endless))

    line.ask(("tab 1", "race"), request("another", endless))
    assert not job.over
    line.ask(("tab 2", "race"), request("another", endless))
    assert job.over


def test_waiting_work_of_a_closed_tab_is_dropped(line, monkeypatch):
    line.ask("works", request("long", endless))
    left = line.ask("closed", request("left", lambda job: (1.0,)))
    monkeypatch.setenv("SKIPSCOPE_MOST_WAITING", "1")
    left._seen -= 1_000

    line.ask("new", request("new", lambda job: (1.0,)))

    assert left.state is State.CANCELLED


def test_trainings_that_wait_take_no_place_from_measurements(line, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_MOST_WAITING", "1")
    line.ask("works", request("long", endless))
    line.ask("trains", request("training", endless, preemptible=True))

    assert line.ask("measures", request("short", lambda job: (1.0,))).state is State.WAITING
    with pytest.raises(RefusedError):
        line.ask("trains too", request("another training", endless, preemptible=True))


def test_a_failure_in_what_follows_a_job_stops_nothing(caplog):
    def ended(job):
        raise OSError

    line = slots_for(ended=ended)
    first, second = (line.ask(name, request(name, lambda job: (1.0,))) for name in ("one", "two"))

    assert first.wait(600)
    assert second.wait(600)
    until(lambda: caplog.text.count("what follows a job failed") == 2)


def test_what_was_measured_with_a_picture_is_dropped_when_it_is_not_used(line):
    own = line.ask("a", request("picture", lambda job: (1.0,), stored=False))
    other = line.ask("b", request("noise", lambda job: (1.0,)))
    assert own.wait(600)
    assert other.wait(600)
    line.tidy()
    assert line.of("a") is own
    own._seen -= 1_000
    other._seen -= 1_000

    line.tidy()

    assert line.of("a") is None
    assert line.of("b") is other


def test_a_picture_is_not_held_by_the_work_that_it_was_for(line):
    own = line.ask("a", request("picture", lambda job: (1.0,), stored=False))
    asked = own.request.task.function
    assert own.wait(600)

    assert (own.request.task.function, own.request.task.arguments) == (asked, ())
    assert line.ask("a", request("picture", stored=False)).key == own.key
