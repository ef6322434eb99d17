"""The tasks that measure trained networks by gradients."""

import pytest
import torch

from models.landscape.curvature import curvature
from models.results.codec import decode, encode
from models.signals.path_gradients import path_gradients
from models.specs.spec import NetworkSpec
from models.training.predict import Trained
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.work.trained import curvatures, gradients
from tests.models.landscape.conftest import RUNS, trained_runs  # noqa: F401  # a fixture
from tests.models.results.test_task import Told

DENSE = NetworkSpec(
    family="densenet", stages=(2, 2), stem="cifar", base_width=8, growth_rate=4, input_shape=(1, 8, 8), classes=10
)


def test_the_gradients_are_those_of_the_trained_networks(trained_runs):  # noqa: F811
    told = Told()

    found = gradients(told, runs=RUNS, stamps=(0, 0))

    assert [one.skips for one in found] == [2, 0]
    assert decode(encode(found)) == found
    for run, one in zip(RUNS, found):
        trained = Trained.load(run, trained_runs)
        test = trained.data.test
        assert one == path_gradients(trained.network, trained.ready(test.images[:64]), test.labels[:64])


def test_skips_by_concatenation_are_not_measured(trained_runs):  # noqa: F811
    run = RunSpec(network=DENSE, epochs=1, batch=256)
    list(kept(run, trained_runs))

    assert gradients(Told(), runs=(run,), stamps=(0,)) == (None,)


def test_the_curvature_is_measured_before_and_after_training(trained_runs):  # noqa: F811
    found = curvatures(Told(), runs=RUNS[:1], stamps=(0,))

    [one] = found
    assert decode(encode(found)) == found
    assert one.images == 256
    trained = Trained.load(RUNS[0], trained_runs)
    chosen = torch.randperm(len(trained.data.train), generator=torch.Generator().manual_seed(0))[:256]
    own = curvature(
        trained.network, trained.ready(trained.data.train.images[chosen]), trained.data.train.labels[chosen]
    )
    assert one.trained == pytest.approx(own, rel=1e-3)
    assert one.start != pytest.approx(own, rel=0.05)
