"""The small pictures of the orders are drawn from the networks' own layers."""

from xml.etree import ElementTree as ET

import pytest

from models.specs.registry import Order
from models.specs.spec import NetworkSpec
from models.tracing.tracer import trace
from viz.graph import order_pictures


@pytest.mark.parametrize("dark", [False, True])
def test_each_order_is_a_column_of_its_layers(dark):
    blocks = [(order.value, trace(NetworkSpec(stages=(2,), order=order)), "layer1.1") for order in Order]

    svg, words = order_pictures.picture(blocks, chosen=4, dark=dark)

    assert words.split("; ") == [
        "original: conv, norm, ReLU, conv, norm, +, ReLU",
        "norm_after: conv, norm, ReLU, conv, +, norm, ReLU",
        "relu_before: conv, norm, ReLU, conv, norm, ReLU, +",
        "relu_preact: ReLU, conv, norm, ReLU, conv, norm, +",
        "preact: norm, ReLU, conv, norm, ReLU, conv, +",
    ]
    texts = [one.text for one in ET.fromstring(svg).iter() if one.tag.endswith("text")]  # noqa: S314  # ours
    assert texts.count("+") == 5
    assert texts.count("conv") == 10
    assert [text for text in texts if text.isdecimal()] == ["1", "2", "3", "4", "5"]
