"""The drawing has the nodes and edges of the trace, in the right styles."""

import re
import shutil
import xml.etree.ElementTree as ET
from collections import Counter

import pygraphviz
import pytest
from hypothesis import given, settings

from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing.kinds import Kind
from models.tracing.layers import EdgeKind
from models.tracing.tracer import trace
from tests.conftest import specs
from viz.graph import drawing
from viz.graph.drawing import picture
from viz.graph.folding import Folding, Level
from viz.graph.label import SIZE, Label
from viz.graph.picture import Colour, Direction
from viz.graph.render import READABLE, has_font, render, resolution, svg
from viz.graph.text_width import text_width

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def drawn(spec, **options):
    return picture(trace(spec), title="a network", **options)


def edges(dot, style):
    return len(re.findall(rf"->.*class=\"?edge-{style}\"?", dot))


@given(specs())
@settings(max_examples=25)
def test_at_full_depth_every_layer_is_a_node_and_every_edge_is_drawn(spec):
    found = trace(spec)
    shown = drawn(spec, folding=Folding(Level.LAYERS))

    assert {layer.path for layer in found.layers} <= set(shown.nodes)
    wanted = Counter((edge.source, edge.target, edge.kind) for edge in found.edges if edge.kind is not EdgeKind.FLOW)
    assert edges(shown.dot, EdgeKind.FLOW) > 0
    for kind in set(EdgeKind) - {EdgeKind.FLOW}:
        assert edges(shown.dot, kind) == sum(number for (*__, own), number in wanted.items() if own is kind)


def test_identity_shortcuts_are_solid_and_projections_dashed():
    dot = drawn(NetworkSpec(), folding=Folding(Level.LAYERS)).dot

    for line in dot.splitlines():
        if "edge-projection" in line:
            assert 'style="dashed"' in line
        elif "edge-identity" in line:
            assert 'style="solid"' in line


def test_a_folded_stage_tells_identities_from_projections():
    shown = drawn(PRESETS["resnet152"].spec)

    assert edges(shown.dot, "identity") == edges(shown.dot, "projection") == 4
    assert 'label="35 identities"' in shown.dot
    assert 'label="1 projection"' in shown.dot
    assert shown.strokes == {EdgeKind.IDENTITY: 46, EdgeKind.PROJECTION: 4}


def test_a_plain_network_has_no_skip_edge():
    dot = drawn(PRESETS["plain34"].spec, folding=Folding(Level.LAYERS)).dot

    assert all(edges(dot, kind) == 0 for kind in EdgeKind if kind is not EdgeKind.FLOW)


def test_a_dense_block_shows_every_connection_if_it_is_small_else_those_into_its_output():
    shown = drawn(PRESETS["densenet201"].spec, folding=Folding(Level.BLOCKS))

    concatenated = [line for line in shown.dot.splitlines() if "edge-concat" in line]
    targets = (re.search(r'id="features\.denseblock1\.denselayer(\d)', line) for line in concatenated)
    into = Counter(found[1] for found in targets if found)
    assert into == {"2": 1, "3": 2, "4": 3, "5": 4, "6": 5 + 6}  # the last six into the block's output
    large = [line for line in concatenated if "denseblock3" in line]
    assert len(large) == 12
    assert 'label="and 36 more"' in shown.dot
    told = re.findall(r"<B>(denseblock\d), \d+ blocks(: each reads all before it)?</B>", shown.dot)
    assert [block for block, rest in told if rest] == [
        "denseblock2",
        "denseblock3",
        "denseblock4",
    ]  # the small one is drawn whole
    across = drawn(PRESETS["densenet201"].spec, folding=Folding(Level.BLOCKS), direction=Direction.HORIZONTAL)
    assert 'label="and 36 more"' in across.dot
    assert shown.strokes == {EdgeKind.CONCAT: 98}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("colour", Colour)
def test_every_direction_and_colour_lays_out_as_svg(direction, colour):
    shown = drawn(NetworkSpec(), direction=direction, colour=colour)
    root = ET.fromstring(svg(shown))  # noqa: S314  # trusted input

    ids = {group.get("id") for group in root.iter("{http://www.w3.org/2000/svg}g")}
    assert set(shown.nodes) <= ids
    assert float(root.get("width").removesuffix("pt")) > 0


def test_a_vertical_graph_is_high_and_a_horizontal_one_is_wide():
    def sides(direction):
        root = ET.fromstring(svg(drawn(NetworkSpec(), folding=Folding(Level.BLOCKS), direction=direction)))  # noqa: S314
        return float(root.get("width").removesuffix("pt")), float(root.get("height").removesuffix("pt"))

    assert sides(Direction.VERTICAL)[0] < sides(Direction.VERTICAL)[1]
    assert sides(Direction.HORIZONTAL)[0] > sides(Direction.HORIZONTAL)[1]


@pytest.mark.parametrize(("form", "magic"), [("pdf", b"%PDF"), ("png", b"\x89PNG"), ("svg", b"<svg")])
def test_pictures_can_be_taken_away(form, magic):
    assert render(drawn(NetworkSpec()), form).startswith(magic)


def test_the_value_scale_ends_at_the_smallest_and_the_largest_node():
    legend = drawn(NetworkSpec(), colour=Colour.PARAMS).legend
    stages = [total.params for total in trace(NetworkSpec()).stages]

    assert (legend.low, legend.high) == (min(stages), max(stages))


