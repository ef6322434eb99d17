"""Weights after single epochs are kept, within a fixed room, and come back."""

from dataclasses import replace
from itertools import pairwise

import torch
from hypothesis import given
from hypothesis import strategies as st

from models.runtime import server_limits
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.training import epoch_weights
from models.training.epoch_weights import kept_epochs, stored
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.trainer import Trainer

SMALL = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, shortcut="pad", input_shape=(1, 8, 8), classes=10)
RUN = RunSpec(network=SMALL, epochs=4, batch=128)
RESNET56 = replace(PRESETS["resnet56_cifar"].spec, input_shape=(1, 8, 8))


@given(st.integers(1, 400))
def test_epochs_are_kept_at_equal_distances_and_fit_into_their_room(epochs):
    found = kept_epochs(RunSpec(network=RESNET56, epochs=epochs))
    every = (*found, epochs)

    assert len({later - earlier for earlier, later in pairwise(every)}) <= 1
    assert 4 * 855_000 * len(found) <= 32_000_000
    assert epochs < 2 or epochs - 1 <= 9 or len(found) > 4


def test_of_a_large_network_nothing_is_kept_and_of_a_small_one_every_epoch():
    assert kept_epochs(RunSpec(network=replace(PRESETS["resnet50"].spec, classes=10), epochs=90)) == ()
    assert kept_epochs(replace(RUN, epochs=15)) == tuple(range(1, 15))


def test_a_public_server_keeps_fewer(monkeypatch):
    run = RunSpec(network=RESNET56, epochs=15)
    before = kept_epochs(run)
    monkeypatch.setenv(server_limits.PUBLIC, "1")

    assert len(kept_epochs(run)) < len(before)


def test_they_are_the_weights_of_the_training_paused_and_resumed_too():
    store, trainer = RunStore(), Trainer(RUN)
    expected = {epoch.number: trainer.checkpoint().weights for epoch in trainer.epochs()}
    first = kept(RUN, store)
    next(first), next(first)
    first.close()
    list(kept(RUN, store))

    found = stored(store, RUN)

    assert list(found) == [1, 2, 3]
    for epoch, weights in found.items():
        assert set(weights) == {name for name, own in Trainer(RUN).network.named_parameters() if own.ndim > 1}
        assert all(torch.equal(own, expected[epoch][name]) for name, own in weights.items())


def test_a_file_that_is_damaged_or_gone_is_left_out():
    store = RunStore()
    run = replace(RUN, seed=6)
    list(kept(run, store))
    folder = store.folder / store.id_of(run)
    (folder / "epoch-0001.safetensors").write_bytes(b"no weights")
    (folder / "epoch-0002.safetensors").unlink()

    assert list(stored(store, run)) == [3]


def test_nothing_is_kept_of_other_epochs():
    store, run = RunStore(), replace(RUN, seed=7)
    store.begin(run)
    epoch_weights.keep(store, run, 4, {"a": torch.ones(2, 2)})

    assert stored(store, run) == {}
