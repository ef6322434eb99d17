"""The list of runs: what the folders hold, at the cost of a database's answer."""

import json
import os
import shutil
import threading
import time
from dataclasses import replace

import pytest

from models.training import index_file
from models.training.data_registry import DATA, DataSet
from models.training.run_index import _rest
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import RunStoreError, Status, identity
from tests.models.training.test_run_store import RUN, SECOND, STORED, zeros


@pytest.fixture
def runs(tmp_path):
    return RunStore(tmp_path)


def put(runs, name, **changes):
    """Copy the stored run to another name, with other values in its run.json."""
    shutil.copytree(STORED / SECOND, runs.folder / name)
    file = runs.folder / name / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def ids(found):
    return [one.id for one in found]


def read_all(runs):
    end = time.monotonic() + 120
    while runs.index.unread() and time.monotonic() < end:
        time.sleep(0.02)
    assert not runs.index.unread()


def test_a_summary_says_what_the_run_says(runs):
    put(runs, SECOND)

    [found] = runs.index.newest()
    whole = runs.read(SECOND)

    for name in ("id", "status", "why", "run", "unknown", "created", "size", "stamp"):
        assert getattr(found, name) == getattr(whole, name), name
    assert (found.epochs, found.accuracy) == (len(whole.epochs), whole.epochs[-1].test_accuracy)
    assert runs.index.totals() == (1, whole.size)


def test_the_newest_come_first_and_in_parts(runs):
    for number in range(7):
        put(runs, f"run {number}", created=1e9 + number)

    assert ids(runs.index.newest()) == [f"run {number}" for number in reversed(range(7))]
    assert ids(runs.index.newest(start=2, most=3)) == ["run 4", "run 3", "run 2"]


def test_many_are_read_in_the_background_and_none_is_lost(runs):
    for number in range(60):
        put(runs, f"run {number}", created=1e9 + number)

    first = runs.index.newest()
    read_all(runs)

    assert len(first) < 60
    assert len(runs.index.newest()) == 60


def test_what_changes_on_the_disk_is_seen(runs):
    put(runs, "one")
    put(runs, "two")
    assert len(runs.index.newest()) == 2

    zeros(runs.folder / "one" / "epochs.csv")
    shutil.rmtree(runs.folder / "two")
    put(runs, "three")
    runs.index.changed()

    assert {one.id: one.status for one in runs.index.newest()} == {"one": Status.DAMAGED, "three": Status.DONE}


def test_a_run_that_is_deleted_or_begun_here_is_seen_at_once(runs):
    runs.begin(RUN)
    assert [one.status for one in runs.index.newest()] == [Status.RUNNING]
    runs.end(RUN, Status.PAUSED)
    assert [one.status for one in runs.index.newest()] == [Status.PAUSED]
    runs.delete(identity(RUN))

    assert runs.index.newest() == ()
    assert runs.index.totals() == (0, 0)


def test_a_process_that_died_leaves_a_stopped_run(runs):
    runs.begin(RUN)
    assert [one.status for one in runs.index.newest()] == [Status.RUNNING]
    from models.training import run_store

    run_store._AT_WORK.pop(runs.folder / identity(RUN)).release()

    assert [one.status for one in runs.index.newest()] == [Status.STOPPED]


def test_a_run_of_another_name_is_found_by_its_training(runs):
    put(runs, "mine")

    assert runs.index.with_digest(RUN.digest) == "mine"
    assert runs.find(RUN).id == "mine"
    assert runs.index.with_digest(replace(RUN, seed=4).digest) is None


def test_the_runs_of_a_network_are_found(runs):
    put(runs, "trained")
    other = replace(RUN, network=replace(RUN.network, base_width=4))
    runs.begin(other)
    runs.end(other, Status.PAUSED)  # without an epoch

    assert ids(runs.index.of_pair(RUN.network, RUN.network)) == ["trained"]
    assert runs.index.of_pair(other.network, other.network) == ()


def test_a_run_on_data_that_is_no_longer_there_is_listed_as_damaged(runs, monkeypatch):
    own = DataSet(name="pets-8", title="Pets", shape=(1, 8, 8), classes=10, train=1_437, test=360, load="none")
    monkeypatch.setitem(DATA, own.name, own)
    stored = json.loads((STORED / SECOND / "run.json").read_text())["run"]
    put(runs, "pets", run=stored | {"data": own.name})
    assert [one.status for one in runs.index.newest()] == [Status.DONE]
    monkeypatch.delitem(DATA, own.name)
    _rest.cache_clear()

    [found] = runs.index.newest()

    assert found.status is Status.DAMAGED
    assert "data: must be" in str(found.why)


