"""Files for other tools, as the page writes them."""

import io

import onnx
import pytest
import torch

from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing.tracer import trace
from viz.backend import exports

pytestmark = pytest.mark.filterwarnings("ignore:The given buffer is not writable")  # torch 2.11's own

SMALL = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, input_shape=(3, 12, 12), classes=5)


def test_onnx_has_all_weights_and_pt2_all_or_none():
    model = onnx.load_from_string(exports.onnx(SMALL))
    held = sum(len(one.raw_data) // 4 for one in model.graph.initializer if one.data_type == onnx.TensorProto.FLOAT)
    assert held >= trace(SMALL).params * 0.9  # norms may be merged into convolutions

    for weights in (True, False):
        program = torch.export.load(io.BytesIO(exports.pt2(SMALL, weights=weights)))
        assert all(one.is_meta is not weights for one in program.state_dict.values())


def test_a_file_beyond_the_limit_is_not_offered():
    assert exports.offers_onnx(PRESETS["resnet50"].spec)
    assert exports.offers_weights(PRESETS["resnet50"].spec)
    assert not exports.offers_onnx(PRESETS["resnet152"].spec)
    assert not exports.offers_weights(PRESETS["resnet152"].spec)