def test_the_alt_text_says_what_there_is():
    assert drawn(PRESETS["resnet50"].spec).alt == (
        "Graph of a network: 4 stages with 3, 4, 6 and 3 blocks, 25,557,032 parameters. 16 skip connections (additions), 4 with a projection."
    )


def test_the_legend_lists_what_is_drawn():
    everything = Folding(Level.LAYERS)
    assert Kind.PAD in drawn(NetworkSpec(shortcut="pad"), folding=everything).kinds
    assert Kind.PAD not in drawn(NetworkSpec(), folding=everything).kinds
    assert drawn(NetworkSpec()).kinds == (Kind.ADD,)
    assert drawn(NetworkSpec(shortcut="none")).skips == frozenset()


def test_equal_specs_give_equal_pictures():
    assert drawn(NetworkSpec()).dot == drawn(NetworkSpec()).dot


def test_a_png_is_opaque_and_white_where_nothing_is_drawn():
    import io

    from PIL import Image

    traced = trace(PRESETS["resnet18"].spec)
    drawn = Image.open(io.BytesIO(render(drawing.picture(traced, title="x"), "png"))).convert("RGBA")

    assert drawn.getchannel("A").getextrema() == (255, 255)
    assert drawn.getpixel((0, 0)) == (255, 255, 255, 255)


def test_a_picture_too_long_for_its_letters_has_no_readable_png():
    assert resolution('<svg width="300pt" height="900pt"') == 192
    assert resolution('<svg width="300pt" height="40000pt"') < READABLE


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(("name", "level"), [("resnet18", Level.LAYERS), ("densenet121", Level.BLOCKS)])
def test_graphviz_draws_boxes_frames_and_lines_where_the_svg_has_them(name, level, direction):
    shown = drawn(PRESETS[name].spec, folding=Folding(level), direction=direction)
    graph = pygraphviz.AGraph(shown.dot)
    theirs = ET.fromstring(graph.draw(format="svg", prog="nop2"))  # noqa: S314  # trusted input
    ours = ET.fromstring(svg(shown))  # noqa: S314

    wanted, found = places(theirs), places(ours)

    shift = wanted["input"][1] - found["input"][1]  # Graphviz's y begins at the lower edge
    assert set(found) == {own for own in wanted if not own.startswith("text ")}
    for own, (x, y) in found.items():
        assert (x, y + shift) == pytest.approx(wanted[own], abs=1), own


def places(root):
    """The middle of each box, frame and line, by id."""
    found = {}
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        shape = next((one for one in group if one.tag.endswith(("path", "polygon", "ellipse"))), None)
        if shape is None or group.get("id", "").startswith("graph"):
            continue
        if shape.get("cx"):
            points = [(float(shape.get("cx")), float(shape.get("cy")))]
        else:
            written = shape.get("d") or shape.get("points")
            points = [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", written)]
        found[group.get("id")] = tuple((min(along) + max(along)) / 2 for along in zip(*points, strict=True))
    return found


@pytest.mark.parametrize("direction", [Direction.VERTICAL, Direction.HORIZONTAL])
def test_texts_stay_inside_their_boxes(direction):
    shown = drawn(PRESETS["resnet50"].spec, folding=Folding(Level.CONVOLUTIONS), direction=direction)
    for box in shown.drawn.boxes:
        if not isinstance(box.label, Label):
            continue
        for line in box.label.lines(box.width, vertical=shown.drawn.vertical):
            wide = text_width(line.bold + line.text, SIZE)
            start = line.x - {"start": 0, "middle": wide / 2, "end": wide}[line.anchor]
            assert -box.width / 2 <= start
            assert start + wide <= box.width / 2
            assert abs(line.y) + SIZE / 2 <= box.height / 2


def test_a_caption_wider_than_the_picture_is_not_cut():
    shown = drawn(NetworkSpec())
    long = "a caption that is much longer than the picture is wide, so that the paper has to become wider for it"

    plain, wide = (ET.fromstring(svg(shown, caption=caption)) for caption in ("", long))  # noqa: S314

    assert float(wide.get("width").removesuffix("pt")) >= text_width(long, 13)
    assert float(wide.get("height").removesuffix("pt")) > float(plain.get("height").removesuffix("pt"))


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("name", ["vgg16", "plain56_cifar", "resnet18"])
def test_shapes_on_the_edges_are_inside_the_picture(name, direction):
    marks = drawn(PRESETS[name].spec, shapes=True, direction=direction).drawn

    for text in marks.texts:
        assert text.x >= 0
        assert text.x + text.width <= marks.width
        assert 0 <= text.y <= marks.height


def test_a_font_for_a_language_is_known_before_a_picture_shows_boxes(tmp_path, monkeypatch):
    if shutil.which("fc-list") is None:
        pytest.skip("Fontconfig's fc-list is not installed")
    none = tmp_path / "fonts.conf"
    none.write_text('<?xml version="1.0"?><fontconfig></fontconfig>')
    monkeypatch.setenv("FONTCONFIG_FILE", str(none))

    has_font.cache_clear()
    assert (has_font("en"), has_font("zh")) == (True, False)

    monkeypatch.setattr(shutil, "which", lambda _name: None)  # it can't be asked
    has_font.cache_clear()
    assert has_font("zh")
    has_font.cache_clear()
