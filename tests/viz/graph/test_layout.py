"""Where things are in a picture: a straight column, shortcuts around the boxes, nothing over anything else."""

import xml.etree.ElementTree as ET
from collections import OrderedDict
from dataclasses import dataclass
from html import unescape
from itertools import combinations, pairwise

import pygraphviz
import pytest
import torch
from hypothesis import given, settings

from models.specs.external import ExternalSpec
from models.specs.presets import PRESETS
from models.tracing.kinds import JOINS, Kind
from models.tracing.layers import EdgeKind
from models.tracing.tracer import trace
from tests.conftest import presets, specs
from viz.graph.drawing import picture
from viz.graph.folding import Folding, Level, tree, walk
from viz.graph.picture import Direction
from viz.graph.render import svg
from viz.graph.units import tags

LOOKED_AT = ["resnet18", "resnet152", "densenet201", "resnext50_32x4d", "preact_resnet110", "resnet1202_cifar"]
OTHERS = ["convnext_tiny", "vit_b_16", "swin_t", "inception_v3", "googlenet", "densenet121", "mobilenet_v3_large"]


@dataclass(frozen=True)
class Thing:
    """A node, or a line's corner points, in points."""

    name: str
    left: float
    bottom: float
    right: float
    top: float

    def over(self, other, by=0.5):
        return (
            self.left < other.right - by
            and other.left < self.right - by
            and self.bottom < other.top - by
            and other.bottom < self.top - by
        )

    def within(self, other):
        return (
            other.left - 1 <= self.left
            and self.right <= other.right + 1
            and other.bottom - 1 <= self.bottom
            and self.top <= other.top + 1
        )


@dataclass(frozen=True)
class Line:
    source: str
    target: str
    kind: str
    points: list[tuple[float, float]]


def own_id(written):
    """An id as it was before it was written for Graphviz."""
    return unescape(written).replace("\\\\", "\\")


def things(shown):
    """Nodes (without the cards behind a stack, and without tags), tags, texts and lines of a picture."""
    graph = pygraphviz.AGraph(shown.dot)
    nodes, tags, texts, lines = {}, {}, [], []
    for node in graph.nodes():
        x, y = map(float, node.attr["pos"].split(","))
        wide, high = float(node.attr["width"]) * 36, float(node.attr["height"]) * 36
        thing = Thing(own_id(node.attr["id"]), x - wide, y - high, x + wide, y + high)
        if "card" in node.attr["class"]:
            continue
        if node.attr["shape"] == "plaintext":
            texts.append(thing)
        elif "tag" in node.attr["class"].split():
            tags[thing.name] = thing
        else:
            nodes[thing.name] = thing
    for edge in graph.edges():
        pieces = [tuple(map(float, piece.split(",")[-2:])) for piece in edge.attr["pos"].split()]
        tip, spline = pieces[0], pieces[1:]
        target, source = own_id(edge.attr["id"]).rsplit(" from ", 1)
        lines.append(Line(source, target, edge.attr["class"].removeprefix("edge-"), [*along(spline), tip]))
    frames = []
    for frame in graph.subgraphs():
        left, bottom, right, top = map(float, frame.graph_attr["bb"].split(","))
        frames.append(Thing(own_id(frame.graph_attr["id"]), left, bottom, right, top))
    left, bottom, right, top = map(float, graph.graph_attr["bb"].split(","))
    return nodes, tags, texts, lines, frames, Thing("", left, bottom, right, top)


def along(spline):
    """Points along a cubic spline."""
    for start in range(0, len(spline) - 1, 3):
        for step in range(11):
            t = step / 10
            parts = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]
            yield tuple(
                sum(part * point[axis] for part, point in zip(parts, spline[start : start + 4], strict=True))
                for axis in (0, 1)
            )


