"""Turns at drawing pages."""

import threading

import pytest

from viz.backend import drawing, preload


@pytest.fixture(autouse=True)
def imported(monkeypatch):
    """PyTorch has been imported."""
    thread = threading.Thread()
    monkeypatch.setattr(preload, "start", lambda: thread)


@pytest.fixture
def page():
    """Let a page be drawn in a thread until it may end; yields a function that begins one and tells its state."""
    ends, threads = threading.Event(), []

    def begin():
        begun = threading.Event()

        def draw():
            with drawing.turn():
                begun.set()
                ends.wait(600)

        threads.append(threading.Thread(target=draw))
        threads[-1].start()
        return begun

    begin.ends = ends
    yield begin
    ends.set()
    for thread in threads:
        thread.join()


def test_a_third_page_waits_until_one_of_two_is_drawn(page, monkeypatch):
    monkeypatch.setattr(drawing, "_PATIENCE", 60)
    first, second = page(), page()
    assert first.wait(600)
    assert second.wait(600)

    third = page()
    assert not third.wait(0.1)
    page.ends.set()

    assert third.wait(600)


def test_a_page_waits_no_longer_than_its_patience_for_large_ones(page, monkeypatch):
    monkeypatch.setattr(drawing, "_PATIENCE", 0.05)

    assert all(page().wait(600) for _ in range(4))


def test_a_page_that_is_left_or_fails_gives_its_turn_back(page, monkeypatch):
    monkeypatch.setattr(drawing, "_PATIENCE", 60)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt), drawing.turn():
            raise KeyboardInterrupt

    assert page().wait(600)


def test_nobody_waits_while_pytorch_is_imported(page, monkeypatch):
    monkeypatch.setattr(drawing, "_PATIENCE", 60)
    importing = threading.Event()
    thread = threading.Thread(target=importing.wait, args=(60,))
    thread.start()
    monkeypatch.setattr(preload, "start", lambda: thread)

    assert all(page().wait(600) for _ in range(4))

    importing.set()
    thread.join()


def test_garbage_is_collected_now_and_then_and_not_after_every_page(monkeypatch):
    collected = []
    monkeypatch.setattr(drawing.gc, "collect", lambda: collected.append(1))
    monkeypatch.setattr(drawing.garbage, "last", drawing.time.monotonic() - 11)

    for _ in range(3):
        with drawing.turn():
            pass

    assert len(collected) == 1
