"""Runs on disk: finished epochs are never lost; open formats; damaged runs do no harm."""

import csv
import errno
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from models.networks.build import build
from models.runtime.messages import Message
from models.signals.feature_maps import feature_maps
from models.signals.measure import measure
from models.signals.measure_spec import MeasureSpec
from models.specs.spec import NetworkSpec
from models.training.resume import kept, race
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import RunStoreError, Status, identity
from models.training.trainer import Trainer
from models.training.weights import preparation, weights
from tests.conftest import ROOT

SMALL = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, shortcut="pad", input_shape=(1, 8, 8), classes=10)
RUN = RunSpec(network=SMALL, epochs=3, batch=128)


@pytest.fixture
def runs(tmp_path):
    return RunStore(tmp_path / "runs")


def curve(epochs):
    return [(one.number, one.train_loss, one.test_loss, one.train_accuracy, one.gradients) for one in epochs]


def whole():
    return list(Trainer(RUN).epochs())


def test_a_finished_run_is_there_in_open_formats(runs):
    epochs = list(kept(RUN, runs))

    found = runs.find(RUN)
    folder = runs.folder / found.id
    assert (found.status, found.run, found.epochs) == (Status.DONE, RUN, tuple(epochs))
    assert found.id.startswith("resnet-6-digits-")
    assert json.loads((folder / "run.json").read_text())["run"]["epochs"] == 3
    with (folder / "epochs.csv").open() as file:
        assert [float(row["train_loss"]) for row in csv.DictReader(file)] == [one.train_loss for one in epochs]
    build(SMALL).load_state_dict(load_file(folder / "weights.safetensors"))  # strictly
    assert not [file for file in folder.iterdir() if file.suffix in (".pt", ".pkl")]


def test_a_finished_run_is_not_trained_again(runs, monkeypatch):
    first = list(kept(RUN, runs))
    monkeypatch.setattr(Trainer, "_learn", lambda *_: pytest.fail("trained again"))

    assert list(kept(RUN, runs)) == first


class StopError(Exception):
    pass


def stopping(at):
    def progress(done):
        if done >= at:
            raise StopError

    return progress


@pytest.mark.parametrize("at", [0.0, 0.2, 0.5, 0.99])
def test_a_paused_run_goes_on_to_the_same_curve(runs, at):
    with pytest.raises(StopError):
        list(kept(RUN, runs, progress=stopping(at)))
    assert runs.find(RUN).status is Status.PAUSED

    resumed = list(kept(RUN, runs))

    assert curve(resumed) == curve(whole())
    trainer = Trainer(RUN)
    list(trainer.epochs())
    assert all(
        torch.equal(value, trainer.checkpoint().weights[name]) for name, value in weights(runs, identity(RUN)).items()
    )


def test_a_generator_that_is_closed_leaves_its_run_paused(runs):
    going = kept(RUN, runs)
    next(going)
    going.close()

    found = runs.find(RUN)
    assert (found.status, len(found.epochs)) == (Status.PAUSED, 1)
    assert curve(kept(RUN, runs)) == curve(whole())


SCRIPT = """
import sys
from pathlib import Path
from tests.models.training.test_resume import RUN
from dataclasses import replace
from models.training.resume import kept
from models.training.run_store import RunStore
for epoch in kept(replace(RUN, epochs=500), RunStore(Path(sys.argv[1]))):
    print(epoch.number, flush=True)
"""


