"""A difference is explained by parts that sum to it."""

from collections import Counter

import pytest
from hypothesis import given

from models.specs.presets import PRESETS
from models.tracing.diff import aligned, difference
from models.tracing.tracer import trace
from tests.conftest import specs


def traced(name):
    return trace(PRESETS[name].spec)


def test_the_tutorials_resnet18_has_4800_biases_more_and_1792_norms_fewer():
    found = difference(traced("resnet18"), traced("tutorial_resnet18"))

    assert {str(term.name): term.change for term in found.params} == {
        "convolution biases": 4_800,
        "norms on the shortcuts": -1_792,
    }
    assert sum(term.change for term in found.params) == 3_008
    lost = [pair.left.path for pair in found.pairs if pair.right is None]
    assert lost == [f"layer{stage}.0.downsample.1" for stage in (2, 3, 4)]
    assert not found.macs


@given(specs(), specs())
def test_parts_sum_to_the_difference_and_every_layer_stands_once(left, right):
    ours, theirs = trace(left), trace(right)
    found = difference(ours, theirs)

    assert sum(term.change for term in found.params) == theirs.params - ours.params
    assert sum(term.change for term in found.macs) == theirs.macs - ours.macs
    assert sum(term.change for term in found.memory) == theirs.activation_bytes - ours.activation_bytes
    assert Counter(pair.left.path for pair in found.pairs if pair.left) == Counter(layer.path for layer in ours.layers)
    assert [pair.left for pair in found.pairs if pair.left] == list(ours.layers)
    assert Counter(pair.right.path for pair in found.pairs if pair.right) == Counter(
        layer.path for layer in theirs.layers
    )


@given(specs())
def test_a_network_does_not_differ_from_itself(spec):
    found = difference(trace(spec), trace(spec))

    assert found.params == found.macs == found.memory == ()
    assert all(pair.same for pair in found.pairs)


def test_two_families_are_aligned_stage_by_stage():
    resnet, densenet = traced("resnet50"), traced("densenet121")

    rows = {str(name): paths for name, paths in aligned((resnet, densenet))}
    assert rows["stage 2"] == ("layer2", "features.denseblock2")
    assert rows["transition 2"] == (None, "features.transition2")
    assert next(iter(rows)) == "stem"
    assert list(rows)[-1] == "head"
    pairs = {pair.left.path: pair.right for pair in difference(resnet, densenet).pairs if pair.left}
    assert pairs["layer2.0.conv1"].path == "features.denseblock2.denselayer1.conv1"
    assert pairs["layer2.0.downsample.0"] is None


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_stage_stands_in_one_row(name):
    found = traced(name)

    rows = aligned((found,))
    assert [paths[0] for _, paths in rows if paths[0]] == [total.path for total in found.stages]
