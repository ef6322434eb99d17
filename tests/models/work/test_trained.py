"""The tasks that measure trained networks by gradients."""

import pytest
import torch

from models.landscape.curvature import curvature
from models.results.codec import decode, encode
from models.runtime.device import exactly
from models.signals.path_gradients import path_gradients
from models.specs.external import ExternalSpec
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
        with exactly(trained.device, "float32"):
            own = path_gradients(trained.network, trained.ready(test.images[:64]), test.labels[:64])
        assert one.norms == own.norms


def measured(network, store):
    run = RunSpec(network=network, epochs=1, batch=256)
    list(kept(run, store))
    return gradients(Told(), runs=(run,), stamps=(0,))[0]


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(DENSE, id="concatenations"),
        pytest.param(RUNS[0].network.changed(gate="shortcut"), id="gates"),
        pytest.param(
            ExternalSpec(network="torchvision:resnet18", input_shape=(3, 32, 32), classes=10, skip_scale=0.5),
            id="a library's, weaker",
        ),
    ],
)
def test_skips_that_can_not_be_chosen_are_not_measured(trained_runs, network):  # noqa: F811
    assert measured(network, trained_runs) is None


@pytest.mark.parametrize(("scale", "skips"), [(1.0, 8), (0.0, 0)])
def test_a_librarys_network_has_its_skips_and_its_twin_none(trained_runs, scale, skips):  # noqa: F811
    found = measured(
        ExternalSpec(network="torchvision:resnet18", input_shape=(3, 32, 32), classes=10, skip_scale=scale),
        trained_runs,
    )

    assert found.skips == skips
    assert found.paths.total == 2**skips


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
