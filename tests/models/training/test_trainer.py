"""Training: it learns, equals the usual loop bit for bit, stops where it must; and the effect of skips."""

from dataclasses import replace
from math import isnan
from statistics import median

import pytest
import torch
from torch.nn.functional import cross_entropy

from models.networks.build import build
from models.runtime.errors import SpecError
from models.specs.spec import NetworkSpec
from models.specs.twins import twin
from models.training import datasets as data_sets
from models.training.datasets import Data, Shuffle
from models.training.estimate import estimate
from models.training.run_spec import RunSpec
from models.training.trainer import DivergedError, Trainer, train

SMALL = NetworkSpec(
    stages=(1, 1), stem="cifar", base_width=8, shortcut="pad", init="kaiming", input_shape=(1, 8, 8), classes=10
)
RUN = RunSpec(network=SMALL, epochs=3, batch=128)
DRAWING = replace(RUN, network=replace(SMALL, order="preact", shortcut="projection", dropout=0.3, drop_path=0.5))


def weights(trainer):
    return trainer.checkpoint().weights


def plain_losses(run):
    return [epoch.train_loss for epoch in train(run)]


def test_the_loss_falls_and_the_figures_are_whole():
    epochs = list(train(RUN))

    assert [epoch.number for epoch in epochs] == [1, 2, 3]
    assert [epoch.steps for epoch in epochs] == [11, 22, 33]
    assert epochs[2].train_loss < 0.8 * epochs[0].train_loss
    assert epochs[2].test_accuracy > 2 * epochs[0].train_accuracy
    assert epochs[0].images_per_second > 0
    assert next(path for path, _ in epochs[0].gradients) == "conv1"
    assert all(norm > 0 for _, norm in epochs[0].gradients)


def test_it_is_the_usual_loop_number_by_number():
    run = replace(RUN, epochs=2, weight_decay=1e-3, label_smoothing=0.1, schedule="step", augment="crop")
    data = data_sets.load("digits")
    network = build(SMALL, seed=0)
    optimizer = torch.optim.SGD(network.parameters(), 0.02, 0.9, weight_decay=1e-3)
    losses = []
    for step in range(22):
        if step % 11 == 0:
            shuffle = Shuffle.draw(data.train.images, run.augment, seed=0, epoch=step // 11)
        images, labels = shuffle.batch(data.train, step % 11 * 128, 128)
        optimizer.param_groups[0]["lr"] = 0.02 if step < 11 else 0.002 if step < 16.5 else 0.0002
        loss = cross_entropy(network(data.normalised(images, (1, 8, 8))), labels, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach().item())
    network.eval()
    answers = network(data.normalised(data.test.images, (1, 8, 8)))

    found = list(train(run))

    assert found[0].train_loss == pytest.approx(sum(losses[:11]) / 11, rel=1e-4)
    assert found[1].train_loss == pytest.approx(sum(losses[11:]) / 11, rel=1e-3)
    assert found[1].test_loss == pytest.approx(cross_entropy(answers, data.test.labels).item(), rel=1e-2)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_updates_are_how_far_a_step_moves_each_weight_by_its_size(momentum):
    # 4 steps: the updates of an epoch are those of its first one
    run = replace(RUN, epochs=2, batch=400, momentum=momentum, weight_decay=0.1)
    trainer, moved = Trainer(run), []
    learn = trainer._learn

    def watched(shuffle, place):
        before = {path: weight.detach().clone() for path, weight in trainer._weighed.items()}
        learn(shuffle, place)
        if place == 0:
            moved.append(
                {path: float((weight.detach() - before[path]).norm() / before[path].norm())
                 for path, weight in trainer._weighed.items()}
            )  # fmt: skip

    trainer._learn = watched
    epochs = list(trainer.epochs())

    for epoch, expected in zip(epochs, moved, strict=True):
        assert [path for path, _ in epoch.updates] == [path for path, _ in epoch.gradients]
        assert dict(epoch.updates) == pytest.approx(expected, rel=1e-4)


def test_a_checkpoint_without_updates_goes_on():
    trainer = Trainer(RUN)
    next(trainer.epochs())
    start = trainer.checkpoint()
    del start.tensors["progress.updates"]

    found = list(Trainer(RUN, start=start).epochs())
    assert [epoch.number for epoch in found] == [2, 3]
    assert all(share > 0 for epoch in found for __, share in epoch.updates)


def test_of_an_epoch_whose_first_part_recorded_no_updates_they_are_unknown():
    def stop(done):
        if done > 0.5:
            raise StopError

    trainer = Trainer(RUN, progress=stop)
    with pytest.raises(StopError):
        list(trainer.epochs())
    start = trainer.checkpoint()
    del start.tensors["progress.updates"]

    second, third = Trainer(RUN, start=start).epochs()
    assert all(isnan(share) for __, share in second.updates)
    assert all(share > 0 for __, share in third.updates)


def test_the_same_seed_gives_the_same_weights_and_another_one_others():
    def end(seed):
        trainer = Trainer(replace(RUN, epochs=1, seed=seed))
        list(trainer.epochs())
        return weights(trainer)

    first, again, other = end(0), end(0), end(1)

    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])


