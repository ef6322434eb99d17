"""Gradients along single paths, beside autograd's and beside networks that have no other path."""

from itertools import combinations
from math import comb, inf

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from models.networks.build import build
from models.results.codec import decode, encode
from models.signals.path_gradients import PathsOf, path_gradients
from models.signals.path_records import PathGradients
from models.specs.spec import NetworkSpec

SPEC = NetworkSpec(stages=(1, 2), stem="cifar", base_width=8, input_shape=(3, 8, 8), classes=10)


@pytest.fixture
def batch():
    drawn = torch.Generator().manual_seed(0)
    return torch.randn(4, 3, 8, 8, generator=drawn), torch.tensor([1, 5, 0, 9])


def autograd(network, images, labels):
    own = images.clone().requires_grad_()
    (found,) = torch.autograd.grad(cross_entropy(network(own), labels, reduction="sum"), own)
    return found.double()


@pytest.mark.parametrize("changes", [{}, {"order": "preact"}, {"branch_scale": 0.2}, {"skip_scale": 0.5}])
def test_all_paths_together_carry_the_gradient(batch, changes):
    network = build(SPEC.changed(**changes)).eval()
    ways = PathsOf(network, *batch)

    single = [ways.gradient(branches) for k in range(4) for branches in combinations(range(3), k)]

    whole = autograd(network, *batch)
    assert ways.skips == 3
    assert len(single) == 8
    assert torch.allclose(sum(single), whole, atol=1e-5 * float(whole.abs().max()))
    assert torch.equal(ways.gradient(), whole)


class Three(nn.Module):
    """Three linear residual blocks, the last of which adds in place."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(nn.Conv2d(2, 2, 1, bias=False) for _ in range(3))
        self.head = nn.Linear(2, 3, bias=False)

    def forward(self, x):
        x = x + self.blocks[0](x)
        x = self.blocks[1](x) + x
        branch = self.blocks[2](x)
        branch += x
        return self.head(branch.mean((2, 3)))


def test_one_path_is_the_product_of_its_branches(batch):
    module = Three()
    images = batch[0][:, :2]
    ways = PathsOf(module, images, batch[1] % 3)
    weights = [conv.weight.detach()[..., 0, 0].double() for conv in module.blocks]

    logits = module(images).detach().double()
    back = (logits.softmax(1) - nn.functional.one_hot(batch[1] % 3, 3)) @ module.head.weight.detach().double() / 64

    for branches in [(), (0,), (0, 2), (0, 1, 2)]:
        expected = back
        for place in reversed(branches):
            expected = expected @ weights[place]
        found = ways.gradient(branches)
        assert torch.allclose(found, expected[:, :, None, None].expand_as(found), atol=1e-6)


def test_without_skips_the_one_path_is_the_whole(batch):
    network = build(SPEC.changed(shortcut="none")).eval()

    found = path_gradients(network, *batch)

    assert (found.skips, found.lengths) == (0, (0,))
    assert found.norms == ((found.whole,),)
    assert found.products == (1.0,)
    assert found.added == pytest.approx(1.0)
    assert found.images == 4
    assert found.whole == pytest.approx(float(autograd(network, *batch).flatten(1).norm(dim=1).mean()), rel=1e-6)


def test_few_paths_are_all_measured_and_many_are_sampled_the_same_again(batch):
    network = build(SPEC.changed(stages=(3, 3))).eval()

    found, again, other = (path_gradients(network, *batch, samples=7, seed=seed) for seed in (0, 0, 1))

    assert [len(each) for each in found.norms] == [1, 6, 7, 7, 7, 6, 1]
    assert found == again
    assert found.norms[3] != other.norms[3]
    assert decode(encode(found)) == found


def test_a_deep_network_is_sampled_at_some_lengths_the_ends_among_them(batch):
    found = path_gradients(build(SPEC.changed(stages=(9, 9))).eval(), *batch, samples=1)

    assert found.lengths == (0, 2, 4, 6, 8, 10, 12, 14, 16, 18)
    assert len(found.by_length) == 19


def test_the_network_is_left_as_it_was(batch):
    network = build(SPEC).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}

    path_gradients(network, *batch)

    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(weight.grad is None for weight in network.parameters())


def test_products_are_numbers_of_paths_times_means():
    found = PathGradients(skips=2, lengths=(0, 1, 2), norms=((8.0,), (1.0, 3.0), (4.0,)), whole=10.0, images=4)

    assert found.paths.counts == (1, 2, 1)
    assert found.products == (pytest.approx(8 / 16), pytest.approx(4 / 16), pytest.approx(4 / 16))
    assert found.added == pytest.approx(1.6)


def test_a_network_may_be_deeper_than_floats_can_count():
    found = PathGradients(skips=1200, lengths=(0, 1200), norms=((1.0,), (1.0,)), whole=1.0, images=4)

    assert sum(found.products) == pytest.approx(1.0)
    assert found.products[600] == max(found.products)
    assert found.added == inf
    assert found.paths.most() == (566, 633)


def test_between_sampled_lengths_the_logarithm_is_interpolated():
    found = PathGradients(skips=4, lengths=(0, 2, 4), norms=((16.0,), (4.0,), (0.0,)), whole=1.0, images=4)

    assert found.by_length == (16.0, pytest.approx(8.0), 4.0, 0.0, 0.0)
    assert sum(found.products) == pytest.approx(1.0)
    assert found.products[1] == pytest.approx(comb(4, 1) * 8 / (16 + 32 + 24))
