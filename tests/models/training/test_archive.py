"""A run as one file, and back on another machine."""

import contextlib
import io
import json
import shutil
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.specs.spec import NetworkSpec
from models.training.archive import ArchiveError, pack, unpack
from models.training.epoch_weights import stored
from models.training.predict import Trained
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import RunStoreError, Status
from tests.models.training.test_run_store import SECOND, STORED

SMALL = RunSpec(
    network=NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, shortcut="pad", input_shape=(1, 8, 8), classes=10),
    epochs=3,
    batch=256,
)


@pytest.fixture
def here(tmp_path):
    shutil.copytree(STORED / SECOND, tmp_path / "here" / SECOND)
    return RunStore(tmp_path / "here")


@pytest.fixture
def there(tmp_path):
    return RunStore(tmp_path / "there")


def zipped(files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return made.getvalue()


def content(data):
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name.partition("/")[2]: file.read(name) for name in file.namelist()}


def test_a_finished_run_is_the_same_on_the_other_machine(here, there):
    before = here.read(SECOND)

    found = unpack(there, pack(here, SECOND))

    assert (found.run, found.epochs, found.answers, found.status) == (
        before.run,
        before.epochs,
        before.answers,
        Status.DONE,
    )
    assert there.index.newest()[0].id == found.id
    first, second = (Trained.load(before.run, store).network.state_dict() for store in (here, there))
    assert all((first[name] == second[name]).all() for name in first)
    assert [path.name for path in there.folder.iterdir() if path.name.startswith(".archive")] == []


def test_who_owns_a_run_stays_on_the_machine(here):
    file = here.folder / SECOND / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"owners": ["secret"], "process": 7}))

    stored = json.loads(content(pack(here, SECOND))["run.json"])

    assert {"owners", "process"} & stored.keys() == set()


def test_a_paused_run_goes_on_where_it_was(tmp_path, there):
    whole, here = RunStore(tmp_path / "whole"), RunStore(tmp_path / "here")
    expected = list(kept(SMALL, whole))
    going = kept(SMALL, here)
    next(going)
    going.close()

    found = unpack(there, pack(here, here.id_of(SMALL)))

    assert (found.status, len(found.epochs)) == (Status.PAUSED, 1)
    assert [one.train_loss for one in kept(SMALL, there)] == [one.train_loss for one in expected]


def test_what_is_here_is_not_overwritten(here, there):
    data = pack(here, SECOND)
    unpack(there, data)

    with pytest.raises(ArchiveError, match="is here already"):
        unpack(there, data)
    with pytest.raises(ArchiveError, match=f"{SECOND} is here already"):
        unpack(here, data)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"run.json": None}, "must hold run.json"),
        ({"more.txt": b""}, "must hold run.json"),
        ({"run.json": b"{"}, "run.json is not JSON"),
        ({"epochs.csv": b"nonsense"}, "epochs.csv has no column"),
        ({"weights.safetensors": b"\x00" * 20}, "not a complete safetensors file"),
        ({"weights.safetensors": None}, "weights.safetensors is missing"),
        ({"run.json": b" " * (2 << 20)}, "run.json is larger than 1,048,576 bytes"),
    ],
)
def test_an_archive_that_is_not_whole_is_refused_and_leaves_nothing(here, there, change, why):
    files = content(pack(here, SECOND)) | change

    with pytest.raises(ArchiveError, match=why):
        unpack(there, zipped({name: value for name, value in files.items() if value is not None}))
    assert there.all() == ()
    assert list(there.folder.glob(".archive*")) == []


def test_a_run_of_a_newer_version_is_refused_with_what_is_unknown(here, there):
    files = content(pack(here, SECOND))
    stored = json.loads(files["run.json"])
    stored["run"]["colour"] = "red"

    with pytest.raises(ArchiveError, match="newer version, with fields that are unknown here: colour"):
        unpack(there, zipped(files | {"run.json": json.dumps(stored)}))


def test_no_path_in_an_archive_leads_out_of_the_folder(here, there, tmp_path):
    files = content(pack(here, SECOND))

    found = unpack(there, zipped({f"../../{name}": value for name, value in files.items()}))

    assert found.status is Status.DONE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "there"]


def test_a_run_that_is_not_there_is_told(there):
    with pytest.raises(RunStoreError, match="There is no run 'nothing'"):
        pack(there, "nothing")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_archive_is_refused_or_whole(tmp_path_factory, place, change):
    folder = tmp_path_factory.mktemp("any")
    shutil.copytree(STORED / SECOND, folder / "here" / SECOND)
    data = bytearray(pack(RunStore(folder / "here"), SECOND))
    data[place % len(data)] ^= change

    with contextlib.suppress(ArchiveError):
        unpack(RunStore(folder / "there"), bytes(data))
    assert list((folder / "there").glob(".archive*")) == []


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200))
def test_any_other_file_is_refused(tmp_path_factory, data):
    store = RunStore(tmp_path_factory.mktemp("any"))

    with pytest.raises(ArchiveError):
        unpack(store, data)
    assert store.all() == ()


def test_the_weights_of_epochs_come_along(tmp_path, there):
    here = RunStore(tmp_path / "here")
    list(kept(SMALL, here))

    unpack(there, pack(here, here.id_of(SMALL)))

    assert list(stored(there, SMALL)) == [1, 2]


def test_more_files_of_epochs_than_are_kept_are_refused(here, there):
    files = content(pack(here, SECOND)) | {f"epoch-{number:04}.safetensors": b"" for number in range(41)}

    with pytest.raises(ArchiveError, match="not the archive of a run"):
        unpack(there, zipped(files))
