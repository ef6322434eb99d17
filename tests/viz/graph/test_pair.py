"""Two networks in one frame: equal parts in equal rows, on one scale."""

import pytest
from hypothesis import given, settings

from models import twin
from models.specs.external import ExternalSpec
from models.specs.presets import PRESETS
from models.tracing.tracer import trace
from tests.conftest import specs
from tests.viz.graph.test_layout import things
from viz.graph.folding import Folding, Level
from viz.graph.pair import OTHER, Side, picture
from viz.graph.picture import Values


def middle(thing):
    return (thing.bottom + thing.top) / 2


def aligned(shown):
    """Ids of the left network's boxes that stand beside their partners, and the differences of their heights."""
    nodes, *__ = things(shown)
    return {
        name: middle(nodes[name]) - middle(nodes[shown.partners[name]])
        for name in nodes
        if not name.startswith(OTHER) and shown.partners.get(name) in nodes
    }


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("name", ["resnet18", "resnet50", "densenet121", "preact_resnet110"])
def test_a_network_and_its_twin_stand_row_by_row(name, level):
    spec = PRESETS[name].spec
    left, right = trace(spec), trace(twin(spec))

    shown = picture(Side(left, "with"), Side(right, "without"), folding=Folding(level))

    heights = aligned(shown)
    assert all(abs(height) < 0.1 for height in heights.values())
    nodes, tags, *__ = things(shown)
    others = {one.removeprefix(OTHER) for one in (*nodes, *tags) if one.startswith(OTHER)}
    assert others <= {one for one in (*nodes, *tags) if not one.startswith(OTHER)}
    if level is Level.LAYERS and len(right.layers) < 400:
        assert others == {"input", *right.by_path}


@given(specs())
@settings(max_examples=15)
def test_so_does_any_network(spec):
    shown = picture(Side(trace(spec), "with"), Side(trace(twin(spec)), "without"), folding=Folding(Level.LAYERS))

    assert all(abs(height) < 0.1 for height in aligned(shown).values())


@pytest.mark.parametrize("name", ["convnext_tiny", "vit_b_16"])
def test_so_do_networks_of_others(name):
    spec = ExternalSpec.of(f"torchvision:{name}")

    shown = picture(Side(trace(spec), "with"), Side(trace(twin(spec)), "without"), folding=Folding(Level.CONVOLUTIONS))

    assert len(aligned(shown)) > 5
    assert all(abs(height) < 0.1 for height in aligned(shown).values())


def test_stages_of_two_networks_begin_side_by_side():
    left, right = (trace(PRESETS[name].spec) for name in ("resnet18", "resnet50"))

    shown = picture(Side(left, "ResNet-18"), Side(right, "ResNet-50"), folding=Folding(Level.BLOCKS))

    *__, frames, _whole = things(shown)
    tops = {frame.name: frame.top for frame in frames}
    for stage in ("layer1", "layer2", "layer3", "layer4"):
        assert tops[stage] == pytest.approx(tops[OTHER + stage], abs=0.1)
    assert shown.partners["layer3"] == OTHER + "layer3"


def test_a_dense_network_stands_beside_a_residual_one_stage_by_stage():
    left, right = (trace(PRESETS[name].spec) for name in ("resnet50", "densenet121"))

    shown = picture(Side(left, "a"), Side(right, "b"))

    assert shown.partners["layer2"] == OTHER + "features.denseblock2"
    assert all(abs(height) < 0.1 for height in aligned(shown).values())


def test_what_is_folded_on_one_side_is_folded_on_the_other():
    spec = PRESETS["resnet50"].spec

    shown = picture(Side(trace(spec), "a"), Side(trace(twin(spec)), "b"), folding=Folding().toggle("layer2"))

    *__, frames, _whole = things(shown)
    assert {frame.name for frame in frames} == {"layer2", OTHER + "layer2"}


def test_shares_set_the_width_of_the_two_ways():
    spec = PRESETS["resnet18"].spec
    values = Values("rms", {"conv1": 1.0}, 1.0, 1.0, shares={"layer1.0.join": 0.25})
    right = trace(twin(spec))

    dot = picture(Side(trace(spec), "a", values), Side(right, "b"), folding=Folding(Level.LAYERS)).dot

    ways = [line for line in dot.splitlines() if 'id="layer1.0.join from' in line]
    branch, skip = (next(line for line in ways if f"edge-{kind}" in line) for kind in ("flow", "identity"))
    assert 'penwidth="2.5"' in branch
    assert 'penwidth="5.5"' in skip


def test_networks_whose_paths_are_among_the_others_are_no_twins():
    left, right = (trace(PRESETS[name].spec) for name in ("resnet34", "resnet18"))

    shown = picture(Side(left, "ResNet-34"), Side(right, "ResNet-18"))

    assert shown.nodes[OTHER + "layer3"].startswith("layer3: 2 blocks")


def test_a_second_network_that_is_too_large_is_folded_too():
    left, right = (trace(PRESETS[name].spec) for name in ("resnet18", "resnet1202_cifar"))

    shown = picture(Side(left, "a"), Side(right, "b"), folding=Folding(Level.LAYERS))

    assert len(things(shown)[0]) < 1100
    assert "can be drawn" in shown.note


def test_a_group_without_a_partner_unfolds_by_itself():
    left, right = (trace(PRESETS[name].spec) for name in ("resnet18", "densenet121"))
    alone = OTHER + "features.transition2"

    folded = picture(Side(left, "a"), Side(right, "b"))
    shown = picture(Side(left, "a"), Side(right, "b"), folding=folded.folding.toggle(alone))

    assert alone in folded.groups
    assert alone in {frame.name for frame in things(shown)[4]}


def test_marks_are_drawn_on_boxes_joins_and_tags():
    found = trace(PRESETS["resnet18"].spec)
    mark = {"class": "changed", "penwidth": "3.2"}
    marks = dict.fromkeys(("layer1.0.conv1", "layer1.0.bn1", "layer1.0.join"), mark)

    shown = picture(Side(found, "a", marks=marks), Side(found, "b"), folding=Folding(Level.CONVOLUTIONS))

    assert shown.dot.count("changed") == 3
