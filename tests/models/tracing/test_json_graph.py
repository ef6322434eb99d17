"""A trace leaves as JSON with everything that is known of it."""

import json

from hypothesis import given

from models import PRESETS, trace
from tests.conftest import specs


@given(specs())
def test_layers_edges_and_totals_are_those_of_the_trace(spec):
    found = trace(spec)

    told = json.loads(found.to_json())

    assert told["format"] == "skipscope-graph/1"
    assert [one["path"] for one in told["layers"]] == [layer.path for layer in found.layers]
    assert sum(one.get("params", 0) for one in told["layers"]) == told["params"] == found.params
    assert sum(one.get("macs", 0) for one in told["layers"]) == told["macs"] == found.macs
    assert {(one["source"], one["target"], one["kind"]) for one in told["edges"]} == {
        (edge.source, edge.target, edge.kind) for edge in found.edges
    }


def test_fields_with_their_usual_value_are_left_out_and_can_be_filled_in():
    found = trace(PRESETS["resnext50_32x4d"].spec)
    told = json.loads(found.to_json())

    for own, layer in zip(told["layers"], found.layers, strict=True):
        whole = told["usual"] | own
        assert (whole["groups"], whole["counted"], whole["block"]) == (layer.groups, layer.counted, layer.block)
    convolution = next(one for one in told["layers"] if one["path"] == "layer1.0.conv2")
    assert convolution["groups"] == 32
    assert convolution["formulas"]["params"] == "3*3*(128/32)*128 = 4,608"
