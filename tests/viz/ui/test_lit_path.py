"""The paths that the button goes through."""

from math import comb

from hypothesis import given
from hypothesis import strategies as st

from viz.ui.lit_path import _stride


@given(st.integers(1, 300))
def test_every_path_is_visited_once(count):
    assert len({place * _stride(count) % count for place in range(count)}) == count


def test_of_more_paths_than_a_float_can_hold_too():
    count = comb(1100, 550)

    assert 0 < _stride(count) < count
