"""How alike positions and images are: the cosines by hand, and the collapse of attention without skips."""

from itertools import combinations
from math import isnan

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models import PRESETS, ExternalSpec, alike, trace, twin
from models.signals.alike import similarity
from models.tracing.channels import channels_last

VIT = ExternalSpec(network="torchvision:vit_b_32", input_shape=(3, 96, 96), classes=10)


@settings(max_examples=40)
@given(st.integers(2, 6), st.integers(1, 5), st.integers(1, 3), st.integers(0, 99))
def test_the_mean_cosine_is_that_of_all_pairs(rows, values, sets, seed):
    given_ = torch.randn(sets, rows, values, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)

    pairs = [torch.cosine_similarity(one[i], one[j], dim=0) for one in given_ for i, j in combinations(range(rows), 2)]

    assert similarity(given_) == pytest.approx(float(torch.stack(pairs).mean()), abs=1e-9)


def test_equal_rows_are_alike_and_orthogonal_ones_are_not():
    assert similarity(torch.ones(1, 4, 3)) == pytest.approx(1)
    assert similarity(torch.eye(4)[None]) == pytest.approx(0)
    assert similarity(torch.tensor([[[1.0, 0.0], [-2.0, 0.0]]])) == pytest.approx(-1)


@pytest.mark.parametrize("rows", [torch.zeros(1, 3, 2), torch.ones(1, 1, 2), torch.full((1, 2, 2), float("inf"))])
def test_without_a_direction_or_a_pair_it_is_not_defined(rows):
    assert isnan(similarity(rows))


def test_without_skips_attention_makes_all_positions_alike():
    with_, without = alike(VIT, batch=4), alike(twin(VIT), batch=4)

    assert with_[0].path.rpartition(".")[0] == "encoder.layers.encoder_layer_0"
    assert len(with_) == len(without) == 12
    assert without[-1].positions > 0.99
    assert with_[-1].positions < 0.5


def test_ours_are_measured_too_and_a_convolution_has_positions():
    spec = PRESETS["resnet20_cifar"].spec

    for found in (alike(spec, batch=4), alike(twin(spec), batch=4)):
        assert len(found) == 9
        assert all(-1 <= one.positions <= 1 and -1 <= one.images <= 1 for one in found)


@pytest.mark.parametrize(
    ("network", "layers"),
    [
        ("convnext_tiny", {"features.0.0": False, "features.1.0.block.3": True, "features.1.0.block.4": True}),
        ("swin_t", {"features.0.0": False, "features.1.0.mlp.0": True}),
        ("resnet18", {"layer1.0.conv1": False, "maxpool": False}),
        ("vit_b_32", {"encoder.layers.encoder_layer_0.mlp.0": True}),
    ],
)
def test_where_the_channels_stand_is_told_by_the_layers_with_weights(network, layers):
    found = trace(ExternalSpec(network=f"torchvision:{network}", input_shape=(3, 64, 64)))

    assert {path: channels_last(found, path) for path in layers} == layers


def test_after_a_convnexts_block_the_channels_stand_first_again():
    found = trace(ExternalSpec(network="torchvision:convnext_tiny", input_shape=(3, 64, 64)))
    join = next(layer.path for layer in found.layers if layer.kind == "add")

    assert found.by_path[join].output_shape == (96, 16, 16)
    assert not channels_last(found, join)
