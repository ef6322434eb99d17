"""The loss around trained weights, beside the same by hand."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from models.landscape.directions import Walk, random_direction
from models.landscape.records import COARSE, FINE, steps
from models.landscape.surface import loss_surface, row
from models.networks.build import build
from models.results.codec import decode, encode
from models.training.predict import Trained
from models.work import points
from models.work.landscape import surfaces
from tests.models.landscape.conftest import RESIDUAL, RUNS
from tests.models.results.test_task import Told


@pytest.fixture
def network():
    return build(RESIDUAL, seed=3)


def test_a_direction_has_the_size_of_the_weights_filter_by_filter(network):
    direction = random_direction(network, 0)

    for name, weight in network.named_parameters():
        if weight.ndim == 1:
            assert name not in direction
            continue
        for own, filter_ in zip(direction[name], weight.detach(), strict=True):
            assert float(own.norm()) == pytest.approx(float(filter_.norm()), rel=1e-5)


def test_a_filter_of_zeros_does_not_move(network):
    name, weight = next((name, weight) for name, weight in network.named_parameters() if weight.ndim == 4)
    with torch.no_grad():
        weight[2] = 0.0

    direction = random_direction(network, 0)[name]

    assert not direction[2].any()
    assert direction.isfinite().all()


def test_directions_depend_on_their_seed_alone(network):
    first, again, second = (random_direction(network, seed) for seed in (0, 0, 1))
    whole = [torch.cat([value.flatten() for value in one.values()]) for one in (first, again, second)]

    assert torch.equal(whole[0], whole[1])
    cosine = torch.nn.functional.cosine_similarity(whole[0], whole[2], dim=0)
    assert abs(float(cosine)) < 5 / len(whole[0]) ** 0.5  # almost at right angles, as random directions are


def test_a_walk_comes_back_exactly_and_moves_nothing_else(network):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    directions = [random_direction(network, seed) for seed in (0, 1)]
    walk = Walk(network, directions)

    walk.to(0.5, -2.0)
    moved = {name: value.clone() for name, value in network.state_dict().items()}
    walk.to(0.0, 0.0)

    for name, value in before.items():
        if name in directions[0]:
            assert torch.allclose(moved[name], value + 0.5 * directions[0][name] - 2 * directions[1][name], atol=1e-6)
        else:
            assert torch.equal(moved[name], value)
        assert torch.equal(network.state_dict()[name], value)


def test_a_quadratic_loss_gives_its_own_plane():
    module = nn.Linear(4, 3, bias=False).double()
    target = torch.randn(3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    directions = [random_direction(module, seed) for seed in (0, 1)]
    walk, off = Walk(module, directions), (module.weight - target).detach()
    (d,), (e,) = (one.values() for one in directions)

    for a in (-1.0, 0.0, 0.3, 1.0):
        for b in (-0.5, 0.0, 1.0):
            walk.to(a, b)
            found = float(((module.weight.detach() - target) ** 2).sum())
            by_hand = (
                (off**2).sum() + a * a * (d**2).sum() + b * b * (e**2).sum()
                + 2 * a * (off * d).sum() + 2 * b * (off * e).sum() + 2 * a * b * (d * e).sum()
            )  # fmt: skip
            assert found == pytest.approx(float(by_hand), rel=1e-9)


def test_the_middle_is_the_runs_own_test(trained_runs):
    for run in RUNS:
        [(loss, error)] = row(Trained.load(run, trained_runs), 0.0, [0.0])
        last = trained_runs.find(run).epochs[-1]

        assert loss == pytest.approx(last.test_loss, rel=1e-5)
        assert error == pytest.approx(last.test_error, abs=1e-12)


@pytest.mark.parametrize("training_images", [False, True])
def test_elsewhere_it_is_the_loss_of_the_moved_weights(trained_runs, training_images):
    trained = Trained.load(RUNS[0], trained_runs)
    found = row(trained, -0.25, [0.0, 0.5], seed=4, training_images=training_images)

    other = Trained.load(RUNS[0], trained_runs)
    first, second = (random_direction(other.network, seed) for seed in (8, 9))
    split = other.data.train if training_images else other.data.test
    with torch.no_grad():
        for name, weight in other.network.named_parameters():
            if name in first:
                weight.add_(0.5 * first[name] - 0.25 * second[name])
        logits = other.network(other.ready(split.images))
    assert found[1][0] == pytest.approx(float(cross_entropy(logits, split.labels)), rel=1e-4)
    assert found[1][1] == pytest.approx(float((logits.argmax(1) != split.labels).float().mean()))
    assert found[0] != found[1]


def test_a_coarse_surface_is_a_part_of_the_full_one():
    asked = {"runs": RUNS, "stamps": (1, 1), "seed": 0, "training_images": False}
    coarse, fine = surfaces.plan(**asked, half=COARSE), surfaces.plan(**asked, half=FINE)

    assert {one.key for one in coarse.tasks} < {one.key for one in fine.tasks}
    assert sum(len(dict(one.arguments)["along"]) for one in fine.tasks) == 2 * 25 * 25  # each place once
    assert len(steps(COARSE)) == 9


def test_a_surface_has_its_values_in_their_places(trained_runs):
    work = surfaces.plan(runs=RUNS, stamps=(1, 1), half=2, seed=0, training_images=False)

    found = points.run(work, Told())

    assert [one.places for one in found] == [(-1.0, -0.5, 0.0, 0.5, 1.0)] * 2
    for run, surface in zip(RUNS, found, strict=True):
        trained = Trained.load(run, trained_runs)
        assert [tuple(pair) for pair in np.stack([surface.loss[1], surface.error[1]], 1)] == list(
            row(trained, -0.5, surface.places)
        )
        assert surface.at_weights == pytest.approx(trained_runs.find(run).epochs[-1].test_loss, rel=1e-5)
        again = decode(encode(surface))
        assert again.places == surface.places
        assert np.array_equal(again.loss, surface.loss)


def test_the_surface_of_any_network_is_that_of_the_run(trained_runs):
    trained = Trained.load(RUNS[0], trained_runs)
    network, split = trained.network.train(), trained.data.test
    before = {name: value.clone() for name, value in network.state_dict().items()}

    found = loss_surface(network, trained.ready(split.images), split.labels, half=2, seed=1)

    other = Trained.load(RUNS[0], trained_runs)
    for number, across in enumerate(found.places):
        expected = row(other, across, found.places, seed=1)
        other = Trained.load(RUNS[0], trained_runs)
        assert np.allclose(np.stack([found.loss[number], found.error[number]], 1), expected)
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(("half", "labels"), [(5, 4), (0, 4), (2, 3)])
def test_what_the_surface_can_not_take_is_refused(network, half, labels):
    with pytest.raises(ValueError, match=r"^(half|labels): must"):
        loss_surface(network, torch.zeros(4, 1, 8, 8), torch.zeros(labels, dtype=torch.int64), half=half)


def test_weights_and_modes_come_back_when_it_is_stopped(network):
    before = {name: value.clone() for name, value in network.state_dict().items()}

    def stop(done):
        if done > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loss_surface(network, torch.zeros(4, 1, 8, 8), torch.zeros(4, dtype=torch.int64), progress=stop)

    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
