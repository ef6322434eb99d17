"""Occlusion beside a loop over pixels, and the records of what maps mark."""

import numpy as np
import pytest
import torch

from models.signals.map_records import ClassMaps, agreement, patch_of
from models.signals.occlusion import occlusion, without_the_marked


def sums(images):
    """A "network" whose probability of class 0 is the sum of the image."""
    first = images.sum((1, 2, 3))
    return torch.stack([first, 1 - first], 1)


def test_the_fall_is_what_the_covered_pixels_gave():
    images = torch.rand(3, 2, 8, 12, generator=torch.Generator().manual_seed(0)) / 1000

    found = occlusion(sums, images, torch.tensor([0, 0, 1]))

    assert patch_of(8) == (2, 1)
    assert patch_of(12) == (3, 1)
    assert found.shape == (3, 7, 10)
    for row in range(7):
        for column in range(10):
            covered = images[:, :, row : row + 2, column : column + 3].sum((1, 2, 3))
            assert torch.allclose(found[:, row, column], covered * torch.tensor([1, 1, -1]), atol=1e-6)


def test_a_pixel_falls_by_the_mean_of_the_patches_that_cover_it():
    found = record([np.arange(49).reshape(7, 7)], sides=(8, 8)).fall(0)  # patches of 2 x 2, a pixel apart

    assert found[0, 0] == 0
    assert found[0, 1] == (0 + 1) / 2
    assert found[3, 4] == (2 * 7 + 3 + 2 * 7 + 4 + 3 * 7 + 3 + 3 * 7 + 4) / 4
    assert found[7, 7] == 48
    assert record([[[1.0]]], sides=(1, 1)).fall(0) == [[1.0]]


@pytest.mark.parametrize("side", range(1, 300))
def test_the_patches_lie_inside_and_nearly_reach_the_rim(side):
    patch, step = patch_of(side)
    last = (side - patch) // step * step + patch
    assert 1 <= step <= patch <= side
    assert side - last < step


def test_the_quarter_with_the_highest_values_is_covered():
    images, maps = torch.ones(1, 3, 4, 4), torch.zeros(1, 4, 4)
    maps[0, 1, 2], maps[0, 3, 0], maps[0, 0, 0], maps[0, 2, 2], maps[0, 3, 3] = 5, 4, 3, 2, 1

    left = without_the_marked(images, maps, 0.25)

    assert left.sum() == 3 * 12
    assert left[0, 0, 1, 2] == left[0, 1, 3, 0] == left[0, 2, 0, 0] == left[0, 0, 2, 2] == 0


def test_among_equal_values_pixels_at_random_places_are_covered():
    left = without_the_marked(torch.ones(1, 1, 16, 16), torch.zeros(1, 16, 16), 0.25)

    assert left.sum() == 192
    assert 20 < left[0, 0, :, 8:].eq(0).sum() < 44  # about half of the 64 are in the right half


def record(occluded, answers=None, **changes):
    count = len(occluded)
    values = {
        "images": np.zeros((1, 2, 2, 3), np.uint8), "labels": (0,) * count, "answers": answers or (0,) * count,
        "probabilities": np.ones(count), "classes": ("a", "b"), "layers": ("x",), "maps": (np.ones((1, 2, 2)),),
        "occlusion": np.array(occluded, float), "sides": (2, 2), "marked": np.zeros(count), "elsewhere": np.zeros(count),
    }  # fmt: skip
    return ClassMaps(**(values | changes))


LEFT, RIGHT, FLAT = [[1, 0], [1, 0]], [[0, 1], [0, 1]], [[0.001, 0], [0, 0.001]]


def test_the_same_maps_agree_and_opposite_ones_do_not():
    turns = [LEFT, RIGHT] * 5
    same, opposite = agreement(record(turns), record(turns)), agreement(record([LEFT] * 10), record([RIGHT] * 10))

    assert (same.same, same.other, same.error, same.images) == pytest.approx((1, -1, 0, 10))
    assert same.differs
    assert (opposite.same, opposite.other) == pytest.approx((-1, -1))
    assert not opposite.differs


def test_maps_in_which_nothing_matters_and_other_answers_are_left_out():
    assert agreement(record([LEFT] * 9), record([LEFT] * 9)) is None
    assert agreement(record([LEFT] * 9 + [FLAT]), record([LEFT] * 10)) is None
    assert agreement(record([LEFT] * 10, answers=(0,) * 9 + (1,)), record([LEFT] * 10)) is None
    assert agreement(record([LEFT] * 11 + [FLAT]), record([LEFT] * 12)).images == 11


def test_a_difference_counts_above_two_standard_errors():
    clear = record([LEFT] * 12, elsewhere=np.array([0.5, 0.6] * 6))
    chance = record([LEFT] * 12, elsewhere=np.array([0.9, -0.9] * 6))
    few = record([LEFT] * 12, elsewhere=np.array([0.5] * 9 + [np.nan] * 3), marked=np.array([0.1] * 9 + [np.nan] * 3))

    assert clear.differs
    assert not chance.differs
    assert not few.differs
    assert few.tried == 9
    assert few.means() == pytest.approx((1.0, 0.1, 0.5))
