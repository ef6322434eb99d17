"""What is told and drawn of the loss around trained weights."""

from math import inf, nan

import numpy as np
import pytest

from models.landscape.records import Cut, Surface, TrainingPath
from models.specs.presets import PRESETS
from models.specs.twins import twin
from viz import text
from viz.style import theme
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


def followed(shares=(0.7, 0.2), epochs=(0, 1, 2, 3)):
    places = tuple((-3.0 + epoch, -float(epoch % 2)) for epoch in epochs[:-1])
    return TrainingPath(
        epochs=epochs, places=(*places, (0.0, 0.0)), shares=shares, size=5.0, across=(-4.0, 0.0, 1.0), along=(-2.0, 1.0),
        loss=np.array([[2.0, 1.0, 3.0], [2.5, 0.1, 4.0]]), error=np.full((2, 3), 0.5),
    )  # fmt: skip


def test_what_a_plane_shows_of_a_path_is_told_beside_a_random_walk():
    # of a walk of 3 points in many directions, two components show all: 3 points are a plane
    for one, shown, walk in ((followed(), "90%", "88%"), (followed((0.9, 0.1), (0, 4, 8)), "100%", "100%")):
        [said] = text.landscape.paths([("a", one)])
        assert said.startswith(f"a: two directions show {shown} of the variance of the path; of a random walk")
        assert said.endswith(f"they would show about {walk}.")


def test_a_random_walk_is_as_simulated():
    walks = np.random.default_rng(0).standard_normal((12, 20_000)).cumsum(0)
    values = np.linalg.svd(walks - walks.mean(0), compute_uv=False) ** 2

    assert text.landscape._of_random_walk(12) == pytest.approx(values[:2].sum() / values.sum(), abs=0.01)
    assert text.landscape._of_random_walk(2000) == pytest.approx(7.5 / np.pi**2, abs=1e-3)  # (1 + 1/4) 6 / pi^2


def test_a_path_is_drawn_over_its_loss_and_ends_at_the_cross():
    figure = landscape_figure.contours([("a", followed()), ("b", followed())], dark=True)

    lines = [trace for trace in figure.data if trace.type == "scatter" and trace.mode == "lines+markers"]
    assert [len(line.x) for line in lines] == [4, 4]
    assert (lines[0].x[-1], lines[0].y[-1]) == (0, 0)
    assert lines[0].customdata[1] == "epoch 1"
    assert figure.data[0].x == (-4.0, 0.0, 1.0)


def cut_of(*losses):
    places = tuple(np.linspace(0, 1, len(losses)))
    return Cut(places=places, images=1, train_loss=losses, test_loss=losses, test_error=(0.5,) * len(losses))


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ((2.0, 1.0, 0.1), "a: on the way the training loss falls from 2 to 0.1 and never rises."),
        ((2.0, 2.01, 0.1), "a: on the way the training loss falls from 2 to 0.1 and never rises."),
        (
            (2.0, 3.0, 0.1),
            "a: the training loss goes from 2 to 0.1, but not straight down: it is highest, 3, at 50% of the way.",
        ),
        (
            tuple(np.linspace(2.3, 2.6, 21)),
            "a: the training loss goes from 2.3 to 2.6, but not straight down: it is highest, 2.6, at 100% of the way.",
        ),
        (
            (2.0, *np.linspace(1.0, 1.3, 21), 0.1),
            "a: the training loss goes from 2 to 0.1, but not straight down: it is highest, 2, at 0% of the way.",
        ),
        ((2.0, nan, 0.1), "a: the loss is not a finite number on the way."),
    ],
)
def test_the_way_from_the_initial_weights_is_told(losses, said):
    assert text.landscape.cuts([("a", cut_of(*losses))]) == [said]


def test_what_lies_between_two_runs_is_told():
    assert text.landscape.between(cut_of(0.1, 2.1, 0.3)) == (
        "The training loss is 0.1 and 0.3 at the two runs, and at most 2.1 on the way. Above the straight line between them "
        "it rises by up to 1.9."
    )
    assert text.landscape.between(cut_of(0.1, inf, 0.3)) == "Between the two runs the loss is not a finite number."


def test_lines_are_drawn_on_training_and_on_test_images():
    looks = theme.series_styles(["ResNet", "Plain"])
    figure = landscape_figure.cuts(
        [("a", cut_of(2.0, 1.0, 0.1), looks[0]), ("b", cut_of(2.0, inf, 1.0), looks[1])], ("initial", "trained")
    )

    assert len(figure.data) == 4
    assert figure.data[2].y == (2.0, None, 1.0)
    assert figure.layout.xaxis.ticktext == ("initial", "50%", "trained")
