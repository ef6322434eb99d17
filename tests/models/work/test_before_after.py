"""The tasks that measure networks before and after their training."""

from dataclasses import replace

import pytest
import torch

from models.results.codec import decode, encode
from models.signals.agreement import along_ways, between_batches, holding_statistics, points_between
from models.signals.unit_use import unit_use
from models.specs.external import ExternalSpec
from models.tracing.tracer import trace
from models.tracing.without_skips import built
from models.training.data_registry import DATA, DataSet
from models.training.datasets import DataError
from models.training.predict import Trained
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.work.before_after import _counts, agreements, unit_uses
from tests.models.landscape.conftest import RUNS, trained_runs  # noqa: F401  # a fixture
from tests.models.results.test_task import Told


def order(count):
    return torch.randperm(1_437, generator=torch.Generator().manual_seed(0))[:count]


def test_agreements_are_those_of_the_initial_and_of_the_trained_network(trained_runs):  # noqa: F811
    found = agreements(Told(), runs=RUNS, stamps=(0, 0))

    assert decode(encode(found)) == found
    for run, one in zip(RUNS, found, strict=True):
        trained = Trained.load(run, trained_runs)
        train = trained.data.train
        images, labels = trained.ready(train.images[order(1024)]), train.labels[order(1024)]
        direction = torch.randn(10, generator=torch.Generator().manual_seed(0))
        assert (one.ways, one.batch, len(one.start.batches)) == (8, 64, 16 * 15 / 2)
        for network, own in ((built(run.network, seed=run.seed), one.start), (trained.network, one.trained)):
            network.train()
            with holding_statistics(network, points_between(images[:8], images[8:16], 33)):
                assert own.along == pytest.approx(along_ways(network, images[:8], images[8:16], direction), abs=1e-6)
            assert own.batches == pytest.approx(between_batches(network, images, labels, 64), abs=1e-4)
    assert found[0].start.along != found[0].trained.along


def test_units_are_those_of_the_initial_and_of_the_trained_network(trained_runs):  # noqa: F811
    [found] = unit_uses(Told(), runs=RUNS[:1], stamps=(0,))

    assert decode(encode(found)) == found
    assert found.images == 256
    trained = Trained.load(RUNS[0], trained_runs)
    images, network = trained.ready(trained.data.train.images[order(256)]), RUNS[0].network
    for module, own in ((built(network, seed=0), found.start), (trained.network, found.trained)):
        expected = unit_use(module.train(), network, trace(network), images)
        assert [(one.path, one.dead) for one in own] == [(one.path, one.dead) for one in expected]
        assert [one.rank for one in own] == pytest.approx([one.rank for one in expected], rel=1e-4)


@pytest.fixture
def few(monkeypatch):
    """Data sets of few training images, by their number."""

    def made(images):
        own = DataSet(name="few", title="Few", shape=(1, 8, 8), classes=10, train=images, test=4, load="none")
        monkeypatch.setitem(DATA, "few", own)
        return tuple(replace(run, data="few", batch=min(64, images)) for run in RUNS)

    return made


@pytest.mark.parametrize(
    ("images", "ways", "batch", "batches"), [(8, 4, 2, 4), (15, 7, 3, 5), (80, 8, 20, 4), (1000, 8, 64, 15)]
)
def test_few_images_make_small_batches_but_several(few, images, ways, batch, batches):
    found = _counts(few(images))

    assert (found.ways, found.batch, found.batches) == (ways, batch, batches)
    assert found.batch * found.batches <= images


def test_too_few_images_are_told(few):
    with pytest.raises(DataError, match="at least 8 training images, got 7"):
        _counts(few(7))


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.0])
def test_a_librarys_network_is_measured_with_skips_and_without(trained_runs, scale):  # noqa: F811
    network = ExternalSpec(network="torchvision:resnet18", input_shape=(3, 32, 32), classes=10, skip_scale=scale)
    run = RunSpec(network=network, epochs=1, steps=2, batch=64)
    list(kept(run, trained_runs))

    [agreement], [units] = (work(Told(), runs=(run,), stamps=(0,)) for work in (agreements, unit_uses))

    assert agreement.start.along[0] == pytest.approx(1.0)
    assert len(units.trained) == 17