def test_each_owner_sees_their_own(runs):
    put(runs, "mine", created=1.0)
    put(runs, "yours", created=2.0)
    put(runs, "ours", created=3.0)
    for own, owner in (("mine", "me"), ("ours", "me"), ("yours", "you"), ("ours", "you")):
        runs.index.own(own, owner)

    assert ids(runs.index.newest(owner="me")) == ["ours", "mine"]
    assert ids(runs.index.newest(owner="you")) == ["ours", "yours"]
    assert runs.index.newest(owner="a stranger") == ()
    assert runs.index.totals("me")[0] == 2
    assert runs.index.owners("ours") == ("me", "you")
    assert runs.index.disown("ours", "me") == ("you",)
    assert ids(runs.index.newest(owner="me")) == ["mine"]


def test_owners_outlive_the_index(runs):
    runs.index.own(identity(RUN), "me")
    runs.begin(RUN)
    runs.end(RUN, Status.PAUSED)
    shutil.rmtree(runs.folder / index_file.FOLDER)

    assert ids(runs.index.newest(owner="me")) == [identity(RUN)]
    assert runs.read(identity(RUN)).owners == ("me",)


@pytest.mark.parametrize("owners", ["me", 3, [1, None], ["x" * 100], {"me": 1}])
def test_owners_that_are_none_are_ignored(runs, owners):
    put(runs, "mine", owners=owners)

    assert runs.read("mine").owners == ()
    assert len(runs.index.newest()) == 1


def test_a_damaged_index_is_made_anew(runs):
    put(runs, "mine")
    runs.index.newest()
    (runs.folder / index_file.FOLDER / "runs.sqlite").write_bytes(b"no database " * 1_000)

    assert ids(runs.index.newest()) == ["mine"]


def test_a_database_that_is_damaged_inside_is_made_anew(runs):
    for number in range(40):
        put(runs, f"run {number}")
    read_all(runs)
    file = runs.folder / index_file.FOLDER / "runs.sqlite"
    whole = file.read_bytes()
    file.write_bytes(whole[:8_192] + b"\xff" * (len(whole) - 8_192))

    read_all(runs)
    assert len(runs.index.newest()) == 40


def test_a_full_disk_still_lists_the_runs(runs, monkeypatch):
    import sqlite3

    put(runs, "mine")

    def full(file):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(index_file, "_connected", full)

    assert ids(runs.index.newest()) == ["mine"]


def test_a_folder_that_is_a_link_is_followed(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "runs").symlink_to(tmp_path / "disk")
    runs = RunStore(tmp_path / "runs")
    put(runs, "mine")

    assert ids(runs.index.newest()) == ["mine"]


