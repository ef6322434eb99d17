"""Computations stay on their device, without CPU tensors in between and with few synchronisations."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from models.runtime.settings import Augment, Source
from models.signals import measure as signals
from models.signals import timing
from models.signals.feature_maps import feature_maps
from models.specs.presets import PRESETS
from models.specs.twins import twin
from models.tracing.tracer import trace
from models.training import ablations, estimate, predict, trainer
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from tests.models.networks.elsewhere import elsewhere

SMALL = {"input_shape": (1, 8, 8), "stages": (1, 1, 1)}
RUN = RunSpec(network=replace(PRESETS["resnet20_cifar"].spec, **SMALL), epochs=1)
pytestmark = pytest.mark.filterwarnings("ignore:.*copying from a non-meta parameter.*:UserWarning")


def looks(monkeypatch, work: Callable[[], object]) -> int:
    with elsewhere(monkeypatch) as device:
        work()
    return device.looks


@pytest.mark.parametrize(
    "name", ["resnet50", "densenet121", "preact_resnet110", "resnext29_8x64d", "wrn_28_10", "densenet_bc_100_12"]
)
@pytest.mark.parametrize("skips", [True, False], ids=["with skips", "without"])
def test_a_measurement_stays_on_its_device(monkeypatch, name, skips):
    spec = PRESETS[name].spec if skips else twin(PRESETS[name].spec)
    spec = replace(spec, input_shape=(3, 64, 64)) if spec.input_shape[1] > 64 else spec

    with elsewhere(monkeypatch):
        found = signals.measure(spec, batch=2)

    assert [layer.path for layer in found.layers] == [layer.path for layer in trace(spec).layers]


def test_a_measurement_is_brought_over_at_once_however_deep_the_network(monkeypatch):
    few, many = (
        looks(monkeypatch, lambda name=name: signals.measure(PRESETS[name].spec, batch=2))
        for name in ("resnet20_cifar", "resnet110_cifar")
    )

    assert few == many


@pytest.mark.parametrize("source", [Source.NOISE, Source.PHOTOS, Source.DIGITS])
def test_feature_maps_are_made_on_the_device(monkeypatch, source):
    spec = PRESETS["resnet20_cifar"].spec

    with elsewhere(monkeypatch):
        maps = feature_maps(spec, "conv1", batch=2, source=source)

    assert maps.images.shape == (16, 32, 32)


@pytest.mark.parametrize("augment", Augment)
@pytest.mark.parametrize("channels_last", [True, False], ids=["channels last", "channels first"])
def test_a_training_stays_on_its_device(monkeypatch, augment, channels_last):
    with elsewhere(monkeypatch):
        [epoch] = trainer.train(replace(RUN, augment=augment, channels_last=channels_last))

    assert len(epoch.gradients) == 8


@pytest.mark.slow
def test_a_training_waits_for_its_device_once_in_many_steps(monkeypatch):
    few, many = (
        looks(monkeypatch, lambda batch=batch: list(trainer.train(replace(RUN, batch=batch)))) for batch in (64, 16)
    )
    steps = [replace(RUN, batch=batch).steps_per_epoch for batch in (64, 16)]

    assert many - few == -(-steps[1] // 25) - -(-steps[0] // 25)


def test_a_training_is_saved_and_gone_on_with_on_its_device(monkeypatch):
    with elsewhere(monkeypatch):
        saved = trainer.Trainer(RUN).checkpoint()
        assert not any(value.is_meta for value in saved.tensors.values())
        [epoch] = trainer.Trainer(RUN, start=replace(saved, facts=saved.facts | {"step": 3})).epochs()

    assert epoch.steps == RUN.steps_per_epoch


@pytest.mark.parametrize("find", [predict.predict, ablations.lesions, ablations.responses, ablations.reuse])
@pytest.mark.parametrize("name", ["resnet20_cifar", pytest.param("densenet_40_12", marks=pytest.mark.slow)])
def test_what_is_found_in_a_trained_network_is_found_on_its_device(monkeypatch, tmp_path, find, name):
    run = replace(RUN, network=replace(PRESETS[name].spec, **SMALL))
    monkeypatch.setattr(predict, "fill", lambda network, *_: None)

    with elsewhere(monkeypatch):
        assert find(run, RunStore(tmp_path)) is not None


@pytest.mark.slow
def test_times_are_taken_on_the_device(monkeypatch):
    with elsewhere(monkeypatch):
        assert estimate.estimate(RUN, steps=2) > 0
        assert timing.timing(PRESETS["resnet20_cifar"].spec, batch=2).latency.middle > 0


def test_mixing_devices_is_noticed(monkeypatch):
    with elsewhere(monkeypatch), pytest.raises(RuntimeError, match="mixes devices"):
        torch.ones(3, device="meta") + torch.ones(3)
