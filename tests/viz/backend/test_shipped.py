"""Shipped measurements are those that a page would ask for at first."""

from datetime import UTC, datetime

import pytest

from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.specs.twins import twin
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import identity
from viz import text
from viz.backend import shipped, signal_jobs
from viz.command.ship import ship, ship_run
from viz.signals import figures
from viz.state.compare import read
from viz.state.recipes import RECIPES
from viz.state.signals import At, Experiment, Of
from viz.state.training import runners

NAMES = sorted(path.stem for path in shipped.FOLDER.glob("*.npz"))
SMALL = "resnet20_cifar"


def test_the_page_that_is_opened_first_has_one():
    assert {"resnet18", "resnet50", "resnet56_cifar", "densenet121"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_found_by_the_first_request_of_its_network(name):
    spec, wrong = read(name.replace("torchvision.", "torchvision:"))
    assert not wrong

    found, stamp = shipped.pair(spec, signal_jobs.pair(spec, Experiment(), None))

    assert found.skips.trace.params == shipped.cached.trace(spec).params
    assert len(found.skips.runs) == 3
    assert stamp.date


@pytest.mark.parametrize("name", NAMES)
def test_each_is_drawn_and_told(name):
    spec, _ = read(name.replace("torchvision.", "torchvision:"))
    pair, _ = shipped.pair(spec, signal_jobs.pair(spec, Experiment(), None))

    for of in Of:
        assert text.signals.gradients(pair, of)
        text.signals.meaning(pair, of)
        assert figures.gradients(pair, of).data
    assert all(text.measured.outputs(pair, at) for at in At)


def test_another_request_or_network_has_none():
    spec = PRESETS[SMALL].spec

    assert shipped.pair(spec, signal_jobs.pair(spec, Experiment().changed(batch=2), None)) is None
    other = spec.changed(classes=7)
    assert shipped.pair(other, signal_jobs.pair(other, Experiment(), None)) is None


def test_the_twin_finds_its_networks():
    spec = PRESETS[SMALL].spec

    both = [shipped.pair(one, signal_jobs.pair(one, Experiment(), None)) for one in (spec, twin(spec))]

    assert both[0] == both[1]


def test_a_damaged_file_is_none(tmp_path, monkeypatch):
    spec = PRESETS["resnet32_cifar"].spec
    (tmp_path / "resnet32_cifar.npz").write_bytes(b"PK\x03\x04 damaged")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    read = shipped._read.__wrapped__
    monkeypatch.setattr(shipped, "_read", read)

    assert shipped.pair(spec, signal_jobs.pair(spec, Experiment(), None)) is None


@pytest.mark.slow
def test_measured_again_the_numbers_are_the_same(tmp_path, monkeypatch):
    spec = PRESETS[SMALL].spec
    request = signal_jobs.pair(spec, Experiment(), None)
    before, _stamp = shipped.pair(spec, request)

    ship(SMALL, tmp_path)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    after, stamp = shipped._read.__wrapped__(SMALL, spec)

    assert stamp.key == request.key
    assert after.plain.ratio() == pytest.approx(before.plain.ratio(), rel=0.05)
    assert after.skips.ratio() == pytest.approx(before.skips.ratio(), rel=0.05)


def test_a_training_is_found_by_its_settings_and_by_no_others():
    runs = [runner.run for runner in runners(RECIPES["digits"].race, NetworkSpec())]

    for run in runs:
        found, made = shipped.run(run)
        assert (found.run, len(found.epochs), len(found.answers)) == (run, 15, 360)
        assert found.epochs[-1].test_accuracy == pytest.approx(found.answers.count("1") / 360)
        assert "PyTorch" in made
    assert shipped.run(runs[0].changed(epochs=14)) is None


def test_a_damaged_training_is_none(tmp_path, monkeypatch):
    (run, *__) = (runner.run for runner in runners(RECIPES["digits"].race, NetworkSpec()))
    monkeypatch.setattr(shipped, "RUNS", tmp_path)
    for wrong in ("", "{}", "[1]", '{"run": {}, "epochs": "a,b", "made": "", "answers": ""}'):
        (tmp_path / f"{identity(run)}.json").write_text(wrong)
        assert shipped.run.__wrapped__(run) is None


def test_finished_runs_of_a_folder_are_shipped_and_found_again(tmp_path, monkeypatch):
    network = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, shortcut="pad", input_shape=(1, 8, 8), classes=10)
    own, store = RunSpec(network=network, epochs=2, batch=256), RunStore(tmp_path / "runs")
    list(kept(own, store))

    ship_run(own, tmp_path / "shipped", kept_runs=tmp_path / "runs")
    monkeypatch.setattr(shipped, "RUNS", tmp_path / "shipped")
    found, made = shipped.run(own)

    assert found.epochs == store.find(own).epochs
    assert found.answers == store.find(own).answers
    assert made.startswith(f"{datetime.now(UTC).year}")


def test_a_run_that_is_not_finished_is_not_shipped(tmp_path):
    going = kept(RunSpec(epochs=2), RunStore(tmp_path))
    next(going)
    going.close()

    for runs in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(SystemExit, match="is not finished"):
            ship_run(RunSpec(epochs=2), tmp_path / "shipped", kept_runs=runs)
    assert not (tmp_path / "shipped").exists()
