"""Dropout and stochastic depth: what is left out, how often, and that it can be repeated."""

from dataclasses import replace

import pytest
import torch

from models.networks.build import build
from models.networks.dropping import Dropout, StochasticDepth
from models.runtime.errors import SpecError
from models.signals.measure import measure
from models.specs.spec import NetworkSpec
from models.specs.twins import twin
from models.tracing.tracer import trace
from models.training.run_spec import RunSpec

SMALL = NetworkSpec(stages=(2, 2), stem="cifar", base_width=8, input_shape=(3, 16, 16), classes=5)


def seeded(module, seed=0):
    module.generator = torch.Generator().manual_seed(seed)
    return module


def test_dropout_keeps_the_mean_and_leaves_out_its_share():
    out = seeded(Dropout(0.3))(torch.ones(100, 10, 10, 10))

    assert sorted(set(out.flatten().tolist())) == pytest.approx([0, 1 / 0.7])
    assert float((out == 0).float().mean()) == pytest.approx(0.3, abs=0.01)
    assert float(out.mean()) == pytest.approx(1, abs=0.01)


def test_stochastic_depth_leaves_out_the_whole_branch_of_an_image():
    out = seeded(StochasticDepth(0.5))(torch.ones(400, 3, 4, 4)).flatten(1)

    assert torch.equal(out, out[:, :1].expand_as(out))
    assert float((out[:, 0] == 0).float().mean()) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("kind", [Dropout, StochasticDepth])
def test_nothing_is_left_out_in_evaluation_and_equal_generators_draw_alike(kind):
    image = torch.randn(8, 3, 4, 4, generator=torch.Generator().manual_seed(0))

    assert torch.equal(kind(0.5).eval()(image), image)
    assert torch.equal(seeded(kind(0.5))(image), seeded(kind(0.5))(image))
    assert not torch.equal(seeded(kind(0.5))(image), seeded(kind(0.5), seed=1)(image))


def test_the_probability_grows_linearly_to_the_last_block():
    network = build(replace(SMALL, stages=(2, 3), drop_path=0.5))

    found = [module.p for module in network.modules() if isinstance(module, StochasticDepth)]
    assert found == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])


def test_dropout_stands_before_a_wide_blocks_last_convolution_and_after_a_dense_layers():
    wide = trace(replace(SMALL, order="preact", dropout=0.3))
    dense = trace(replace(SMALL, family="densenet", block=None, shortcut=None, dropout=0.2))

    assert wide.sources["layer1.0.conv2"] == ("layer1.0.dropout",)
    assert "features.denseblock1.denselayer1.dropout" in dense.sources["features.denseblock1.denselayer1.join"]


def test_a_network_has_the_same_weights_with_and_without():
    for change in ({"drop_path": 0.5}, {"order": "preact", "dropout": 0.3}):
        spec = replace(SMALL, **change)
        plain = replace(spec, drop_path=0.0, dropout=0.0)
        ours, theirs = build(spec).state_dict(), build(plain).state_dict()

        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)
        assert trace(spec).params == trace(plain).params


@pytest.mark.parametrize("change", [{"drop_path": 0.5}, {"order": "preact", "dropout": 0.3}])
def test_a_measurement_leaves_nothing_out(change):
    with_it, without = (
        measure(replace(SMALL, **fields), batch=4)
        for fields in (change, change | dict.fromkeys({"drop_path", "dropout"} & change.keys(), 0.0))
    )

    ours = {layer.path: layer.activation_rms for layer in with_it.runs[0].layers}
    theirs = {layer.path: layer.activation_rms for layer in without.runs[0].layers}
    common = {path.replace(".join.add", ".join"): value for path, value in ours.items() if "drop" not in path}
    assert common == pytest.approx(theirs)


def test_a_plain_network_has_no_branch_to_leave_out():
    spec = twin(replace(SMALL, drop_path=0.5))

    assert not [module for module in build(spec).modules() if isinstance(module, StochasticDepth)]
    assert not spec.draws


def test_what_is_drawn_can_not_be_compiled():
    with pytest.raises(SpecError, match="compile: must be false for a network with dropout or stochastic depth"):
        RunSpec(network=replace(SMALL, classes=10, drop_path=0.5), compile=True)
