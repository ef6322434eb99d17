"""Runs on disk, read as untrusted files: whatever they contain, reading never raises or waits, and no run is lost."""

import json
import os
import shutil
import threading
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.messages import message
from models.specs.spec import NetworkSpec
from models.training.run_files import MOST_BYTES
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import RunStoreError, Status, identity
from tests.conftest import ROOT

STORED = ROOT / "tests/models/training/stored_runs"
FIRST, SECOND = "resnet-4-digits-786179fe72", "resnet-4-digits-36c6a2bd3c"  # formats 1 and 2 of one training
RUN = RunSpec(
    network=NetworkSpec(
        stem="cifar", base_width=2, stages=(1,), shortcut="pad", norm="group", input_shape=(1, 8, 8), classes=10
    ),
    epochs=2,
    batch=128,
    device="cpu",
    learning_rate=0.05,
)


@pytest.fixture
def runs(tmp_path):
    """A folder with one finished training, in the second format."""
    shutil.copytree(STORED / SECOND, tmp_path / SECOND)
    return RunStore(tmp_path)


def within(seconds, work):
    """Return the result of work that must end within so many seconds."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert found, "it waits"
    return found[0]


@pytest.mark.parametrize("own", [FIRST, SECOND])
def test_a_run_of_an_earlier_version_is_read_and_found_under_its_own_name(tmp_path, own):
    shutil.copytree(STORED / own, tmp_path / own)

    found = RunStore(tmp_path).find(RUN)

    assert (found.id, found.status, found.run, len(found.epochs)) == (own, Status.DONE, RUN, 2)
    assert found.epochs[1].train_loss == 2.334327914498069
    assert RunStore(tmp_path).id_of(replace(RUN, seed=1)) == identity(replace(RUN, seed=1))  # another run is not found


def test_the_second_format_keeps_which_test_images_were_right(runs):
    found = runs.find(RUN)

    assert len(found.answers) == 360
    assert found.answers.count("1") == round(found.epochs[-1].test_accuracy * 360)


def test_a_field_that_a_later_version_adds_changes_no_id():
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Later(RunSpec):
        mixup: float = 0.0

    assert Later().digest == RunSpec().digest
    assert Later(mixup=0.5).digest != RunSpec().digest
    assert identity(RUN) == SECOND  # ids have not changed since format 2


def test_fields_of_a_newer_version_are_told_and_the_run_stays_whole(runs):
    file = runs.folder / SECOND / "run.json"
    stored = json.loads(file.read_text())
    stored["run"] |= {"mixup": 0.5}
    stored["run"]["network"] |= {"attention": "none"}
    file.write_text(json.dumps(stored | {"format": 9, "mood": "good"}))

    [found] = runs.all()

    assert (found.status, found.unknown) == (Status.DONE, ("mixup", "network.attention"))
    assert runs.find(replace(RUN, learning_rate=0.06)) is None


def test_a_run_with_unknown_fields_is_no_other_training_of_the_known_ones(runs):
    file = runs.folder / SECOND / "run.json"
    stored = json.loads(file.read_text())
    stored["run"]["mixup"] = 0.5
    file.write_text(json.dumps(stored))
    (runs.folder / SECOND).rename(runs.folder / "its-newer-name")

    assert runs.find(RUN) is None


BAD_IDS = ["", ".", "..", "\0", "a\0b", "a" * 256, "ü" * 200, "../x", "/etc", "a/b", "\\", ".hidden", "\udce4", "\n"]


def test_the_reason_of_a_failure_is_kept(runs):
    reason = message("The disk of {server} is full.", server=message("server {n}", n=3))
    runs.begin(RUN)
    runs.end(RUN, Status.FAILED, reason)

    assert runs.find(RUN).why == reason


def test_a_reason_that_an_earlier_version_wrote_as_a_text_is_read(runs):
    file = runs.folder / SECOND / "run.json"
    why = {"state": "failed", "why": "The loss was nan at step 1: {x}."}
    file.write_text(json.dumps(json.loads(file.read_text()) | why))

    found = runs.read(SECOND)

    assert (found.status, str(found.why)) == (Status.FAILED, "The loss was nan at step 1: {x}.")


@pytest.mark.parametrize("own", BAD_IDS, ids=ascii)
def test_no_id_breaks_the_reading_or_leaves_anything_behind(runs, own):
    before = sorted(os.listdir(runs.folder))

    assert runs.read(own).status is Status.DAMAGED
    with pytest.raises(RunStoreError, match="There is no run"):
        runs.delete(own)
    assert sorted(os.listdir(runs.folder)) == before


def pipe(file):
    file.unlink()
    os.mkfifo(file)


def endless(file):
    file.unlink()
    file.symlink_to("/dev/zero")


def folder(file):
    file.unlink()
    file.mkdir()


def zeros(file):
    file.write_bytes(b"\0" * 4096)


def many_zeros(file):
    file.write_bytes(b"\0" * 200_000)


def deep(file):
    file.write_text("[" * 100_000)


def deep_header(file):
    text = b'{"a":' * 50_000
    file.write_bytes(len(text).to_bytes(8, "little") + text)


def enormous(file):
    with file.open("r+b") as opened:
        opened.truncate(MOST_BYTES.get(file.name, 1 << 30) + 1)


@pytest.mark.parametrize("name", ["run.json", "epochs.csv", "weights.safetensors"])
@pytest.mark.parametrize("damage", [pipe, endless, folder, zeros, many_zeros, deep, deep_header, enormous])
def test_whatever_a_file_is_the_run_is_listed_as_damaged_with_the_reason_and_can_be_deleted(runs, name, damage):
    damage(runs.folder / SECOND / name)

    [found] = within(20, runs.all)

    assert (found.id, found.status) == (SECOND, Status.DAMAGED)
    assert name in str(found.why)
    within(20, lambda: runs.delete(SECOND) or True)
    assert os.listdir(runs.folder) == [".index"]


@given(st.sampled_from(["run.json", "epochs.csv", "weights.safetensors", "test_answers.txt"]), st.binary(max_size=300))
def test_no_bytes_make_the_reading_raise(tmp_path_factory, name, content):
    runs = RunStore(tmp_path_factory.mktemp("runs"))
    shutil.copytree(STORED / SECOND, runs.folder / SECOND)
    (runs.folder / SECOND / name).write_bytes(content)

    [found] = runs.all()

    assert found.status is (Status.DONE if name == "test_answers.txt" else Status.DAMAGED)
    assert found.answers == "" or name != "test_answers.txt"


@given(st.data())
def test_no_part_of_a_runs_own_bytes_replaced_makes_it_raise(tmp_path_factory, data):
    runs = RunStore(tmp_path_factory.mktemp("runs"))
    shutil.copytree(STORED / SECOND, runs.folder / SECOND)
    file = runs.folder / SECOND / data.draw(st.sampled_from(["run.json", "epochs.csv", "weights.safetensors"]))
    content = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
    file.write_bytes(content)

    [found] = runs.all()
    runs.find(RUN)

    assert found.status in (Status.DONE, Status.DAMAGED)
    assert found.status is Status.DAMAGED or len(found.epochs) == found.run.all_epochs


def change(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_what_says_that_it_is_done_has_all_of_its_epochs(runs):
    file = runs.folder / SECOND / "epochs.csv"
    header, first, second = file.read_text().splitlines()

    for lines, why in (
        ([header], "has only 0 of 2 epochs"),
        ([header, first], "has only 1 of 2 epochs"),
        (
            [header, first, second, second.replace("2,22", "3,33")],
            "line 3 of epochs.csv is not a valid record of epoch 3 of this run",
        ),
        ([header, second], "line 1 of epochs.csv is not a valid record of epoch 1"),
        ([header, first, second[:-30]], "an incomplete line"),
        (
            [header, first.replace("0.0951", "1.0951", 1), second],
            "line 1 of epochs.csv is not a valid record of epoch 1",
        ),
    ):
        file.write_text("\n".join(lines) + "\n")
        found = runs.read(SECOND)
        assert found.status is Status.DAMAGED, why
        assert why in str(found.why)


def test_a_table_with_more_epochs_than_its_training_is_damaged(runs):
    change(runs.folder / SECOND / "run.json", '"epochs": 2', '"epochs": 1')

    assert runs.read(SECOND).status is Status.DAMAGED


def test_a_time_that_none_is_does_not_disturb_the_order(runs):
    for place, time in enumerate(("NaN", "1e400", "-5", '"noon"', "[]")):
        shutil.copytree(STORED / SECOND, runs.folder / f"copy-{place}")
        file = runs.folder / f"copy-{place}" / "run.json"
        stored = json.loads(file.read_text())
        file.write_text(file.read_text().replace(repr(stored["created"]), time))

    assert [kept.id for kept in runs.all()] == [SECOND, *(f"copy-{place}" for place in range(5))]


def test_a_damaged_folder_is_moved_aside_when_its_training_begins_anew(runs):
    zeros(runs.folder / SECOND / "epochs.csv")
    weights = (runs.folder / SECOND / "weights.safetensors").read_bytes()

    runs.begin(RUN)
    runs.end(RUN, Status.PAUSED)

    aside = runs.folder / f"{SECOND}.damaged-1"
    assert (aside / "weights.safetensors").read_bytes() == weights
    assert {kept.id: kept.status for kept in runs.all()} == {aside.name: Status.DAMAGED, SECOND: Status.PAUSED}
    runs.delete(aside.name)


def test_a_folder_that_is_a_link_is_told_and_only_the_link_is_deleted(runs, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "precious").write_text("x")
    (runs.folder / "linked").symlink_to(elsewhere)
    (runs.folder / identity(replace(RUN, seed=1))).symlink_to(elsewhere)

    assert {kept.why and str(kept.why) for kept in runs.all()} == {None, "it is a link, not a folder"}
    with pytest.raises(RunStoreError, match="is a link"):
        runs.begin(replace(RUN, seed=1))
    runs.delete("linked")
    assert (elsewhere / "precious").read_text() == "x"
    assert not (runs.folder / "linked").is_symlink()


@pytest.mark.parametrize("name", ["x" * 255, "é" * 120, "a\nb", "tab\there", "a b"])
def test_a_folder_of_any_name_is_listed_and_can_be_deleted(runs, name):
    (runs.folder / name).mkdir()

    assert name in [kept.id for kept in runs.all()]
    runs.delete(name)
    assert [kept.id for kept in runs.all()] == [SECOND]


def test_looking_at_a_run_that_stopped_makes_no_lock(runs):
    change(runs.folder / SECOND / "run.json", '"state": "done"', '"state": "running"')

    assert runs.read(SECOND).status is Status.STOPPED
    assert os.listdir(runs.folder) == [SECOND]


def test_a_folder_however_deep_is_listed_and_can_be_deleted(runs):
    inner = runs.folder / "deep"
    inner.mkdir()
    here = os.open(inner, os.O_RDONLY)
    for _ in range(1_500):  # deeper than a path can express
        os.mkdir("a", dir_fd=here)
        before, here = here, os.open("a", os.O_RDONLY, dir_fd=here)
        os.close(before)
    os.close(here)

    assert {kept.id: kept.status for kept in runs.all()} == {"deep": Status.DAMAGED, SECOND: Status.DONE}
    runs.delete("deep")
    assert [kept.id for kept in runs.all()] == [SECOND]


def test_a_table_of_nothing_but_line_ends_is_not_read_to_its_end(runs, monkeypatch):
    import csv

    rows = []
    reader = csv.reader

    def counted(file):
        for row in reader(file):
            rows.append(1)
            yield row

    monkeypatch.setattr("models.training.run_files.csv.reader", counted)
    (runs.folder / SECOND / "epochs.csv").write_text("\n" * 1_000_000)

    assert runs.read(SECOND).status is Status.DAMAGED
    assert len(rows) < 10


def test_a_damaged_run_of_another_name_is_let_be(runs):
    (runs.folder / SECOND).rename(runs.folder / "mine")
    zeros(runs.folder / "mine" / "epochs.csv")

    runs.begin(RUN)
    assert runs.find(RUN).status is Status.RUNNING
    with pytest.raises(RunStoreError, match="being trained"):
        runs.delete(SECOND)
    runs.end(RUN, Status.PAUSED)

    assert {found.id: found.status for found in runs.all()} == {SECOND: Status.PAUSED, "mine": Status.DAMAGED}
    for kept in runs.all():
        runs.delete(kept.id)
    assert [path.name for path in runs.folder.iterdir() if path.is_dir()] == [".index"]
