"""A trace is folded without losing a layer."""

import pytest
from hypothesis import given

from models.specs.external import ExternalSpec
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing.layers import EdgeKind, Layer
from models.tracing.tracer import trace
from tests.conftest import presets, specs
from viz.graph.folding import Folding, Level, Rank, count, fit, reveal, shown, tree, unfolded, walk
from viz.graph.words import name

RESNET50 = tree(trace(PRESETS["resnet50"].spec))


def layers_of(items):
    return [layer.path for item in items for layer in ((item,) if isinstance(item, Layer) else item.layers)]


@given(specs())
def test_every_level_shows_every_layer_once(spec):
    found = trace(spec)
    groups = tree(found)

    for level in Level:
        assert layers_of(shown(groups, Folding(level))) == [layer.path for layer in found.layers]


def test_stages_are_folded_at_first():
    assert [group.path for group in shown(RESNET50, Folding())] == [
        "stem",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
        "head",
    ]


def test_blocks_show_the_first_of_a_stage_and_the_run_of_its_equals():
    paths = [item.path for item in shown(RESNET50, Folding(Level.BLOCKS))]

    assert paths[:5] == ["stem", "layer1.0", "layer1.1-2", "layer2.0", "layer2.1-3"]


def test_a_run_keeps_its_number_and_its_skip_edge():
    run = next(group for group in walk(tree(trace(PRESETS["resnet152"].spec))) if group.path == "layer3.1-35")

    assert run.rank is Rank.RUN
    assert run.blocks == 35
    assert run.skips == {EdgeKind.IDENTITY: 35}


def test_dense_layers_form_a_run_although_they_grow():
    stage = tree(trace(PRESETS["densenet121"].spec))[1]

    assert [child.path for child in stage.children] == ["features.denseblock1.denselayer1-6"]
    assert stage.children[0].skips == {EdgeKind.CONCAT: 6}


def test_a_toggle_unfolds_and_another_folds_again():
    folding = Folding().toggle("layer2")

    assert "layer2.0" in [item.path for item in shown(RESNET50, folding)]
    assert folding.toggle("layer2") == Folding()


@pytest.mark.parametrize("name", presets())
@pytest.mark.parametrize("level", Level)
def test_at_most_600_nodes_are_drawn_and_it_is_said(name, level):
    groups = tree(trace(PRESETS[name].spec))
    wanted = count(groups, Folding(level))

    folding, note = fit(groups, Folding(level), most=600)

    assert count(groups, folding) <= 600
    assert (f"{wanted:,} nodes" in note) == (wanted > 600)


def test_too_much_unfolded_by_hand_is_folded_again():
    groups = tree(trace(PRESETS["resnet1202_cifar"].spec))
    runs = frozenset(group.path for group in walk(groups) if group.rank is Rank.RUN)
    by_hand = Folding(Level.BLOCKS, runs)

    folding, note = fit(groups, by_hand, most=600)

    assert folding == Folding(Level.BLOCKS)
    assert "runs of equal blocks stay folded" in note


def test_a_hidden_layer_is_stood_for_by_its_group():
    assert reveal(RESNET50, Folding(), "layer2.0.conv1") == "layer2"
    assert reveal(RESNET50, Folding(Level.BLOCKS), "layer2.2.conv1") == "layer2.1-3"
    assert reveal(RESNET50, Folding(Level.LAYERS), "layer2.2.conv1") == "layer2.2.conv1"
    assert reveal(RESNET50, Folding(), "nowhere") == ""


def test_sums_of_the_stages_are_the_networks():
    assert sum(group.params for group in RESNET50) == 25_557_032
    assert sum(group.macs for group in RESNET50) == 4_089_184_256


def test_stages_of_one_block_unfold_to_that_block():
    groups = tree(trace(NetworkSpec(stages=(1, 1))))

    assert [child.path for child in groups[1].children] == ["layer1.0"]


def test_a_layer_that_was_found_is_drawn_and_nothing_else_is_unfolded():
    folding = unfolded(RESNET50, Folding(), "layer3.2.conv2")

    drawn = [item.path for item in shown(RESNET50, folding)]

    assert "layer3.2.conv2" in drawn
    assert [path for path in drawn if "." not in path] == ["stem", "layer1", "layer2", "layer4", "head"]
    assert unfolded(RESNET50, folding, "layer3.2.conv2") == folding


def test_runs_are_named_by_numbers_whatever_the_names_around_them():
    vit, convnext = (tree(trace(ExternalSpec.of(f"torchvision:{name}"))) for name in ("vit_b_16", "convnext_tiny"))

    assert "encoder.layers.encoder_layer_0-11" in [group.path for group in walk(vit)]
    assert [name(group) for group in convnext if group.blocks] == ["1", "3", "5", "7"]
