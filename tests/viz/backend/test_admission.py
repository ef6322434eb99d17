"""What a server takes on: within its limits, said with what would fit."""

import pytest

from models.results.task import task
from models.runtime.settings import Source
from models.signals.measure_spec import MeasureSpec
from models.specs.external import ExternalSpec
from models.specs.spec import NetworkSpec
from models.training.run_spec import RunSpec
from viz.backend import admission, examination_jobs, pace, signal_jobs, training_jobs
from viz.backend.admission import RefusedError, check, refusal, upload
from viz.backend.job import Request
from viz.state.signals import Experiment


@pytest.fixture
def public(monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_PUBLIC", "1")
    monkeypatch.setattr(admission, "_uploads", type(admission._uploads)())


def measurement(spec, **changes):
    return signal_jobs.pair(spec, Experiment(measure=MeasureSpec(**changes)), None)


DEEP = NetworkSpec(
    stages=(40, 40, 40), stem="cifar", base_width=16, shortcut="pad", input_shape=(3, 32, 32), classes=10
)


def test_on_ones_own_machine_everything_is_taken(monkeypatch):
    monkeypatch.delenv("SKIPSCOPE_PUBLIC", raising=False)

    assert refusal(measurement(DEEP, batch=512)) is None
    assert upload("anybody", b"a picture") is None


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: measurement(DEEP), "networks of at most 210 layers; this one has 242."),
        (lambda: measurement(NetworkSpec(), batch=300), "batches of at most 256 images; this one has 300."),
        (lambda: measurement(NetworkSpec(input_shape=(3, 224, 321))), "at most 320 pixels a side; these have 321."),
        (
            lambda: measurement(ExternalSpec(network="torchvision:resnet18", input_shape=(3, 400, 64))),
            "at most 320 pixels a side; these have 400.",
        ),
        (lambda: signal_jobs.curves((NetworkSpec(), DEEP), Experiment()), "this one has 242."),
        (
            lambda: signal_jobs.sweep(NetworkSpec(), Experiment(deepest=1_202), None),
            "at most 210 layers; this one has 1,202.",
        ),
        (lambda: training_jobs.race([RunSpec(batch=300)]), "batches of at most 256 images; this one has 300."),
        (lambda: examination_jobs.lesions([(RunSpec(batch=300), 1)]), "this one has 300."),
    ],
)
def test_what_is_beyond_a_limit_is_refused_with_what_would_fit(public, asked, words):
    assert words in str(refusal(asked()))
    with pytest.raises(RefusedError):
        check(asked())


@pytest.mark.parametrize("asked", [lambda: measurement(NetworkSpec()), lambda: training_jobs.race([RunSpec()])])
def test_what_is_within_the_limits_is_taken(public, asked):
    assert refusal(asked()) is None


def paced(monkeypatch, seconds):
    """A server on which everything is estimated at so many seconds."""
    own = pace.Pace()
    own.learn("measurement", 100.0, 100.0)
    monkeypatch.setattr(own, "estimate", lambda kind, cost: pace.Estimate(seconds, seconds))
    monkeypatch.setattr(pace, "here", lambda: own)


def test_a_measurement_that_takes_too_long_says_which_batch_would_fit(public, monkeypatch):
    paced(monkeypatch, 480.0)

    said = str(refusal(measurement(NetworkSpec(), batch=128)))

    assert said.startswith("A measurement may take 2 min on this server; this one would take at least about 8 min.")
    assert said.endswith("A batch of 32 would fit.")


def test_a_measurement_that_no_batch_makes_short_says_what_else_would(public, monkeypatch):
    paced(monkeypatch, 480.0)

    assert str(refusal(measurement(NetworkSpec(), batch=4))).endswith(
        "Fewer seeds, a smaller network or smaller images would fit."
    )


def test_no_estimate_refuses_before_anything_was_measured_here(public, monkeypatch):
    own = pace.Pace()
    monkeypatch.setattr(own, "estimate", lambda kind, cost: pace.Estimate(1e6, 1e6))
    monkeypatch.setattr(pace, "here", lambda: own)

    assert refusal(measurement(NetworkSpec())) is None


def test_a_training_is_not_refused_for_its_time_it_pauses(public, monkeypatch):
    paced(monkeypatch, 1e6)

    assert refusal(training_jobs.race([RunSpec()])) is None
    assert training_jobs.race([RunSpec()]).longest == 900


def test_arguments_that_are_no_specs_are_no_matter(public):
    assert refusal(Request(task("work.signals:pair", path="conv1", picture=b"x", source=Source.NOISE), 1.0)) is None


def test_ten_images_a_minute_are_taken_from_each(public, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(admission.time, "monotonic", lambda: now[0])

    for number in range(10):
        assert upload("one", b"%d" % number) is None
    assert str(upload("one", b"another")).startswith("At most 10 images per minute")
    assert upload("one", b"3") is None  # the page runs again with the same file
    assert upload("other", b"another") is None
    now[0] += 61
    assert upload("one", b"another") is None


def test_the_visitors_that_are_remembered_are_bounded(public, monkeypatch):
    monkeypatch.setattr(admission, "_MOST_VISITORS", 3)

    for visitor in range(10):
        upload(visitor, b"x")

    assert len(admission._uploads) == 3
