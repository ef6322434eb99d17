"""The pass that plays has a value for each box, down and back."""

import re
import xml.etree.ElementTree as ET

import pytest

from models.specs.presets import PRESETS
from models.tracing.tracer import trace
from viz.graph import render
from viz.graph.drawing import picture
from viz.graph.picture import Direction, Values
from viz.graph.play import animated
from viz.style import theme

FOUND = trace(PRESETS["resnet18"].spec)
RMS = Values("rms", {layer.path: 1.0 + place for place, layer in enumerate(FOUND.layers)}, 1, 70)
GRADIENT = Values("gradient", {layer.path: 10.0**-place for place, layer in enumerate(FOUND.layers)}, 1e-70, 1)


@pytest.fixture(scope="module")
def shown():
    return picture(FOUND, title="", played=(RMS, GRADIENT))


def test_a_folded_group_has_the_quadratic_mean_of_its_layers(shown):
    own = [RMS.of[layer.path] for layer in FOUND.layers if layer.stage == "layer1"]

    assert shown.play.forward.of["layer1"] == pytest.approx((sum(value**2 for value in own) / len(own)) ** 0.5)


def test_the_scale_ends_at_what_is_shown(shown):
    way = shown.play.backward

    assert way.low == min(way.of.values())
    assert way.fill("stem") == theme.SCALE[-1]
    assert way.fill("head") == theme.SCALE[0]
    assert way.fill("nothing") == "#ffffff"


def test_an_animated_svg_lights_each_box_once_down_and_once_back_without_a_script(shown):
    text = animated(render.svg(shown), shown.play)

    ET.fromstring(text)  # noqa: S314  # ours
    assert "<script" not in text
    lit = {
        name: float(at)
        for name, at in re.findall(r'%,100%\{fill:#\w+\}\}\[id="([^"]+)"\]>text\{animation:play\d+t ([\d.]+)s', text)
    }
    assert set(lit) == {"stem", "layer1", "layer2", "layer3", "layer4", "head"}
    starts = [float(start) for start in re.findall(r"@keyframes play\d+\{0%,([\d.]+)%", text)]
    assert starts == sorted(starts)
    backs = [float(back) for back in re.findall(r"@keyframes play\d+\{0%.*?%,([\d.]+)%\{fill:#\w+\}", text)]
    assert backs == sorted(backs, reverse=True)
    assert min(backs) > max(starts)
    assert "prefers-reduced-motion" in text


def test_a_horizontal_picture_plays_to_the_right():
    across = picture(FOUND, title="", played=(RMS, GRADIENT), direction=Direction.HORIZONTAL)

    text = animated(render.svg(across), across.play)

    starts = [float(start) for start in re.findall(r"@keyframes play\d+\{0%,([\d.]+)%", text)]
    assert len(set(starts)) == 6
