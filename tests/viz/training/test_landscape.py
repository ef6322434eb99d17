"""What is told and drawn of the loss around trained weights."""

from math import inf, nan

import numpy as np
import pytest

from models.landscape.records import Surface
from models.specs.presets import PRESETS
from models.specs.twins import twin
from viz import text
from viz.text.landscape import Around
from viz.training import landscape_figure

SKIPS = PRESETS["resnet20_cifar"].spec
PLACES = (-1.0, -0.5, 0.0, 0.5, 1.0)


def bowl(bottom, steep, error=0.05):
    """A loss that rises with the square of the distance; at half a size by 0.25 or, in the corners, 0.5 of `steep`."""
    x, y = np.meshgrid(PLACES, PLACES)
    return Surface(places=PLACES, loss=bottom + steep * (x**2 + y**2), error=np.full((5, 5), error))


def test_the_rise_of_the_loss_is_told_with_and_without_skips():
    around = [Around("ResNet-20", SKIPS, bowl(0.25, 4.0)), Around("Plain-20", twin(SKIPS), bowl(0.5, 8.0))]

    of_each = (
        "{}: the loss is {} at the trained weights, and {} where they are moved by half their size (median). Points lower "
        "than all their neighbours: 1."
    )
    assert text.landscape.surfaces(around) == [
        of_each.format("ResNet-20", "0.25", "1.75"), of_each.format("Plain-20", "0.5", "3.5"),
    ]  # fmt: skip
    assert text.landscape.compared(around) == (
        "Where the weights are moved by half their size, the loss rises by 1.5 with skip connections and by 3 without "
        "(median; two random directions, one training each)."
    )


def test_nothing_is_said_of_skips_if_a_network_has_not_learnt():
    around = [
        Around("ResNet-20", SKIPS, bowl(0.2, 4.0)), Around("Plain-56", twin(SKIPS), bowl(2.3, 0.1, error=0.89)),
    ]  # fmt: skip

    lines = text.landscape.surfaces(around)
    assert lines[1].startswith("Plain-56 gets 89% wrong, and guessing would get 90% wrong")
    assert text.landscape.compared(around) == (
        "What skip connections do to the loss around a solution can't be seen here: Plain-56 did not find one."
    )


def test_without_a_pair_nothing_is_compared():
    one = Around("ResNet-20", SKIPS, bowl(0.2, 4.0))
    assert text.landscape.compared([one]) == text.landscape.compared([one, one]) == ""


def test_points_lower_than_their_neighbours_are_counted_beside_gaps():
    surface = bowl(0.2, 4.0)
    surface.loss[1, 1], surface.loss[3, 3], surface.loss[3, 4], surface.loss[0, 0] = 0.05, nan, inf, 0.0

    assert (
        Around("ResNet-20", SKIPS, surface).dips == 0
    )  # the edge is lower than (1, 1), which is lower than the middle
    surface.loss[0, 0] = 9.0
    assert Around("ResNet-20", SKIPS, surface).dips == 1


@pytest.mark.parametrize("draw", [landscape_figure.contours, landscape_figure.relief])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_all_networks_are_drawn_on_one_scale(draw, count):
    named = [(f"net {number}", bowl(0.1 * (number + 1), 10.0**number)) for number in range(count)]

    figure = draw(named, dark=True)

    panels = [trace for trace in figure.data if trace.type in ("contour", "surface")]
    assert [trace.coloraxis for trace in panels] == ["coloraxis"] * count
    assert figure.layout.coloraxis.cmin == pytest.approx(-1.0)
    assert figure.layout.coloraxis.cmax == pytest.approx(np.log10(0.1 * count + 2 * 10.0 ** (count - 1)))
    assert np.allclose(panels[0].z, np.log10(named[0][1].loss))
    assert [one.text for one in figure.layout.annotations] == [name for name, _ in named]


@pytest.mark.parametrize("draw", [landscape_figure.contours, landscape_figure.relief])
def test_a_loss_that_is_no_number_is_a_gap(draw):
    surface = bowl(0.5, 2.0)
    surface.loss[0, 0], surface.loss[4, 4] = inf, nan

    [panel] = [trace for trace in draw([("a", surface)]).data if trace.type in ("contour", "surface")]

    assert np.isnan(panel.z).sum() == 2
    assert "loss ∞" in panel.customdata[0][0]


def test_a_flat_loss_and_one_without_numbers_are_drawn():
    for loss in (np.full((5, 5), 2.3), np.full((5, 5), nan)):
        surface = Surface(places=PLACES, loss=loss, error=np.full((5, 5), 0.9))

        assert landscape_figure.contours([("flat", surface)]).layout.coloraxis.cmin is not None
