"""What is told and drawn of where networks look."""

from dataclasses import replace

import numpy as np
import pytest

from models.signals.map_records import ClassMaps
from models.specs.presets import PRESETS
from models.specs.twins import twin
from viz import text
from viz.state.training import Marks
from viz.text.examined import Examined
from viz.training import class_map_pictures

SKIPS = PRESETS["resnet20_cifar"].spec
DRAWN = np.random.default_rng(0)
FALLS = DRAWN.uniform(0.1, 0.9, (12, 7, 7))
FOUND = ClassMaps(
    images=DRAWN.integers(0, 255, (2, 8, 8, 3), np.uint8),
    labels=(0, 1) * 6,
    answers=(0, 0) * 6,
    probabilities=np.full(12, 0.9),
    classes=("cat", "<dog>"),
    layers=("layer1", "layer2", "layer3"),
    maps=tuple(DRAWN.uniform(0, 1, (2, side, side)) for side in (8, 4, 2)),
    occlusion=FALLS,
    sides=(8, 8),
    marked=np.array([0.3, 0.2] * 6),
    elsewhere=np.array([0.8, 0.6] * 6),
)


def test_it_is_told_whether_what_a_map_marks_matters():
    beside = {
        "more": FOUND,
        "less": replace(FOUND, marked=FOUND.elsewhere, elsewhere=FOUND.marked),
        "chance": replace(FOUND, elsewhere=FOUND.marked + np.array([0.3, -0.3] * 6)),
        "few": replace(FOUND, marked=np.array([0.3] * 5 + [np.nan] * 7)),
        "none": replace(FOUND, layers=(), maps=()),
    }

    said = dict(zip(beside, text.class_maps.each([Examined(n, SKIPS, one) for n, one in beside.items()]), strict=True))

    assert said["more"] == (
        "more: its mean confidence is 90%. With the quarter of each image covered that Grad-CAM marks most, it keeps "
        "25% for the same answer; with the quarter covered that it marks in another image, 70%. What it marks matters "
        "more than other places."
    )
    assert said["less"].endswith(
        "70% for the same answer; with the quarter covered that it marks in another image, 25%. What it marks matters less than other places."
    )
    assert said["chance"].endswith(
        "The difference is within chance: whether a map says anything of its own image can't be told here."
    )
    assert said["few"].startswith("few: only 5 of 12 images have a Grad-CAM map")
    assert said["none"] == "none: no Grad-CAM, since no feature map is passed by everything."


def test_a_network_and_its_twin_are_compared_by_what_covered_patches_do():
    own, plain = Examined("ResNet-20", SKIPS, FOUND), Examined("Plain-20", twin(SKIPS), FOUND)
    other = replace(FOUND, occlusion=FALLS[::-1])

    assert text.class_maps.compared([plain, own]).startswith(
        "With skip connections and without, the answers depend on similar places: what covered patches do in ResNet-20 "
        "and Plain-20 correlates by 1.00 for the same image, by "
    )
    assert "can't be seen here" in text.class_maps.compared([own, replace(plain, found=other)])
    assert text.class_maps.compared([own]) == ""
    assert text.class_maps.compared([own, replace(plain, network=SKIPS)]) == ""


def test_the_first_maps_shown_have_four_by_four_positions():
    assert class_map_pictures.sizes([Examined("a", SKIPS, FOUND)]) == {2: "2 × 2", 0: "4 × 4", 8: "8 × 8"}
    assert FOUND.layers[class_map_pictures.weighed(FOUND, 0)] == "layer2"
    assert class_map_pictures.weighed(FOUND, 8) == 0
    assert class_map_pictures.weighed(FOUND, 7) is None
    assert replace(FOUND, maps=FOUND.maps[2:]).usual == 0
    other = replace(FOUND, layers=FOUND.layers[:1], maps=FOUND.maps[:1])
    both = class_map_pictures.sizes([Examined("a", SKIPS, FOUND), Examined("b", SKIPS, other)])
    assert both == {0: "usual", 2: "2 × 2", 4: "4 × 4", 8: "8 × 8"}


@pytest.mark.parametrize("place", [0, 1])
def test_grad_cam_is_scaled_by_its_own_maximum_and_covered_patches_are_probabilities(place):
    own = class_map_pictures.strengths(FOUND, place, Marks.GRAD_CAM, 8)
    falls = class_map_pictures.strengths(FOUND, place, Marks.OCCLUSION, 0)

    assert own.max() == 1
    assert np.allclose(own * FOUND.maps[0][place].max(), FOUND.maps[0][place])
    assert np.allclose(falls, FOUND.fall(place))
    assert class_map_pictures.strengths(replace(FOUND, maps=(np.zeros((2, 4, 4)),)), 0, Marks.GRAD_CAM, 0).max() == 0


def test_orange_is_for_the_answer_and_blue_against_it():
    black, marked = np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4))
    marked[0, 0], marked[3, 3] = 1, -1

    drawn = class_map_pictures.over(black, marked).astype(int)

    assert drawn.shape == (96, 96, 3)
    assert drawn[0, 0, 0] > drawn[0, 0, 2]
    assert drawn[-1, -1, 2] > drawn[-1, -1, 0]
    assert (drawn[48, 48] < 20).all()


def test_each_row_has_the_image_and_the_answer_of_each_network():
    html = class_map_pictures.rows(
        [Examined("A", SKIPS, FOUND), Examined("B", SKIPS, FOUND)], Marks.GRAD_CAM, 0, dark=False
    )

    assert html.count("<img") == 2 * 3
    assert html.count("✓") == html.count("✗") == 2
    assert "Image of class &lt;dog&gt;" in html
    assert "<dog>" not in html
    unknown = replace(FOUND, labels=(-1,), images=FOUND.images[:1])
    assert "✓" not in class_map_pictures.rows([Examined("A", SKIPS, unknown)], Marks.OCCLUSION, 0, dark=True)


def test_the_page_to_take_away_has_the_pictures_and_the_finding():
    rows = class_map_pictures.rows([Examined("A", SKIPS, FOUND)], Marks.GRAD_CAM, 0, dark=False)

    page = class_map_pictures.page("Where", "A & B", rows, "made by")

    assert page.count("data:image/png") == 4
    assert "<p>A &amp; B</p>" in page
    assert ".maps figure" in page