def check(found, shown):
    nodes, tags, texts, lines, frames, whole = things(shown)
    for one, other in combinations([*nodes.values(), *texts], 2):
        assert not one.over(other), f"{one.name} lies over {other.name}"
    for thing in [*nodes.values(), *tags.values(), *texts, *frames]:
        assert thing.within(whole), f"{thing.name} is outside"
    for line in lines:
        for x, y in line.points:
            point = Thing("", x, y, x, y)
            assert point.within(whole), f"{line} is outside"
            for thing in [*nodes.values(), *texts]:
                if thing.name not in (line.source, line.target):
                    assert not point.over(thing, by=1), f"{line.source} -> {line.target} crosses {thing.name}"
    joins = [
        edge.kind for edge in found.edges if edge.kind is not EdgeKind.FLOW and found.by_path[edge.target].kind in JOINS
    ]
    assert shown.strokes == {kind: joins.count(kind) for kind in set(joins)}


def aside(layer):
    return layer.projection or layer.kind is Kind.PAD


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("name", LOOKED_AT)
def test_nothing_overlaps_nothing_crosses_a_box_and_every_skip_is_drawn_or_told(name, level, direction):
    found = trace(PRESETS[name].spec)

    shown = picture(found, title=name, folding=Folding(level), direction=direction)

    check(found, shown)


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("name", OTHERS)
def test_so_it_is_in_networks_of_others(name, level):
    found = trace(ExternalSpec.of(f"torchvision:{name}"))

    check(found, picture(found, title=name, folding=Folding(level)))


@given(specs())
@settings(max_examples=25)
def test_so_it_is_in_any_network_layer_by_layer(spec):
    found = trace(spec)

    for direction in Direction:
        check(found, picture(found, title="x", folding=Folding(Level.LAYERS), direction=direction))


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("name", presets())
def test_the_main_path_is_one_straight_column(name, level):
    if PRESETS[name].spec.family == "inception_resnet":
        return  # has branches
    found = trace(PRESETS[name].spec)

    nodes, *__ = things(picture(found, title=name, folding=Folding(level)))

    axes = [
        (thing.left + thing.right) / 2
        for path, thing in nodes.items()
        if path not in found.by_path or not aside(found.by_path[path])
    ]
    gated = any(layer.kind is Kind.PRODUCT for layer in found.layers)  # gates lie beside it
    assert max(axes) - min(axes) < 0.2 or gated


def test_lanes_of_equal_blocks_are_at_the_same_place():
    found = trace(PRESETS["resnet152"].spec)

    __, ___, ____, lines, *_____ = things(picture(found, title="", folding=Folding(Level.CONVOLUTIONS)))

    lanes = {round(max(x for x, __ in line.points), 1) for line in lines if line.kind == "identity"}
    assert len(lanes) == 1


def test_the_level_of_convolutions_shows_resnet50_with_about_70_boxes_and_hides_nothing():
    found = trace(PRESETS["resnet50"].spec)

    nodes, tags, *__ = things(picture(found, title="", folding=Folding(Level.CONVOLUTIONS)))

    assert len(nodes) == 1 + 53 + 16 + 3  # image, convolutions, additions; two poolings, classifier
    assert {*nodes, *tags} >= set(found.by_path)


def test_tags_of_a_pre_activation_come_before_their_convolution_and_those_of_others_after():
    for name, path, before in (("preact_resnet110", "layer1.1.conv1", True), ("resnet18", "layer1.1.conv1", False)):
        nodes, tags, *__ = things(picture(trace(PRESETS[name].spec), title="", folding=Folding(Level.CONVOLUTIONS)))
        box, tag = nodes[path], tags[path.replace("conv1", "bn1")]
        assert (tag.right < (box.left + box.right) / 2) == before


@pytest.mark.slow
@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize(
    "name", ["selecsls42b", "ghostnet_100", "xception", "repvgg_a0", "dpn68", "mobilevit_xxs", "nfnet_l0"]
)
def test_so_it_is_in_networks_of_timm(name, level):
    found = trace(ExternalSpec.of(f"timm:{name}"))

    for direction in Direction:
        check(found, picture(found, title=name, folding=Folding(level), direction=direction))


