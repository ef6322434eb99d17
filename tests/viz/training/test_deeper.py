"""What is told and drawn of paths and of the curvature."""

from dataclasses import replace
from math import inf, nan

import pytest

from models.landscape.records import Curvatures
from models.signals.path_records import PathGradients
from models.specs.presets import PRESETS
from models.specs.twins import twin
from models.training.run_spec import RunSpec
from viz import text
from viz.style import theme
from viz.text.curvature import Curved
from viz.text.examined import Examined
from viz.training import deeper_figures

SKIPS = PRESETS["resnet20_cifar"].spec
FOUND = PathGradients(
    skips=3, lengths=(0, 1, 2, 3), norms=((8.0,), (3.0, 4.0, 5.0), (2.0, 2.0, 2.0), (1.0,)), whole=9.0, images=64
)
ONE = PathGradients(skips=0, lengths=(0,), norms=((0.25,),), whole=0.25, images=64)


def test_the_paths_of_each_network_are_told():
    along = [
        Examined("ResNet-20", SKIPS, FOUND),
        Examined("Plain-20", twin(SKIPS), ONE),
        Examined("DenseNet-40", SKIPS, None),
    ]

    assert text.paths.each(along) == [
        (
            "ResNet-20 has 8 paths. Those of 0 to 2 branches carry 96% of number × gradient; they are 87.5% of all paths. On average, each "
            "further branch divides the gradient along a path by 2. Added up by size, all paths would give 3 times the "
            "gradient that arrives: they partly cancel."
        ),
        "Plain-20 has one path. Its gradient at the image is 0.25.",
        "DenseNet-40: not measured. Some of its skip connections are concatenations or gates, or do not follow one another.",
    ]
    assert text.paths.compared(along) == (
        "With skip connections the gradient has 8 paths back to the image; without them it has one."
    )
    assert text.paths.compared(along[:1]) == text.paths.compared([along[0], along[2]]) == ""


def test_a_gradient_that_grows_with_the_length_is_told_so():
    grows = PathGradients(skips=2, lengths=(0, 1, 2), norms=((1.0,), (3.0, 3.0), (9.0,)), whole=16.0, images=64)

    [said] = text.paths.each([Examined("a", SKIPS, grows)])

    assert "On average, each further branch multiplies the gradient along a path by 3." in said
    assert "cancel" not in said  # 1 + 2 · 3 + 9 is the whole


def test_gradients_of_zero_are_told_and_drawn():
    none = PathGradients(skips=1, lengths=(0, 1), norms=((0.0,), (0.0,)), whole=0.0, images=64)

    [said] = text.paths.each([Examined("a", SKIPS, none)])

    assert said == "a: the gradient at the image is zero."
    assert deeper_figures.paths([("a", none, theme.series_styles(["ResNet"])[0])]).data


@pytest.mark.parametrize("value", [inf, nan])
def test_a_gradient_that_is_no_number_is_told_so(value):
    lost = PathGradients(skips=2, lengths=(0, 1, 2), norms=((1.0,), (3.0, value), (9.0,)), whole=4.0, images=64)

    assert not lost.finite
    assert text.paths.each([Examined("a", SKIPS, lost)]) == ["a: the gradient is not a finite number."]


@pytest.mark.parametrize(("skips", "words"), [(2, "4"), (19, "524,288"), (54, "2⁵⁴"), (2000, "2²⁰⁰⁰")])
def test_large_numbers_of_paths_are_powers(skips, words):
    assert text.paths.number_of(skips) == words


def test_the_figure_shows_number_gradient_and_product_by_length():
    figure = deeper_figures.paths([("ResNet-20", FOUND, theme.series_styles(["ResNet"])[0])], dark=True)

    share, gradient, product, samples = figure.data
    assert list(share.y) == [1 / 8, 3 / 8, 3 / 8, 1 / 8]
    assert list(gradient.y) == [8.0, 4.0, 2.0, 1.0]
    assert list(samples.x) == [0, 1, 1, 1, 2, 2, 2, 3]
    assert sum(product.y) == pytest.approx(1.0)
    assert figure.layout.yaxis2.type == "log"


def curved(name, network, start, trained):
    return Curved(name, RunSpec(network=network), Curvatures(start=start, trained=trained, images=256))


def test_the_curvature_is_told_with_the_learning_rate_that_it_bears():
    both = [curved("ResNet-20", SKIPS, 19.0, 1.0), curved("Plain-20", twin(SKIPS), 38.0, 4.0)]

    assert text.curvature.each(both)[0] == (
        "ResNet-20: the largest eigenvalue of the Hessian is 19 before training and 1 after it. On a quadratic "
        "loss with this curvature, SGD with momentum 0.9 diverges above a learning rate of 0.2 before and 3.8 after; this training used at most 0.02."
    )
    assert text.curvature.compared(both) == (
        "Without skip connections, the largest curvature of the loss is 2 times that with them before training, and 4 "
        "times after it (one training each)."
    )
    assert text.curvature.compared(both[:1]) == ""
    deeper = replace(twin(SKIPS), stages=(9, 9, 9))
    assert text.curvature.compared([both[0], curved("Plain-56", deeper, 38.0, 4.0)]) == ""  # it differs in more


@pytest.mark.parametrize("flat", [0.0, -2.0])
def test_a_loss_that_is_not_curved_upwards_has_no_limit(flat):
    both = [curved("ResNet-20", SKIPS, 19.0, flat), curved("Plain-20", twin(SKIPS), 38.0, flat)]

    assert text.curvature.each(both)[0] == (
        f"ResNet-20: the largest eigenvalue of the Hessian is 19 before training and {flat:.0f} after it."
    )
    assert text.curvature.compared(both) == ""


def test_a_curvature_that_was_not_found_is_told_and_compared_with_nothing():
    both = [curved("ResNet-20", SKIPS, 19.0, nan), curved("Plain-20", twin(SKIPS), 38.0, 4.0)]

    assert text.curvature.each(both)[0] == ("ResNet-20: the largest eigenvalue of the Hessian was not found.")
    assert text.curvature.compared(both) == ""
    figure = deeper_figures.curvature([(one.name, one.found) for one in both], theme.series_styles(["ResNet", "Plain"]))
    assert figure.data[0].y == (19.0, None)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("eigenvalue", [0.3, 7.0])
def test_above_the_limit_sgd_diverges_on_a_quadratic(momentum, eigenvalue):
    """By running SGD with momentum on a quadratic, a little below the limit and a little above."""
    run = RunSpec(network=SKIPS, momentum=momentum)

    def after(rate, steps=4000):
        place, speed = 1.0, 0.0
        for _ in range(steps):
            speed = momentum * speed + eigenvalue * place
            place -= rate * speed
            if abs(place) > 1e6:
                break
        return abs(place)

    limit = text.curvature.limit(run, eigenvalue)
    assert after(0.99 * limit) < 1e-6
    assert after(1.01 * limit) > 1e6
    assert text.curvature.limit(run, -1.0) == float("inf")
