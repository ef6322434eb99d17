"""Results are computed once, shared by all visitors, and bounded in bytes."""

import threading
import time

import pytest

from viz.backend.memo import memo


def test_a_result_is_made_once_and_shared():
    made = []

    @memo(room=100, size=lambda _: 1)
    def double(number, *, plus=0):
        made.append(number)
        return [number * 2 + plus]

    assert double(2) is double(2)
    assert double(2, plus=1) == [5]
    assert made == [2, 2]


def test_the_results_asked_for_last_are_kept_up_to_the_room():
    made = []

    @memo(room=2, size=lambda _: 1)
    def same(number):
        made.append(number)
        return number

    for number in (1, 2, 1, 3, 1, 2):
        same(number)

    assert made == [1, 2, 3, 2]


def test_several_who_ask_at_once_wait_for_one():
    made = []

    @memo(room=100, size=lambda _: 1)
    def slow(number):
        time.sleep(0.05)
        made.append(number)
        return number

    threads = [threading.Thread(target=slow, args=(1,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [1]


def test_what_fails_is_tried_again():
    calls = []

    @memo(room=100, size=lambda _: 1)
    def fails(number):
        calls.append(number)
        if len(calls) == 1:
            raise ValueError("no")
        return number

    with pytest.raises(ValueError, match="no"):
        fails(1)
    assert fails(1) == 1