def test_what_could_not_be_read_is_kept_whatever_its_age(runs, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_MOST_DAYS", "10")
    put(runs, "damaged", created=1.0)
    (runs.folder / "damaged" / "run.json").write_text("{")
    (runs.folder / "somebody's folder").mkdir()

    runs.clean()

    assert len(runs.index.newest()) == 2


def test_a_run_that_could_not_be_read_for_a_moment_is_read_again(runs, monkeypatch):
    put(runs, "mine")
    from models.training import run_files

    read = run_files.read_json
    monkeypatch.setattr(run_files, "read_json", lambda path: (_ for _ in ()).throw(OSError("too many open files")))
    assert [one.status for one in runs.index.newest()] == [Status.DAMAGED]
    monkeypatch.setattr(run_files, "read_json", read)

    assert [one.status for one in runs.index.newest()] == [Status.DONE]


def test_starting_anothers_run_does_not_endanger_it(runs, monkeypatch):
    put(runs, "victim", created=1.0)
    runs.index.own("victim", "victim")
    runs.index.own("victim", "who has many")
    for number in range(4):
        put(runs, f"many {number}", created=10.0 + number)
        runs.index.own(f"many {number}", "who has many")
    monkeypatch.setenv("SKIPSCOPE_MOST_RUNS", "4")

    runs.make_room(1)

    assert set(ids(runs.index.newest())) == {"victim", "many 2", "many 3"}


def test_where_bytes_are_short_who_has_most_bytes_makes_way(runs, monkeypatch):
    put(runs, "large", created=5.0)
    (runs.folder / "large" / "more").write_bytes(b"x" * 100_000)
    runs.index.own("large", "who has much")
    for number in range(3):
        put(runs, f"small {number}", created=1.0 + number)
        runs.index.own(f"small {number}", "who has many")
    monkeypatch.setenv("SKIPSCOPE_MOST_RUNS", "100")
    monkeypatch.setenv("SKIPSCOPE_MOST_RUN_BYTES", "90000")

    runs.make_room(1)

    assert "large" not in ids(runs.index.newest())
    assert len(runs.index.newest()) == 3


def test_a_race_that_never_fits_deletes_nothing(runs, monkeypatch):
    put(runs, "one")
    monkeypatch.setenv("SKIPSCOPE_MOST_RUNS", "1")

    runs.make_room(2)

    assert ids(runs.index.newest()) == ["one"]


def test_who_has_disowned_a_run_does_not_get_it_back(runs):
    put(runs, "ours", owners=["me", "you"])
    assert ids(runs.index.newest(owner="me")) == ["ours"]

    assert runs.disown("ours", "me") == ("you",)
    shutil.rmtree(runs.folder / index_file.FOLDER)

    assert runs.index.newest(owner="me") == ()
    assert ids(runs.index.newest(owner="you")) == ["ours"]


def test_owners_of_what_never_began_are_forgotten_after_a_day(runs, monkeypatch):
    put(runs, "mine")
    runs.index.own("mine", "me")
    runs.index.own("never begun", "me")
    monkeypatch.setenv("SKIPSCOPE_MOST_DAYS", "1e5")
    now = time.time()
    runs.clean()
    assert runs.index.owners("never begun") == ("me",)
    monkeypatch.setattr("models.training.run_index.time.time", lambda: now + 2 * 86_400)

    runs.clean()

    assert runs.index.owners("never begun") == ()
    assert runs.index.owners("mine") == ("me",)


def test_a_run_is_found_by_its_id(runs):
    put(runs, "mine")

    assert runs.index.one("mine").id == "mine"
    assert runs.index.one("yours") is None


def test_where_nothing_can_be_written_the_index_is_kept_in_memory(runs, monkeypatch):
    put(runs, "mine")
    monkeypatch.setattr(index_file.os, "access", lambda *_: False)

    assert ids(runs.index.newest()) == ["mine"]
    assert ids(runs.index.newest()) == ["mine"]
    assert list((runs.folder / index_file.FOLDER).glob("*")) == []


def test_a_folder_that_there_is_not_has_no_runs_and_is_not_made(tmp_path):
    index = RunStore(tmp_path / "none").index

    assert (index.newest(), index.totals(), index.unread(), index.owners("x")) == ((), (0, 0), 0, ())
    assert not (tmp_path / "none").exists()


def test_several_threads_read_one_list(runs):
    for number in range(30):
        put(runs, f"run {number}")
    found, troubles = [], []

    def look():
        try:
            for _ in range(5):
                runs.index.newest()
            read_all(runs)
            found.append(len(runs.index.newest()))
        except Exception as error:  # noqa: BLE001
            troubles.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (found, troubles) == ([30] * 4, [])


def test_files_and_names_that_are_no_runs_are_left_out(runs):
    put(runs, "mine")
    (runs.folder / "notes.txt").write_text("no run")
    (runs.folder / ".hidden").mkdir()
    os.mkdir(os.fsencode(runs.folder) + b"/\xff\xfe")  # noqa: PTH102  # a name that is no text

    assert ids(runs.index.newest()) == ["mine"]


def test_old_runs_are_deleted_but_none_that_is_trained(runs, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_MOST_DAYS", "10")
    put(runs, "old", created=time.time() - 11 * 86_400)
    put(runs, "young", created=time.time() - 9 * 86_400)
    trained = replace(RUN, seed=7)
    runs.begin(trained)

    runs.clean()

    assert {one.id for one in runs.index.newest()} == {"young", identity(trained)}
    runs.end(trained, Status.PAUSED)


def test_without_an_age_nothing_is_deleted(runs):
    put(runs, "old", created=1.0)

    runs.clean()

    assert ids(runs.index.newest()) == ["old"]


def test_when_the_server_is_full_the_oldest_of_who_has_most_makes_way(runs, monkeypatch):
    for number in range(4):
        put(runs, f"many {number}", created=10.0 + number)
        runs.index.own(f"many {number}", "who has many")
    put(runs, "single", created=1.0)
    runs.index.own("single", "who has one")
    monkeypatch.setenv("SKIPSCOPE_MOST_RUNS", "5")

    runs.make_room(2)

    assert set(ids(runs.index.newest())) == {"many 2", "many 3", "single"}


def test_a_server_without_such_a_limit_makes_no_room(runs):
    put(runs, "one")

    runs.make_room(1_000)

    assert ids(runs.index.newest()) == ["one"]


def test_storage_that_is_used_up_is_told(runs, monkeypatch):
    put(runs, "one")
    monkeypatch.setenv("SKIPSCOPE_MOST_RUN_BYTES", "100")

    with pytest.raises(RunStoreError, match="Delete some of them first"):
        runs.begin(RunSpec(network=RUN.network, seed=8))
