"""Dead channels and effective ranks, beside outputs that are known."""

from math import exp, log

import pytest
import torch

from models.networks.build import build
from models.signals.unit_use import effective_rank, unit_use
from models.specs.external import ExternalSpec
from models.specs.spec import NetworkSpec
from models.tracing.tracer import trace
from models.tracing.without_skips import built

SPEC = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, input_shape=(3, 8, 8), classes=10)


def test_equal_independent_directions_all_count():
    rows = torch.cat([torch.eye(6), -torch.eye(6)])

    assert effective_rank(rows) == pytest.approx(6.0)


def test_directions_count_by_the_entropy_of_their_shares():
    rows = torch.cat([torch.diag(torch.tensor([3.0, 1.0])), -torch.diag(torch.tensor([3.0, 1.0]))])

    assert effective_rank(rows) == pytest.approx(exp(-0.75 * log(0.75) - 0.25 * log(0.25)))


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_a_product_of_narrow_matrices_has_at_most_their_rank(rank):
    drawn = torch.Generator().manual_seed(rank)
    rows = torch.randn(200, rank, generator=drawn) @ torch.randn(rank, 16, generator=drawn)

    assert rank / 2 < effective_rank(rows) <= rank + 1e-3


def test_what_never_varies_has_rank_zero_and_a_mean_does_not_count():
    drawn = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))

    assert effective_rank(torch.full((9, 4), 3.0)) == 0
    assert effective_rank(drawn + 100) == pytest.approx(effective_rank(drawn), rel=1e-3)


def test_channels_that_a_bias_keeps_below_zero_are_dead():
    network, traced = build(SPEC, seed=0).eval(), trace(SPEC)
    images = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        network.bn1.bias[:3] = -1e6
    kept = {}
    network.relu.register_forward_hook(lambda _, __, out: kept.update(value=out.clone()))

    found = unit_use(network, SPEC, traced, images)

    rows = kept["value"].permute(0, 2, 3, 1).reshape(-1, 8)
    assert (found[0].path, found[0].channels, found[0].dead) == ("relu", 8, 3)
    assert found[0].rank == pytest.approx(effective_rank(rows))
    assert [one.path for one in found] == [layer.path for layer in traced.layers if layer.operation == "relu"]


def test_positions_are_drawn_from_the_whole_map_not_from_its_edge():
    network, traced = build(SPEC, seed=0).eval(), trace(SPEC)
    images = torch.zeros(128, 3, 8, 8)
    images[..., 3:] = torch.randn(128, 3, 8, 5, generator=torch.Generator().manual_seed(0))

    found = unit_use(network, SPEC, traced, images)

    assert found[0].rank > 4  # at the left edge every output is the same


def test_rounding_around_a_large_mean_is_no_direction():
    rows = torch.full((200, 8), 1000.0) + 1e-5 * torch.randn(200, 8, generator=torch.Generator().manual_seed(0))

    assert effective_rank(rows) == 0


def test_a_librarys_network_is_measured_too():
    spec = ExternalSpec(network="torchvision:vgg11", input_shape=(3, 32, 32), classes=10)

    found = unit_use(built(spec, seed=0).eval(), spec, trace(spec), torch.randn(2, 3, 32, 32))

    assert [one.channels for one in found][-2:] == [4096, 4096]
    assert all(0 <= one.rank <= one.most <= one.channels for one in found)
    assert found[-1].most == 1  # of two images


def test_outputs_that_are_not_finite_have_no_rank():
    assert str(effective_rank(torch.tensor([[1.0, float("nan")], [2.0, 3.0]]))) == "nan"
