"""A path lit up in a picture: what it passes keeps its colours, all else is faded."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.specs.presets import PRESETS
from models.tracing.layers import INPUT
from models.tracing.paths import path, paths
from models.tracing.tracer import trace
from tests.conftest import specs
from viz.graph import render
from viz.graph.drawing import picture
from viz.graph.folding import Folding, Level
from viz.graph.picture import Direction

RESNET, DENSENET = (trace(PRESETS[name].spec) for name in ("resnet18", "densenet_40_12"))


def drawn(traced, length, number=0, level=Level.BLOCKS, direction=Direction.VERTICAL):
    shown = picture(traced, title="", folding=Folding(level), direction=direction, path=path(traced, length, number))
    render.svg(shown)
    return shown.drawn


def lit(marks):
    """Ids of the boxes and of the lines that are not faded."""
    boxes, ways = (
        {one.id for one in own if "faded" not in one.look.get("class", "")} for own in (marks.boxes, marks.ways)
    )
    return boxes, ways


def test_the_shortest_path_passes_no_block_but_every_skip():
    boxes, ways = lit(drawn(RESNET, 0))

    assert boxes == {INPUT, "stem", "head"}
    assert {"layer2.0 from layer2.0", "layer2.1 from layer2.1", "layer4.1 from layer4.1"} <= ways


def test_the_longest_path_passes_every_block_and_no_skip():
    boxes, ways = lit(drawn(RESNET, 8))

    assert {"layer2.0", "layer2.1", "layer3.0", "layer3.1", "layer4.0", "layer4.1"} < boxes
    assert not any(own == f"{block} from {block}" for own in ways for block in boxes)


@pytest.mark.parametrize("level", [Level.CONVOLUTIONS, Level.LAYERS])
def test_unfolded_the_layers_of_the_path_are_lit_with_the_lines_between_them(level):
    one = path(RESNET, 4, 10)
    boxes, ways = lit(drawn(RESNET, 4, 10, level=level))

    assert boxes == one.layers | {INPUT}
    if level is Level.LAYERS:
        assert ways == {f"{target} from {source}" for source, target in one.edges}


def test_dense_layers_on_the_path_are_lit_and_each_block_ends_with_one_connection_from_the_last():
    total = paths(DENSENET).counts[3]
    for number in (0, total // 3, total // 2, total - 1):
        boxes, ways = lit(drawn(DENSENET, 3, number))
        blocks = [
            [box for box in boxes if re.fullmatch(rf"features.denseblock{n}.denselayer\d+", box)] for n in (1, 2, 3)
        ]

        assert sum(map(len, blocks)) == 3
        for n, block in enumerate(blocks, start=1):
            into = [own.split(" from ")[1] for own in ways if own.startswith(f"features.denseblock{n}.denselayer12.")]
            last = max(block, key=lambda box: int(box.rpartition("layer")[2]), default=None)
            assert last is None or last in into


@given(specs(), st.data())
def test_any_path_of_any_network_is_drawn_in_any_direction(spec, data):
    traced = trace(spec)
    counts = paths(traced).counts
    length = data.draw(st.sampled_from([length for length, count in enumerate(counts) if count]))
    number = data.draw(st.integers(0, counts[length] - 1))
    level, direction = data.draw(st.sampled_from(Level)), data.draw(st.sampled_from(Direction))
    boxes, __ = lit(drawn(traced, length, number, level, direction))

    assert INPUT in boxes
