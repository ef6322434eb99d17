"""The command `skipscope train`: what it trains, how it stops and goes on, and what it refuses."""

import os
import signal
import subprocess
import sys

import pytest
from PIL import Image

from models.specs.spec import NetworkSpec
from models.training.data_registry import DATA
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import Status
from models.training.trainer import train
from tests.conftest import ROOT
from tests.waiting import PATIENCE, until
from viz.command.main import main
from viz.command.train import races
from viz.state.recipes import HE_2015, RECIPES
from viz.state.training import runners

SMALL = "stages=1-1&stem=cifar&base_width=8&shortcut=pad"
QUERY = f"{SMALL}&training.epochs=2&training.batch=256"
NETWORK = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, shortcut="pad", input_shape=(1, 8, 8), classes=10)


def command(tmp_path, *more, query=QUERY):
    return ["train", f"http://127.0.0.1:8501/training?{query}", "--runs", str(tmp_path), *more]


def test_a_link_is_trained_as_the_page_would(tmp_path, capsys):
    assert main(command(tmp_path)) == 0

    found = {one.run.network: one for one in RunStore(tmp_path).all()}
    assert set(found) == {NETWORK, NETWORK.changed(shortcut="none")}
    own = found[NETWORK]
    [*expected] = train(RunSpec(network=NETWORK, epochs=2, batch=256))
    assert own.status is Status.DONE
    assert [one.train_loss for one in own.epochs] == [one.train_loss for one in expected]
    said = capsys.readouterr().err
    assert "ResNet-6 on digits, 2 epochs, 0% done" in said
    assert f"training error {1 - expected[1].train_accuracy:6.2%}" in said
    assert said.count("epoch 2/2") == 2


def test_what_is_trained_is_not_trained_again(tmp_path, capsys):
    assert main(command(tmp_path)) == 0
    first = {one.id: one.stamp for one in RunStore(tmp_path).all()}
    capsys.readouterr()

    assert main(command(tmp_path)) == 0

    assert {one.id: one.stamp for one in RunStore(tmp_path).all()} == first
    said = capsys.readouterr().err
    assert said.count("100% done") == 2
    assert "epoch 1/2" not in said


def test_another_seed_is_another_run(tmp_path):
    assert main(command(tmp_path, "--seed", "3", "--device", "cpu")) == 0

    assert {(one.run.seed, one.run.device) for one in RunStore(tmp_path).all()} == {(3, "cpu")}


def test_an_estimate_trains_nothing(tmp_path, capsys):
    assert main(command(tmp_path, "--estimate")) == 0

    assert RunStore(tmp_path).all() == ()
    said = capsys.readouterr().err
    assert said.count(", about ") == 2
    assert "in all on this machine (" in said


def test_interrupted_it_keeps_the_steps_and_goes_on_to_the_same_end(tmp_path):
    query = f"{SMALL}&training.epochs=60&training.batch=16&training.networks=sidebar"
    work = subprocess.Popen(
        [sys.executable, "-m", "viz.command.main", *command(tmp_path, query=query)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: any(one.epochs for one in RunStore(tmp_path).all()))
        os.kill(work.pid, signal.SIGINT)
        said = work.communicate(timeout=PATIENCE)[1]
    finally:
        work.kill()

    [stopped] = RunStore(tmp_path).all()
    assert (work.returncode, stopped.status) == (130, Status.PAUSED)
    assert "the same command goes on" in said
    assert 0 < len(stopped.epochs) < 60
    assert main(command(tmp_path, query=query)) == 0
    [done] = RunStore(tmp_path).all()
    assert [one.train_loss for one in done.epochs] == [one.train_loss for one in train(done.run)]


def test_a_run_that_diverges_is_told_and_the_others_go_on(tmp_path, capsys):
    query = f"{QUERY}&training.networks=sidebar~resnet56_cifar.norm-none.init-kaiming"

    assert main(command(tmp_path, query=query)) == 1

    said = capsys.readouterr().err
    assert "ResNet-56: The loss was" in said
    assert "failed: ResNet-56" in said
    assert "ResNet-6  epoch 2/2" in said


def test_a_run_that_fails_otherwise_is_told_and_the_others_go_on(tmp_path, capsys, monkeypatch):
    run = kept

    def failing(own, *more, **others):
        if own.network.plain:
            raise RuntimeError("CUDA out of memory")
        return run(own, *more, **others)

    monkeypatch.setattr("models.training.resume.kept", failing)
    query = f"{QUERY}&training.networks=twin~sidebar"

    assert main(command(tmp_path, query=query)) == 1

    said = capsys.readouterr().err
    assert "failed: Plain-6" in said
    assert "ResNet-6  epoch 2/2" in said


@pytest.mark.parametrize(
    ("race", "why"),
    [
        ("signals?stages=1-1&run=true", "must be a link of the Training page or one of digits"),
        ("nothing", "must be a link of the Training page or one of digits, orders"),
        ("training?training.epochs=0", "training.epochs: must be"),
        ("training?stages=0&training.epochs=2", "stages: must be"),
        ("training?training.networks=densenet121&training.pixels=28", "input_shape: must be at least 29 pixels"),
    ],
)
def test_what_can_not_be_trained_is_refused_in_words(tmp_path, capsys, race, why):
    assert main(["train", race, "--runs", str(tmp_path)]) == 2
    assert why in capsys.readouterr().err
    assert RunStore(tmp_path).all() == ()


def test_the_papers_experiments_are_all_there():
    """He et al. 2015, section 4.2: batch 128, 0.1 divided by 10 at 32k and 48k of 64k steps; 110 layers warm up."""
    found = [one for race, network in races("he2015") for one in runners(race, network)]

    assert [one.name for one in found] == [
        *(f"Plain-{depth}" for depth in (20, 32, 44, 56)),
        *(f"ResNet-{depth}" for depth in (20, 32, 44, 56, 110)),
    ]
    assert len(HE_2015) == 3
    for one in found:
        run = one.run
        assert (run.data, run.batch, run.all_steps, run.weight_decay, run.momentum) == (
            "cifar10",
            128,
            64_000,
            1e-4,
            0.9,
        )
        assert run.rate(40_000) == pytest.approx(0.01)
        assert run.rate(60_000) == pytest.approx(0.001)
        assert run.rate(20_000) == pytest.approx(0.1)
        assert (run.rate(0) < 0.01) == (one.name == "ResNet-110")
    pages = [one.run for one in runners(RECIPES["cifar"].race, NetworkSpec())]
    assert all(run in [one.run for one in found] for run in pages)  # the page's race goes on with the same runs


def test_a_folder_of_images_takes_the_place_of_the_races_data(tmp_path, capsys):
    folder = tmp_path / "animals"
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(12):
            colour = (20 * number, 200 if name == "cat" else 10, 99)
            Image.new("RGB", (8, 8), colour).save(folder / name / f"{number}.png")
    before = dict(DATA)
    try:
        few = QUERY.replace("batch=256", "batch=8")
        assert main(command(tmp_path / "runs", "--images", str(folder), "--image-side", "16", query=few)) == 0
    finally:
        DATA.clear()
        DATA.update(before)

    said = capsys.readouterr().err
    assert "ResNet-6 on animals-16-" in said
    assert "epoch 2/2" in said
    assert main(command(tmp_path / "runs", "--images", "nowhere")) == 2
    assert "nowhere is not a folder" in capsys.readouterr().err
