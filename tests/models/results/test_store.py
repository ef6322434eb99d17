"""Stores of results: bounded, shared between servers; damaged entries count as missing."""

import pytest

from models.results.codec import encode
from models.results.store import FolderStore, MemoryStore, Stores

SIZE = len(encode("x" * 8))


def put(store, *keys):
    for key in keys:
        store.put(key, key * 8, SIZE)


def test_memory_keeps_what_was_asked_for_last():
    gone = []
    store = MemoryStore(2 * SIZE, dropped=gone.append)
    put(store, "a", "b")
    assert store.get("a") == "a" * 8

    put(store, "c")

    assert (gone, list(store)) == (["b"], ["a", "c"])


def test_the_newest_result_is_kept_however_large():
    store = MemoryStore(1)
    put(store, "a", "b")

    assert list(store) == ["b"]


def test_a_folder_is_shared_and_bounded(tmp_path):
    first, second = (FolderStore(tmp_path, room) for room in (4 * SIZE, 10**6))
    put(first, "a")
    assert second.get("a") == "a" * 8

    put(first, *"bcdefgh")

    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4 * SIZE
    assert first.get("h") == "h" * 8
    assert first.get("a") is None
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".zip"]


def test_what_is_damaged_counts_as_not_there(tmp_path):
    store = FolderStore(tmp_path, 10**6)
    put(store, "a")
    (tmp_path / "a.zip").write_bytes(b"half a fi")

    assert store.get("a") is None
    put(store, "a")
    assert store.get("a") == "a" * 8


def test_a_folder_that_cant_be_written_breaks_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = FolderStore(tmp_path / "file" / "inside", 10**6)
    put(store, "a")

    assert store.get("a") is None


def test_what_is_larger_than_the_folder_may_be_is_not_kept(tmp_path):
    store = FolderStore(tmp_path, SIZE - 1)
    put(store, "a")

    assert not list(tmp_path.iterdir())


def test_stores_are_asked_in_order_and_the_nearer_ones_keep_it_too(tmp_path):
    near, far = MemoryStore(10**6), FolderStore(tmp_path, 10**6)
    put(far, "a")
    both = Stores([near, far])

    assert both.get("a") == "a" * 8
    assert near.get("a") == "a" * 8
    assert both.get("b") is None
    put(both, "b")
    assert near.get("b") == far.get("b") == "b" * 8


@pytest.mark.parametrize("key", ["a" * 32])
def test_a_key_is_a_files_name(tmp_path, key):
    FolderStore(tmp_path, 10**6).put(key, 1, SIZE)

    assert (tmp_path / f"{key}.zip").exists()
