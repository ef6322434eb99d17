"""The picture of a block: of many parallel paths the first and the last are drawn, of branches all."""

from models.specs.choices import BlockForm
from models.specs.presets import PRESETS
from models.tracing.forms import formed
from models.tracing.tracer import trace
from viz.graph import block_drawing


def test_of_32_paths_two_are_drawn_and_their_number_is_told():
    traced = formed(PRESETS["resnext50_32x4d"].spec, BlockForm.SUMMED)

    drawn = block_drawing.picture(traced, "layer1.1", title="ResNeXt-50")

    paths = {name.split(".")[3] for name in drawn.nodes if ".paths." in name}
    assert paths == {"0", "31"}
    assert drawn.nodes["paths"] == "... 32 paths ..."
    assert "71,168 parameters" in drawn.alt


def test_three_paths_are_all_drawn():
    spec = PRESETS["resnext50_32x4d"].spec.changed(groups=2, group_width=64)

    drawn = block_drawing.picture(formed(spec, BlockForm.CONCATENATED), "layer1.1", title="ResNeXt")

    assert {name.split(".")[3] for name in drawn.nodes if ".paths." in name} == {"0", "1"}
    assert "paths" not in drawn.nodes


def test_all_branches_of_an_inception_block_are_drawn_and_joined():
    traced = trace(PRESETS["inception_resnet_v2"].spec)

    drawn = block_drawing.picture(traced, "repeat.0", title="Inception-ResNet-v2")

    assert {name.split(".")[2] for name in drawn.nodes if ".branch" in name} == {"branch0", "branch1", "branch2"}
    assert "repeat.0.cat" in drawn.nodes
    assert "it adds its branch to its input" in drawn.alt
