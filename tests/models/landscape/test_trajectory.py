"""The path of weights in training: its plane beside a decomposition of numpy's, and the loss on it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch.nn.functional import cross_entropy

from models.landscape.trajectory import plane
from models.results.codec import decode, encode
from models.tracing.without_skips import built
from models.training.epoch_weights import kept_epochs, stored
from models.training.predict import Trained
from models.training.resume import kept
from models.training.run_files import epoch_file
from models.work.landscape import training_paths
from tests.models.landscape.conftest import LONGER, RUNS
from tests.models.results.test_task import Told


def path(points=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [
        {"a": torch.randn(3, 4, generator=generator), "b": torch.randn(2, 2, 2, generator=generator)}
        for _point in range(points)
    ]


def flat(weights):
    return np.concatenate([weights[name].numpy().ravel() for name in ("a", "b")])


def test_the_components_are_numpys():
    weights = path()
    found = plane(weights)
    rows = np.array([flat(own) for own in weights])
    values = np.linalg.svd(rows - rows.mean(0), compute_uv=False) ** 2

    assert found.shares == pytest.approx(tuple(values[:2] / values.sum()), rel=1e-4)


def test_directions_are_at_right_angles_and_places_are_their_coordinates():
    weights = path()
    found = plane(weights)
    first, second = map(flat, found.directions)

    assert (first @ first, second @ second, first @ second) == pytest.approx((1, 1, 0), abs=1e-5)
    for own, place in zip(weights, found.places, strict=True):
        away = flat(own) - flat(weights[-1])
        assert place == pytest.approx((away @ first, away @ second), abs=1e-5)
    assert found.places[-1] == (0.0, 0.0)
    assert max(found.places[0]) <= 0


def test_a_path_in_a_plane_is_shown_whole():
    a, b = torch.eye(3)[0], torch.eye(3)[1]
    steps = [(3.0, 0.0), (2.0, 1.0), (1.0, 1.5), (0.0, 0.0)]
    weights = [{"w": (5 + x * a + y * b).view(1, 3)} for x, y in steps]

    found = plane(weights)

    assert sum(found.shares) == pytest.approx(1)
    for place, step in zip(found.places, steps, strict=True):
        assert np.hypot(*place) == pytest.approx(np.hypot(*step), abs=1e-5)


@pytest.mark.parametrize(
    "weights",
    [
        [{"w": torch.ones(2, 2)}] * 4,
        [{"w": n * torch.ones(2, 2)} for n in range(4)],
        [{"w": torch.ones(2, 2)}, {"w": 2 * torch.eye(2)}],
        [{"w": torch.full((2, 2), float("nan"))}, {"w": torch.ones(2, 2)}, {"w": torch.eye(2)}],
    ],
    ids=["at rest", "straight", "two points", "not finite"],
)
def test_without_two_directions_there_is_no_plane(weights):
    assert plane(weights) is None


def test_the_loss_on_the_plane_is_that_of_the_moved_weights(trained_runs):
    found, short = training_paths(Told(), runs=(LONGER, RUNS[0]), stamps=(1, 1), training_images=False)
    assert short.epochs == (0, 1, 2)
    assert found.epochs == (0, 1, 2, 3, 4)
    assert (len(found.across), len(found.along), found.loss.shape) == (13, 13, (13, 13))
    assert min(found.across) < min(x for x, _ in found.places)
    assert max(found.along) > max(y for _, y in found.places)

    trained = Trained.load(LONGER, trained_runs)
    start = dict(built(LONGER.network, seed=LONGER.seed).named_parameters())
    own = {name: weight.detach().clone() for name, weight in trained.network.named_parameters() if weight.ndim > 1}
    points = [{name: start[name].detach() for name in own}, *stored(trained_runs, LONGER).values(), own]
    first, second = plane(points).directions
    with torch.no_grad():
        for name, weight in trained.network.named_parameters():
            if name in own:
                weight.add_(found.across[3] * first[name] + found.along[9] * second[name])
        logits = trained.network(trained.ready(trained.data.test.images))
    assert found.loss[9, 3] == pytest.approx(float(cross_entropy(logits, trained.data.test.labels)), rel=1e-3)
    again = decode(encode((found,)))[0]
    assert again.places == found.places
    assert np.array_equal(again.loss, found.loss)


def test_a_run_whose_epochs_were_not_kept_has_no_path(trained_runs):
    run = replace(LONGER, seed=1)
    list(kept(run, trained_runs))
    for epoch in kept_epochs(run):
        (trained_runs.folder / trained_runs.id_of(run) / epoch_file(epoch)).unlink()

    assert training_paths(Told(), runs=(run,), stamps=(1,), training_images=False) == (None,)


def test_a_run_that_is_paused_has_the_path_as_far_as_it_went(trained_runs):
    run = replace(LONGER, seed=2, epochs=6)
    going = kept(run, trained_runs)
    for __ in range(3):
        next(going)
    going.close()

    (found,) = training_paths(Told(), runs=(run,), stamps=(1,), training_images=False)

    assert found.epochs == (0, 1, 2, 3)


def test_weights_of_another_network_in_a_file_are_left_out(trained_runs):
    run = replace(LONGER, seed=3)
    list(kept(run, trained_runs))
    folder = trained_runs.folder / trained_runs.id_of(run)
    (folder / epoch_file(1)).write_bytes(save({"conv1.weight": torch.ones(2, 2)}))

    (found,) = training_paths(Told(), runs=(run,), stamps=(1,), training_images=False)

    assert found.epochs == (0, 2, 3, 4)
