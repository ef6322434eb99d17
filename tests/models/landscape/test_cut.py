"""The loss on the line between two sets of weights."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy

from models.landscape.cut import _take_statistics, cut
from models.landscape.records import Cut
from models.networks.build import build
from models.training.predict import Trained
from models.training.resume import kept
from models.work.landscape import cut_between, cuts
from tests.models.landscape.conftest import RESIDUAL, RUNS
from tests.models.results.test_task import Told

BARE = replace(RUNS[0], network=replace(RESIDUAL, norm="none", branch_scale=0.25))


def test_without_norms_the_ends_are_the_two_networks(trained_runs):
    list(kept(BARE, trained_runs))
    start = build(BARE.network, seed=5)
    trained = Trained.load(BARE, trained_runs)
    found = cut(trained, dict(start.named_parameters()), points=3, progress=lambda _: None)
    images, labels = trained.ready(trained.data.test.images), trained.data.test.labels

    assert found.places == (0.0, 0.5, 1.0)
    assert found.test_loss[-1] == pytest.approx(trained_runs.find(BARE).epochs[-1].test_loss, rel=1e-5)
    with torch.no_grad():
        assert found.test_loss[0] == pytest.approx(float(cross_entropy(start(images), labels)), rel=1e-5)
        other = Trained.load(BARE, trained_runs).network
        for own, first in zip(other.parameters(), start.parameters(), strict=True):
            own.copy_((own + first) / 2)
        assert found.test_loss[1] == pytest.approx(float(cross_entropy(other(images), labels)), rel=1e-5)


def test_with_norms_the_trained_end_is_near_the_runs_own_loss_and_the_start_is_guessing(trained_runs):
    for run, found in zip(RUNS, cuts(Told(), runs=RUNS, stamps=(1, 1)), strict=True):
        last = trained_runs.find(run).epochs[-1]

        assert found.test_error[-1] == pytest.approx(last.test_error, abs=0.08)
        assert found.test_error[0] > 0.7
        assert len(found.places) == 21


def test_between_two_runs_the_ends_are_as_good_as_they_are(trained_runs):
    other = replace(RUNS[0], seed=1)
    list(kept(other, trained_runs))

    found = cut_between(Told(), runs=(RUNS[0], other), stamps=(1, 1))
    back = cut_between(Told(), runs=(other, RUNS[0]), stamps=(1, 1))

    assert found.train_loss == pytest.approx(back.train_loss[::-1], rel=1e-3)


def test_a_barrier_is_the_rise_above_the_line_between_the_ends():
    def of(*losses):
        return Cut(places=(0.0, 0.5, 1.0), images=1, train_loss=losses, test_loss=losses, test_error=losses)

    assert of(1.0, 3.0, 2.0).barrier == pytest.approx(1.5)
    assert of(2.0, 1.0, 0.0).barrier == pytest.approx(0.0)
    assert of(2.0, 0.5, 0.0).barrier == pytest.approx(0.0)


@pytest.mark.parametrize("images", [257, 258, 1000])
def test_norms_take_their_statistics_from_batches_of_one_size(trained_runs, images):
    trained = Trained.load(RUNS[0], trained_runs)
    sizes = []
    trained.network.register_forward_pre_hook(lambda module, given: sizes.append(len(given[0])))

    _take_statistics(trained, trained.data.train.images[:images])

    assert sum(sizes) == images
    assert max(sizes) - min(sizes) <= 1
    assert not trained.network.training