class StopError(Exception):
    pass


@pytest.mark.parametrize("run", [RUN, DRAWING], ids=["plain", "drawing"])
@pytest.mark.parametrize("stop", [0, 7, 11, 20, 32])
def test_stopped_at_any_step_it_goes_on_as_if_nothing_had_been(stop, run):
    whole = Trainer(run)
    expected = list(whole.epochs())

    def progress(done):
        if done >= stop / 33:
            raise StopError

    first = Trainer(run, progress=progress)
    found = []
    with pytest.raises(StopError):
        found.extend(first.epochs())
    found = [one for one in expected if one.number <= first.epoch]
    second = Trainer(run, start=first.checkpoint())
    found += second.epochs()

    assert [(one.train_loss, one.test_loss, one.gradients) for one in found] == [
        (one.train_loss, one.test_loss, one.gradients) for one in expected
    ]
    assert all(torch.equal(value, weights(whole)[name]) for name, value in weights(second).items())


def test_stopped_within_the_test_it_goes_on_too():
    told = []

    def progress(done):
        told.append(done)
        if len(told) == 12:  # eleven steps, then the first batch of the test
            raise StopError

    first = Trainer(RUN, progress=progress)
    with pytest.raises(StopError):
        next(first.epochs())

    assert (first.step, first.epoch) == (11, 0)
    assert [one.train_loss for one in Trainer(RUN, start=first.checkpoint()).epochs()] == plain_losses(RUN)


def test_what_is_no_number_stops_the_run_and_names_the_step():
    digits = data_sets.load("digits")
    broken = Data(digits.name, digits.classes, digits.train, digits.test, digits.mean, (0.0,))  # division by zero
    trainer = Trainer(RUN, data=broken)

    with pytest.raises(
        DivergedError, match=r"The loss was nan at step 1 \(epoch 1\) with a learning rate of 0.02\. Choose a smaller"
    ):
        next(trainer.epochs())


def test_a_learning_rate_far_too_high_diverges_at_a_later_step():
    bare = replace(SMALL, norm="none")

    with pytest.raises(DivergedError, match=r"at step \d+ \(epoch 1\) with a learning rate of 10"):
        list(train(replace(RUN, network=bare, learning_rate=10.0, weight_decay=1.0, schedule="constant")))


def test_steps_end_it_early_and_the_last_epoch_is_told():
    epochs = list(train(replace(RUN, steps=14)))

    assert [(epoch.number, epoch.steps) for epoch in epochs] == [(1, 11), (2, 14)]


@pytest.mark.parametrize(
    "change", [{"precision": "bf16"}, {"channels_last": True}, {"schedule": "one-cycle", "warmup": 1}]
)
def test_every_way_of_computing_learns(change):
    epochs = list(train(replace(RUN, **change)))

    assert epochs[-1].train_loss < epochs[0].train_loss


def test_half_precision_is_refused_where_it_can_not_be():
    with pytest.raises(SpecError, match="precision: must be float32 or bf16 on CPU, got 'fp16'"):
        Trainer(replace(RUN, device="cpu", precision="fp16"))


def test_channels_last_gives_the_same_curve():
    usual, last = plain_losses(RUN), plain_losses(replace(RUN, channels_last=True))

    assert last == pytest.approx(usual, rel=0.05)


def test_memory_stays_the_same_from_epoch_to_epoch():
    epochs = [epoch.memory for epoch in train(replace(RUN, epochs=6))]
    if None in epochs:
        pytest.skip("this machine does not tell")

    assert max(epochs[2:]) <= 1.5 * max(min(epochs[2:]), 4e6)


def test_an_estimate_needs_no_data_and_is_of_the_right_size(monkeypatch):
    monkeypatch.setattr(data_sets, "load", lambda *_, **__: pytest.fail("data was loaded"))

    short, long = (min(estimate(replace(RUN, epochs=epochs)) for _ in range(3)) for epochs in (2, 20))

    assert 3 < long / short < 30


@pytest.mark.slow
def test_a_deep_residual_network_learns_more_than_its_plain_twin_in_equal_steps():
    deep = replace(SMALL, stages=(5, 5, 5))
    ends = {"residual": [], "plain": []}
    for seed in range(3):
        for name, network in (("residual", deep), ("plain", twin(deep))):
            run = RunSpec(network=network, epochs=3, batch=96, seed=seed)
            ends[name].append(list(train(run))[-1].train_loss)

    assert all(residual < plain for residual, plain in zip(ends["residual"], ends["plain"]))
    assert median(ends["residual"]) < 0.5 * median(ends["plain"])