def test_only_chains_of_concatenations_are_drawn_as_dense_blocks():
    found = trace(ExternalSpec.of("torchvision:shufflenet_v2_x0_5"))

    shown = picture(found, title="", folding=Folding(Level.BLOCKS))

    lines = [line for line in things(shown)[3] if line.kind == "concat"]
    assert all(line.source == line.target for line in lines)  # each beside its own block
    assert not any(group.dense for group in walk(tree(found)))


@pytest.mark.parametrize(
    ("name", "path", "before", "after"),
    [
        ("resnet110_relu_preact", "layer1.1.conv2", ["bn1", "relu2"], ["bn2"]),
        ("resnet18", "layer1.1.conv1", [], ["bn1", "relu1"]),
        ("preact_resnet110", "layer1.1.conv1", ["bn1", "relu1"], []),
    ],
)
def test_a_tag_is_on_the_side_of_its_layer_on_which_it_is_computed(name, path, before, after):
    found = trace(PRESETS[name].spec)
    block = found.by_path[path].block

    own = tags([layer for layer in found.layers if layer.block == block], found)[path]

    assert [layer.path.rpartition(".")[2] for layer in own.before] == before
    assert [layer.path.rpartition(".")[2] for layer in own.after] == after


@pytest.mark.parametrize("name", presets())
def test_no_tag_is_read_from_the_middle_and_none_joins_two_ways(name):
    found = trace(PRESETS[name].spec)
    for block in dict.fromkeys(layer.block for layer in found.layers):
        for path, own in tags([layer for layer in found.layers if layer.block == block], found).items():
            chain = [*(layer.path for layer in own.before), path, *(layer.path for layer in own.after)]
            for one, other in pairwise(chain):
                assert {edge.target for edge in found.edges if edge.source == one} == {other}
                assert {edge.source for edge in found.incoming[other]} == {one}


@pytest.mark.parametrize("odd", ["a:b", "a<b>", 'a"b', "a&amp;b", "a\\N", "层"])
def test_any_name_is_drawn(odd):
    found = trace(
        torch.nn.Sequential(OrderedDict({odd: torch.nn.Conv2d(3, 4, 3), "relu": torch.nn.ReLU()})),
        input_shape=(3, 8, 8),
    )

    shown = picture(found, title="x", folding=Folding(Level.LAYERS))

    root = ET.fromstring(svg(shown))  # noqa: S314  # ours
    assert odd in {group.get("id") for group in root.iter("{http://www.w3.org/2000/svg}g")}
    assert odd in things(shown)[0]


@pytest.mark.parametrize(("direction", "pane"), [(Direction.VERTICAL, (550, 362)), (Direction.HORIZONTAL, (940, 226))])
@pytest.mark.parametrize("name", presets())
def test_every_preset_fits_a_laptops_pane_at_the_level_of_stages(name, direction, pane):
    whole = things(picture(trace(PRESETS[name].spec), title=name, direction=direction))[5]

    scale = min(room / (side * 4 / 3) for room, side in zip(pane, (whole.right, whole.top), strict=True))

    assert scale > 0.59  # letters of 11 px, or larger


@pytest.mark.parametrize(("name", "level"), [("resnet50", Level.CONVOLUTIONS), ("resnet152", Level.LAYERS)])
def test_columns_hold_every_box_once_in_the_shape_of_a_page(name, level):
    found = trace(PRESETS[name].spec)

    nodes, tags, __, lines, frames, whole = things(
        picture(found, title="", folding=Folding(level), direction=Direction.COLUMNS)
    )

    assert {*nodes, *tags} >= set(found.by_path)
    assert 1 < whole.right / whole.top < 2.4
    axes = sorted(
        {
            round((thing.left + thing.right) / 2)
            for path, thing in nodes.items()
            if not aside(found.by_path.get(path, found.layers[0]))
        }
    )
    assert len(axes) > 2  # a main path for each column
    cut = [
        line
        for line in lines
        if sum(other.source == line.source and other.target == line.target for other in lines) == 2
    ]
    assert len(cut) == 2 * (len(axes) - 1)  # it goes on at the top of the next one
    assert len(frames) > len({frame.name.partition(" part ")[0] for frame in frames})