@pytest.mark.slow
def test_kill_9_in_mid_epoch_loses_no_finished_epoch(runs):
    run = replace(RUN, epochs=500)
    server = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(runs.folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    for line in server.stdout:
        if int(line) == 4:
            break
    assert runs.find(run).status is Status.RUNNING
    with pytest.raises(RunStoreError, match="is already being trained, by another process or server"):
        next(kept(replace(run, epochs=500), runs))  # another process holds its folder
    server.send_signal(signal.SIGKILL)
    server.wait()
    server.stdout.close()

    found = runs.find(run)
    assert found.status is Status.STOPPED
    assert len(found.epochs) >= 4
    going = kept(run, runs)
    resumed = [next(going) for _ in range(len(found.epochs) + 1)]
    going.close()
    straight = Trainer(run).epochs()
    assert curve(resumed) == curve(next(straight) for _ in resumed)


BEGIN = """
import sys, time
from pathlib import Path
from models.training.run_spec import RunSpec
from models.training.run_store import RunStoreError, RunStore
start, runs = Path(sys.argv[1]), RunStore(Path(sys.argv[2]))
print("ready", flush=True)
while not start.exists():
    time.sleep(0.001)
try:
    runs.begin(RunSpec())
except RunStoreError:
    print("refused", flush=True)
else:
    print("trains", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("begun", [False, True], ids=["new", "paused"])
def test_of_servers_that_begin_a_run_at_the_same_moment_one_trains_it(runs, tmp_path, begun):
    start = tmp_path / "start"
    if begun:
        runs.begin(RunSpec())
        runs.end(RunSpec(), Status.PAUSED)
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", BEGIN, str(start), str(runs.folder)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    assert {server.stdout.readline() for server in servers} == {"ready\n"}
    start.touch()

    said = sorted(server.stdout.readline() for server in servers)
    for server in servers:
        server.communicate()

    assert said == ["refused\n", "refused\n", "refused\n", "trains\n"]
    assert runs.find(RunSpec()).status is Status.STOPPED


def test_killed_between_two_files_a_run_still_goes_on(runs):
    going = kept(RUN, runs)
    first, second = next(going), next(going)
    before = (runs.folder / identity(RUN) / "weights.safetensors").read_bytes()
    going.close()
    list(kept(RUN, runs))
    (runs.folder / identity(RUN) / "weights.safetensors").write_bytes(before)  # the last weights were never written
    runs.end(RUN, Status.STOPPED)

    assert curve(kept(RUN, runs)) == curve(whole())
    assert curve([first, second]) == curve(whole()[:2])


def test_killed_before_it_could_say_that_it_was_done(runs):
    list(kept(RUN, runs))
    runs.end(RUN, Status.STOPPED)

    assert curve(kept(RUN, runs)) == curve(whole())
    assert runs.find(RUN).status is Status.DONE


def test_a_full_disk_stops_the_run_and_keeps_what_was_written(runs, monkeypatch):
    real, asked = os.fsync, []

    def full(number):
        asked.append(number)
        if len(asked) == 6:  # run.json, three files of the first epoch, the second's table, then its weights
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", full)
    going = kept(RUN, runs)
    next(going)
    with pytest.raises(
        RunStoreError,
        match=r"weights.safetensors of .* could not be written \(No space left on device\)\. What was written",
    ):
        next(going)

    found = runs.find(RUN)
    assert found.status is Status.FAILED
    assert "No space left" in str(found.why)
    assert curve(kept(RUN, runs)) == curve(whole())


def test_a_run_that_could_not_even_say_that_it_failed_is_not_held_for_ever(runs, monkeypatch):
    real, asked = os.fsync, []

    def full(number):
        asked.append(number)
        if len(asked) > 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunStoreError, match="No space left"):
        list(kept(RUN, runs))
    monkeypatch.setattr(os, "fsync", real)

    assert runs.find(RUN).status is Status.STOPPED
    assert curve(kept(RUN, runs)) == curve(whole())


def test_a_run_that_this_process_trains_is_neither_begun_again_nor_deleted(runs):
    going = kept(RUN, runs)
    next(going)

    assert runs.find(RUN).status is Status.RUNNING
    with pytest.raises(RunStoreError, match="is already being trained"):
        next(kept(RUN, runs))
    with pytest.raises(RunStoreError, match="Pause it first"):
        runs.delete(identity(RUN))
    going.close()


@pytest.mark.parametrize("name", ["/", "..", "../..", "/etc", ""])
def test_a_name_that_leads_elsewhere_is_no_run(runs, name):
    assert str(runs.read(name).why) == "there is no such run"


def test_a_run_that_diverges_says_so_and_keeps_its_name(runs):
    bad = replace(
        RUN,
        network=replace(SMALL, norm="none", init="kaiming"),
        learning_rate=10.0,
        weight_decay=1.0,
        schedule="constant",
    )

    with pytest.raises(ValueError, match="The loss was"):
        list(kept(bad, runs))

    assert (runs.find(bad).status, str(runs.find(bad).why)[:12]) == (Status.FAILED, "The loss was")


def broken_json(folder):
    (folder / "run.json").write_text('{"run": ')


def other_json(folder):
    (folder / "run.json").write_text("[1, 2]")


def no_json(folder):
    (folder / "run.json").unlink()


def cut_weights(folder):
    file = folder / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def odd_table(folder):
    file = folder / "epochs.csv"
    file.write_text(file.read_text().replace("\n1,", "\none,", 1))


def binary_table(folder):
    (folder / "epochs.csv").write_bytes(b"\xff\xfe\x00\x01")


def strange_spec(folder):
    stored = json.loads((folder / "run.json").read_text())
    stored["run"]["epochs"] = -4
    (folder / "run.json").write_text(json.dumps(stored))


@pytest.mark.parametrize(
    "damage", [broken_json, other_json, no_json, cut_weights, odd_table, binary_table, strange_spec]
)
def test_a_damaged_run_is_listed_and_breaks_nothing(runs, damage):
    other = replace(RUN, seed=1)
    list(kept(RUN, runs))
    list(kept(other, runs))

    damage(runs.folder / identity(RUN))

    found = {one.id: one for one in runs.all()}
    assert found[identity(RUN)].status is Status.DAMAGED
    assert found[identity(RUN)].why
    assert found[identity(other)].status is Status.DONE
    assert curve(kept(RUN, runs)) == curve(whole())  # it is trained again on request


def test_runs_are_deleted_by_name_and_nothing_else_is(runs, tmp_path):
    list(kept(RUN, runs))
    (tmp_path / "precious").mkdir()

    for name in ("../precious", "..", "", "."):
        with pytest.raises(RunStoreError, match="There is no run"):
            runs.delete(name)
    runs.delete(identity(RUN))

    assert runs.all() == ()
    assert (tmp_path / "precious").exists()


def test_no_run_begins_when_the_allowance_is_used_up(runs, monkeypatch):
    list(kept(RUN, runs))
    monkeypatch.setenv("SKIPSCOPE_MOST_RUN_BYTES", "1000")

    with pytest.raises(RunStoreError, match="Delete some of them first"):
        next(kept(replace(RUN, seed=5), runs))


def test_a_race_takes_an_epoch_of_each_in_turn_and_outlives_a_failure(runs):
    plain = replace(RUN, network=replace(SMALL, shortcut="none"))
    bad = replace(
        RUN,
        network=replace(SMALL, norm="none", init="kaiming"),
        learning_rate=10.0,
        weight_decay=1.0,
        schedule="constant",
    )
    told = []

    found = list(race([RUN, bad, plain], runs, progress=told.append))

    assert [place for place, one in found if not isinstance(one, Message)] == [0, 2] * 3
    assert [str(one)[:12] for _, one in found if isinstance(one, Message)] == ["The loss was"]
    assert curve(one for place, one in found if place == 0) == curve(whole())
    assert told == sorted(told)


def test_a_race_that_is_stopped_leaves_every_run_paused_and_goes_on(runs):
    plain = replace(RUN, network=replace(SMALL, shortcut="none"))
    with pytest.raises(StopError):
        list(race([RUN, plain], runs, progress=stopping(0.5)))
    assert {one.status for one in runs.all()} == {Status.PAUSED}

    found = list(race([RUN, plain], runs))

    assert curve(one for place, one in found if place == 0) == curve(whole())


def test_event_files_hold_the_curve(runs):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    epochs = list(kept(RUN, runs))

    events = EventAccumulator(str(runs.folder / identity(RUN)))
    events.Reload()
    assert [event.value for event in events.Scalars("train/loss")] == pytest.approx([one.train_loss for one in epochs])


def test_created_is_when_it_was_first_begun(runs, monkeypatch):
    list(kept(RUN, runs))
    first = runs.find(RUN).created
    runs.end(RUN, Status.STOPPED)
    monkeypatch.setattr("models.training.run_store.time.time", lambda: first + 1_000)
    list(kept(RUN, runs))

    assert runs.find(RUN).created == first


def measured(spec, runs, own, **changes):
    setting = MeasureSpec(weights="trained", **changes)
    return measure(spec, setting, prepare=preparation(own, spec, setting, runs))


def test_signals_of_a_trained_network_are_those_of_its_weights_and_of_its_twins(runs):
    plain = replace(SMALL, shortcut="none")
    list(race([RUN, replace(RUN, network=plain)], runs))

    found = {spec: measured(spec, runs, identity(RUN), batch=32) for spec in (SMALL, plain)}

    for spec, side in found.items():
        state = weights(runs, identity(replace(RUN, network=spec)))
        assert side.by_path["conv1"].weight_norm == pytest.approx(state["conv1.weight"].norm().item(), rel=1e-5)
    assert found[SMALL].loss < measure(SMALL, batch=32, source="digits").loss


def test_a_network_that_was_not_trained_takes_what_it_has_in_common(runs):
    plain, setting = replace(SMALL, shortcut="none"), MeasureSpec(weights="trained", batch=8)
    list(kept(RUN, runs))

    maps = feature_maps(plain, "conv1", setting, prepare=preparation(identity(RUN), plain, setting, runs))

    assert maps.path == "conv1"
    assert len(maps.top) == 5
    with pytest.raises(RunStoreError, match="No weights of run 'gone' are stored here"):
        measured(SMALL, runs, "gone")
