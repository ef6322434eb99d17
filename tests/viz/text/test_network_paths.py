"""What is told of the number of paths."""

from models.specs.presets import PRESETS
from models.specs.twins import twin
from models.tracing.paths import Paths, paths
from models.tracing.tracer import trace
from viz import text


def test_the_number_of_paths_and_their_usual_lengths_are_told():
    found = paths(trace(PRESETS["resnet110_cifar"].spec))

    assert text.network_paths.counted(found) == (
        "2⁵⁴ paths lead from the image to the output. The shortest passes 0 branches, the longest 54. 96% of them pass 20 "
        "to 34."
    )
    assert text.network_paths.lit(found, 54) == "Paths with 54 branches: 1 of 1.8·10¹⁶."


def test_large_numbers_are_rounded_whatever_their_size():
    dense = paths(trace(PRESETS["densenet_40_12"].spec))

    assert dense.total == 2**36 == 68_719_476_736
    assert text.network_paths.lit(dense, 4) == "Paths with 4 branches: 58,905 of 6.9·10¹⁰."
    assert text.network_paths.lit(Paths((10**400, 1)), 1) == "Paths with 1 branch: 1 of 10⁴⁰⁰."


def test_small_numbers_are_written_out():
    found = paths(trace(PRESETS["resnet18"].spec))

    assert text.network_paths.counted(found).startswith("256 paths")
    assert text.network_paths.lit(found, 4) == "Paths with 4 branches: 70 of 256."


def test_without_skips_there_is_one_path():
    assert text.network_paths.counted(paths(trace(twin(PRESETS["resnet18"].spec)))) == (
        "One path leads from the image to the output: there is no skip connection. Ways side by side count as one."
    )
