"""The spec of a training: validation, JSON, learning rate at every step."""

import json
from dataclasses import replace
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.errors import SpecError
from models.runtime.settings import Augment, Schedule
from models.specs.spec import NetworkSpec
from models.training.data_registry import DATA
from models.training.run_spec import RunSpec
from tests.conftest import specs


@given(specs(), st.sampled_from(list(DATA)), st.sampled_from(Schedule), st.floats(1e-6, 10), st.integers(1, 40))
def test_any_run_comes_back_from_json_as_it_was(network, data, schedule, rate, epochs):
    run = RunSpec(
        network=replace(network, classes=DATA[data].classes),
        data=data,
        schedule=schedule,
        learning_rate=rate,
        epochs=epochs,
    )

    assert RunSpec.from_json(json.loads(json.dumps(run.to_json()))) == run


def test_equal_trainings_share_a_digest_and_others_do_not():
    run = RunSpec()

    assert replace(run).digest == run.digest
    assert RunSpec(network=replace(run.network, growth_rate=7)).digest == run.digest  # unused in a residual network
    for change in ({"seed": 1}, {"learning_rate": 0.021}, {"augment": Augment.CROP}):
        assert replace(run, **change).digest != run.digest


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("epochs", 0, "epochs: must be a whole number from 1 to 1,000, got 0"),
        ("batch", 1.5, "batch: must be a whole number from 2 to 4,096"),
        ("learning_rate", float("nan"), "learning_rate: must be a number from 1e-06 to 10"),
        ("data", "imagenet", "data: must be digits, fashion-mnist"),
        ("network", NetworkSpec(), "classes: must be 10, the number of classes in Digits, got 1000"),
        ("warmup", 20, "warmup: must be less than 20, the number of epochs"),
        ("batch", 2_000, "batch: must be at most 1,437, the number of training images"),
    ],
)
def test_what_can_not_be_is_refused_with_field_expectation_and_value(field, value, message):
    with pytest.raises(SpecError, match=message):
        replace(RunSpec(), **{field: value})


def test_schedules_go_where_they_say():
    def rates(**changes):
        run = RunSpec(epochs=8, learning_rate=0.1, **changes)
        return [run.rate(step) for step in range(run.all_steps)]

    assert set(rates(schedule="constant")) == {0.1}
    step = rates(schedule="step")
    assert [step[0], step[len(step) // 2], step[-1]] == pytest.approx([0.1, 0.01, 0.001])
    cosine = rates(schedule="cosine")
    assert cosine == sorted(cosine, reverse=True)
    assert isclose(cosine[len(cosine) // 2], 0.05)
    cycle = rates(schedule="one-cycle")
    assert max(cycle) == pytest.approx(0.1, rel=0.02)
    assert cycle[0] == pytest.approx(0.01)
    warm = rates(schedule="constant", warmup=2)
    assert warm[0] == pytest.approx(0.1 / 44)
    assert warm[43:] == [0.1] * (8 * 22 - 43)


def test_steps_end_a_run_in_the_midst_of_an_epoch():
    run = RunSpec(epochs=20, steps=50)

    assert (run.steps_per_epoch, run.all_steps, run.all_epochs) == (22, 50, 3)
