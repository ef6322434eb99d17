"""Timings are medians of repeated runs; invalid settings are rejected."""

from dataclasses import replace

import pytest
import torch

from models.runtime.errors import SpecError
from models.signals import timing as timing_module
from models.signals.timing import LEAST, MOST, repeated, timing
from models.specs.spec import NetworkSpec
from models.tracing import budget
from models.tracing.budget import TooLargeError

SMALL = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, input_shape=(3, 16, 16), classes=5)
CPU = torch.device("cpu")


def test_a_network_is_timed_on_the_cpu():
    told = []
    found = timing(SMALL, batch=3, device="cpu", progress=told.append)

    assert LEAST <= found.latency.runs <= MOST
    for spread in (found.latency, found.forward, found.training):
        assert 0 < spread.low <= spread.middle <= spread.high
    assert found.throughput == 3 / found.forward.middle
    assert found.training_throughput == 3 / found.training.middle
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] <= 1


def test_the_median_is_that_of_the_runs_and_warm_up_does_not_count(monkeypatch):
    now, waits = [0.0], iter([0.31] + [0.01, 0.02, 0.03] * 200)  # the first run is slow
    monkeypatch.setattr(timing_module.time, "perf_counter", lambda: now[0])

    def work():
        now[0] += next(waits)

    found = repeated(work, CPU, lambda done: None)

    assert found.middle == pytest.approx(0.02)
    assert found.high == pytest.approx(0.03)


@pytest.mark.parametrize(
    "spec",
    [
        replace(SMALL, input_shape=(3, 8, 8), stem="imagenet"),  # ends at one pixel: batch norm needs two values
        NetworkSpec(
            family="densenet",
            stages=(1, 1),
            stem="cifar",
            base_width=4,
            growth_rate=2,
            input_shape=(3, 16, 16),
            classes=3,
        ),
        replace(SMALL, norm="none"),
    ],
)
def test_the_smallest_batch_is_timed(spec):
    assert timing(spec, batch=2, device="cpu").training.middle > 0


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"batch": 1}, "batch: must be a whole number"),
        ({"device": "tpu"}, "device: must be"),
        ({"device": "cpu", "precision": "tf32"}, "precision: must be"),
    ],
)
def test_a_bad_setting_is_refused_by_name(setting, words):
    with pytest.raises(SpecError, match=words):
        timing(SMALL, **setting)


def test_what_does_not_fit_is_refused_before_it_is_built(monkeypatch):
    monkeypatch.setattr(budget, "free", lambda _: 10**4)
    monkeypatch.setattr("models.signals.timing.build", lambda *_, **__: pytest.fail("it was built"))

    with pytest.raises(TooLargeError, match="This needs about"):
        timing(SMALL, batch=64, device="cpu")
