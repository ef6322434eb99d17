"""Time estimates: from the server's own pace, as a range, with a warning on a busy machine."""

import pytest

from models.specs.spec import NetworkSpec
from models.tracing.tracer import trace
from models.training.run_spec import RunSpec
from viz.backend import pace
from viz.backend.pace import Estimate, Pace
from viz.style import format

FREE = type("Free", (), {"others": lambda self: 0.0})
BUSY = type("Busy", (), {"others": lambda self: 0.9})


@pytest.fixture
def own():
    found = Pace()
    found._load = FREE()
    return found


def test_what_work_took_last_is_what_the_next_is_told_from(own):
    unknown = own.estimate("measurement", 10.0)
    own.learn("measurement", 5.0, 15.0)
    known = own.estimate("measurement", 10.0)

    assert unknown.low < 10 < unknown.high
    assert known.low < 30 < known.high
    assert known.high / known.low < unknown.high / unknown.low


def test_the_range_holds_all_that_was_measured_of_late(own):
    for seconds in (10.0, 20.0, 40.0):
        own.learn("measurement", 10.0, seconds)
    found = own.estimate("measurement", 1.0)

    assert found.low < 1
    assert found.high > 4
    for _ in range(5):
        own.learn("measurement", 10.0, 10.0)
    assert own.estimate("measurement", 1.0).high < 2


def test_another_kind_of_work_is_told_from_what_is_known_with_less_confidence(own):
    own.learn("measurement", 10.0, 30.0)

    known, other = own.estimate("measurement", 1.0), own.estimate("training on digits", 1.0)
    assert other.low < known.low < 3 < known.high < other.high


def test_very_short_work_says_nothing(own):
    own.learn("measurement", 0.001, 0.1)

    assert own.estimate("measurement", 1.0) == nothing_known(own)


def nothing_known(own):
    fresh = Pace()
    fresh._load = own._load
    return fresh.estimate("measurement", 1.0)


def test_a_busy_machine_is_called_one_and_the_range_says_so(own):
    calm = own.estimate("measurement", 10.0)
    own._load = BUSY()
    busy = own.estimate("measurement", 10.0)

    assert busy.busy
    assert (busy.low, busy.high > 2 * calm.high) == (calm.low, True)
    assert str(busy).endswith("; the machine is busy")


def test_the_load_is_what_other_programs_take(monkeypatch):
    load = pace._Load()
    monkeypatch.setattr(pace.psutil, "cpu_count", lambda: 2)
    load._before = (0.0, 100.0, 50.0)
    monkeypatch.setattr(load, "_now", lambda: (10.0, 118.0, 58.0))  # of 20 CPU seconds 18 were used, 8 by this process

    assert load.others() == pytest.approx(0.5)
    monkeypatch.setattr(load, "_now", lambda: (11.0, 130.0, 58.0))
    assert load.others() == pytest.approx(0.5)  # too soon to measure again


def test_a_load_of_long_ago_is_no_load_of_now(monkeypatch):
    load = pace._Load()
    monkeypatch.setattr(pace.psutil, "cpu_count", lambda: 2)
    monkeypatch.setattr(pace.os, "getloadavg", lambda: (1.8, 0.0, 0.0))
    load._before = (0.0, 0.0, 0.0)
    monkeypatch.setattr(load, "_now", lambda: (3_600.0, 10.0, 5.0))  # an hour with hardly any load

    assert load.others() == pytest.approx(0.9)


def test_no_work_teaches_an_impossible_pace(own):
    own.learn("measurement", 100.0, 1e-6)

    assert own.estimate("measurement", 100.0).high > 0.3


def test_a_trainings_cost_grows_with_its_steps():
    network = NetworkSpec(stages=(1,), stem="cifar", base_width=4, input_shape=(1, 8, 8), classes=10)
    short, long = (pace.training([(RunSpec(network=network, epochs=n), trace(network))]) for n in (2, 20))

    assert long == pytest.approx(10 * short)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.1, 1.2, "a moment"),
        (0.3, 2.0, "up to 2 s"),
        (2.4, 7.6, "2 to 8 s"),
        (3.2, 3.4, "about 3 s"),
        (8.0, 42.0, "10 to 40 s"),
        (1.0, 44.0, "up to 45 s"),
        (50.0, 190.0, "1 to 3 min"),
        (3000.0, 9000.0, "1 to 2 h"),
        (170_000.0, 180_000.0, "about 2 days"),
    ],
)
def test_ranges_are_told_as_people_say_them(low, high, words):
    assert format.between(low, high) == words
    assert str(Estimate(low, high)) == f"{words} here"
