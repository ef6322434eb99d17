"""The task that shows where trained networks find their answers."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from models.results.codec import decode, encode
from models.signals.grad_cam import grad_cam, map_layers
from models.signals.occlusion import occlusion
from models.tracing.tracer import trace
from models.training.datasets import Split
from models.training.predict import Trained, answer
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.work.class_maps import SHOWN, chosen, class_maps
from tests.models.landscape.conftest import RUNS, trained_runs  # noqa: F401  # a fixture
from tests.models.results.test_task import Told
from tests.models.work.test_trained import DENSE


def test_the_images_begin_with_one_of_each_class():
    labels = torch.tensor([3, 3, 1, 0, 3, 2, 1])

    assert chosen(Split(torch.zeros(7, 1, 2, 2), labels)).tolist() == [3, 2, 5, 0, 1, 4, 6]


def test_the_maps_are_those_of_the_trained_networks(trained_runs):  # noqa: F811
    found = class_maps(Told(), runs=RUNS, stamps=(0, 0))

    assert decode(encode(found[0])).answers == found[0].answers
    for run, one in zip(RUNS, found, strict=True):
        trained = Trained.load(run, trained_runs)
        places = chosen(trained.data.test)
        ready = trained.ready(trained.data.test.images[places])
        probabilities, answers = trained.probabilities(ready).max(1)
        assert one.answers == tuple(answers.tolist())
        assert one.labels[:SHOWN] == tuple(range(10))
        assert len(one.images) == SHOWN
        assert len(one.answers) == 64
        assert np.allclose(one.probabilities, probabilities)
        assert np.allclose(one.occlusion, occlusion(trained.probabilities, ready, answers), atol=1e-6)
        traced = trace(run.network)
        own = grad_cam(trained.network, run.network, traced, ready, answers, map_layers(traced))
        assert one.layers == map_layers(traced)
        assert all(np.allclose(kept, each[:SHOWN], atol=1e-5) for kept, each in zip(one.maps, own, strict=True))
        assert one.tried == np.isfinite(one.elsewhere).sum() > 10


def test_a_picture_is_seen_as_in_its_classification(trained_runs):  # noqa: F811
    drawn, written = np.full((60, 60, 3), 255, np.uint8), io.BytesIO()
    drawn[10:50, 28:32] = 0
    Image.fromarray(drawn).save(written, "PNG")

    [found] = class_maps(Told(), runs=RUNS[:1], stamps=(0,), picture=written.getvalue())

    said = answer(RUNS[0], trained_runs, written.getvalue())
    assert found.classes[found.answers[0]] == said.classes[0]
    assert found.probabilities[0] == pytest.approx(said.probabilities[0], abs=1e-6)
    assert (found.images[0] == said.image).all()
    assert (found.labels, found.tried) == ((-1,), 0)


def test_a_dense_network_has_maps_too(trained_runs):  # noqa: F811
    run = RunSpec(network=DENSE, epochs=1, batch=256)
    list(kept(run, trained_runs))

    [found] = class_maps(Told(), runs=(run,), stamps=(0,))

    assert [one.shape for one in found.maps] == [(10, 8, 8), (10, 4, 4)]
