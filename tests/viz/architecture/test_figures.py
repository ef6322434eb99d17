"""Charts show the numbers of the trace, and their titles describe them."""

import pytest

from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing.kinds import Kind
from models.tracing.layers import DepthRule, Layer
from models.tracing.records import Trace
from models.tracing.tracer import trace
from viz.architecture import figures
from viz.signals.figures import log_axis

RESNET18 = trace(PRESETS["resnet18"].spec)


def conv(path, channels, side, params, field):
    return Layer(
        path=path, kind=Kind.CONV, operation="conv2d", input_shapes=((1, side, side),), output_shape=(channels, side, side),
        params=params, macs=10 * params, receptive_field=field, stage="stem",
    )  # fmt: skip


@pytest.mark.parametrize(("quantity", "whole"), [("params", 11_689_512), ("macs", 1_814_073_344)])
def test_bars_sum_to_the_network(quantity, whole):
    figure = figures.by_layer(RESNET18, quantity)

    assert sum(sum(bars.y) for bars in figure.data) == whole


def test_the_title_names_the_layer_that_has_most():
    assert figures.by_layer(RESNET18, "params").layout.title.text == "Most parameters: 3 layers, 20.2% each"


def test_stages_shares_sum_to_one():
    for bars in figures.by_stage(RESNET18).data:
        assert sum(bars.y) == pytest.approx(1)


def test_resolution_falls_where_channels_rise():
    channels, height = figures.shapes(RESNET18).data

    assert channels.y[0] == 64
    assert channels.y[-1] == 512
    assert (height.y[0], height.y[-1]) == (112, 7)
    assert list(height.y) == sorted(height.y, reverse=True)


def test_channels_rise_as_a_saw_tooth_in_a_densenet():
    channels, _ = figures.shapes(trace(PRESETS["densenet121"].spec)).data

    falls = [first for first, second in zip(channels.y, channels.y[1:]) if second < first]
    assert falls == [256, 512, 1024]  # at the transitions, and nowhere else


def test_receptive_fields_grow_and_the_image_is_drawn():
    field, image = figures.receptive_field(RESNET18).data

    assert list(field.y) == sorted(field.y)
    assert field.y[-1] == 435
    assert set(image.y) == {224}


def test_projections_are_not_on_the_main_path():
    hovers = [path for path, _ in figures.shapes(RESNET18).data[0].customdata]

    assert not any("downsample" in path for path in hovers)


def test_the_selected_layer_is_marked():
    figure = figures.by_layer(RESNET18, "params", selected="layer1.0.conv1")

    assert figure.layout.shapes[0].x0 == [layer.path for layer in RESNET18.layers].index("layer1.0.conv1")


def test_a_network_that_sees_the_whole_image_says_where():
    figure = figures.receptive_field(trace(PRESETS["resnext29_8x64d"].spec))

    assert "covers the whole image" in figure.layout.title.text


def test_a_network_that_sees_less_than_the_image_says_so():
    spec = NetworkSpec(stages=(1,), stem="cifar", base_width=4, input_shape=(3, 64, 64))
    figure = figures.receptive_field(trace(spec))

    assert trace(spec).receptive_field == 7
    assert "covers the whole image" not in figure.layout.title.text
    assert "7" in figure.layout.title.text


def test_figures_take_hand_made_records():
    made = Trace(
        input_shape=(1, 8, 8),
        layers=(conv("a", 4, 8, 30, 3), conv("b", 4, 8, 70, 5)),
        edges=(),
        depth_rule=DepthRule.CLASSIFIER,
    )

    assert figures.by_layer(made, "params").layout.title.text == "Most parameters: b, 70.0% of all"


@pytest.mark.parametrize(
    ("floor", "ceiling"), [(0.9, 1.2), (0.04, 0.9), (3.0, 8.0), (1e-9, 1e3), (2e-7, 3e-6), (1, 31)]
)
def test_a_logarithmic_axis_has_some_numbers_and_each_says_its_own_size(floor, ceiling):
    axis = log_axis(floor, ceiling)
    low, high = (10**end for end in axis["range"])

    if "tickvals" in axis:
        seen = [text for place, text in zip(axis["tickvals"], axis["ticktext"], strict=True) if low <= place <= high]
        assert len({*seen}) == len(seen)
        assert 2 <= len(seen) <= 8
        assert all(
            float(text) == pytest.approx(place)
            for place, text in zip(axis["tickvals"], axis["ticktext"])
            if 1e-3 <= place < 1e3
        )
    else:  # powers of ten, at regular intervals: some, but not too many
        assert axis["dtick"] == int(axis["dtick"]) >= 1
        powers = [place for place in range(-40, 40) if axis["range"][0] <= place <= axis["range"][1]]
        assert 2 <= len([place for place in powers if place % axis["dtick"] == 0]) <= 9
