"""What is told and drawn of gradients that agree, and of the use of channels."""

from dataclasses import replace
from math import nan

import pytest

from models.signals.agreement_records import Agreement, Agreements, LayerUse, UnitUse
from models.specs.presets import PRESETS
from models.specs.twins import twin
from viz import text
from viz.style import theme
from viz.text.examined import Examined
from viz.training import before_after_figures

SKIPS = PRESETS["resnet20_cifar"].spec
LOOK = theme.series_styles(["ResNet"])[0]
HELD = Agreements(
    start=Agreement(along=(1.0, 0.7, 0.4), batches=(0.3, 0.2, 0.4)),
    trained=Agreement(along=(1.0, 0.9, 0.5), batches=(0.1, -0.26, 0.2)),
    ways=8,
    batch=64,
)
SHATTERED = replace(HELD, start=Agreement(along=(1.0, 0.07, -0.001), batches=(0.0, -0.08, 0.06)))
USE = UnitUse(
    start=(LayerUse("relu", 8, 0, 6.0, 8), LayerUse("layer1.0.relu2", 16, 2, 8.0, 16)),
    trained=(LayerUse("relu", 8, 0, 4.0, 8), LayerUse("layer1.0.relu2", 16, 4, 4.0, 16)),
    images=256,
)


def test_a_network_and_its_twin_are_compared_before_training():
    own, plain = Examined("ResNet-20", SKIPS, HELD), Examined("Plain-20", twin(SKIPS), SHATTERED)

    assert text.agreement.compared([plain, own]) == (
        "Before training, the gradients of two neighbouring points have a cosine of 0.70 with skip connections and 0.07 "
        "without; those of two batches 0.30 and -0.01 on average."
    )
    assert text.agreement.compared([own]) == ""
    assert text.agreement.each([own])[0] == (
        "ResNet-20: neighbouring points 0.70 before training and 0.90 after it; batches 0.30 and 0.01 on average, 0.20 "
        "and -0.26 for the two that agree least."
    )


def test_gradients_without_a_direction_are_told_so_and_compared_with_nothing():
    lost = replace(HELD, start=Agreement(along=(1.0, nan), batches=(0.1,)))
    own, plain = Examined("a", SKIPS, lost), Examined("b", twin(SKIPS), HELD)

    assert text.agreement.each([own]) == ["a: some gradients are zero or not finite."]
    assert text.agreement.compared([own, plain]) == ""


def test_the_chart_shows_distances_above_and_pairs_of_batches_below():
    figure = before_after_figures.agreement([("a", HELD, LOOK), ("b", SHATTERED, LOOK)], dark=True)

    first, pairs, mean, after, *rest = figure.data
    assert list(first.x) == [0, 0.5, 1]
    assert list(first.y) == [1.0, 0.7, 0.4]
    assert list(pairs.y) == [0.3, 0.2, 0.4]
    assert list(mean.y) == pytest.approx([0.3, 0.3])
    assert list(after.y) == [1.0, 0.9, 0.5]
    assert len(rest) == 8
    assert [trace.name for trace in figure.data if trace.showlegend] == ["a", "b"]


def test_the_use_of_channels_is_told_by_rank_and_by_dead_ones():
    own, plain = Examined("ResNet-20", SKIPS, USE), Examined("Plain-20", twin(SKIPS), replace(USE, start=USE.trained))

    assert text.units.each([own])[0] == (
        "ResNet-20: in the median layer the effective rank is 62% of the largest possible before training and 38% "
        "after it. Of its 24 channels 2 are zero for all 256 images before training, 4 after it."
    )
    assert text.units.compared([own, plain]) == (
        "The last activation layer's effective rank is 8.0 of 16 with skip connections and 4.0 of 16 without before "
        "training, 4.0 of 16 and 4.0 of 16 after it (one training each)."
    )
    alive = replace(USE, start=USE.start[:1], trained=USE.trained[:1])
    assert text.units.each([Examined("a", SKIPS, alive)])[0].endswith(
        "None of its 8 channels is zero for all 256 images."
    )


def test_a_network_without_activation_layers_is_told_so():
    none = UnitUse(start=(), trained=(), images=256)

    assert text.units.each([Examined("a", SKIPS, none)])[0].startswith("a: not measured.")
    assert text.units.compared([Examined("a", SKIPS, none), Examined("b", twin(SKIPS), USE)]) == ""


def test_the_chart_shows_ranks_above_and_dead_channels_below():
    figure = before_after_figures.units([("a", USE, LOOK)])

    rank, dead, rank_after, dead_after = figure.data
    assert list(rank.y) == [0.75, 0.5]
    assert list(dead.y) == [0, 0.125]
    assert list(rank_after.y) == [0.5, 0.25]
    assert list(dead_after.y) == [0, 0.25]
