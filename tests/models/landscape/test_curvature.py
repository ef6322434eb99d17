"""The largest eigenvalue of the Hessian, beside the eigenvalues of the whole matrix."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy

from models.landscape.curvature import curvature
from models.networks.build import build
from models.specs.spec import NetworkSpec

TINY = NetworkSpec(stages=(1, 1), stem="cifar", base_width=2, shortcut="pad", input_shape=(1, 8, 8), classes=3)


@pytest.fixture
def batch():
    drawn = torch.Generator().manual_seed(1)
    return torch.randn(16, 1, 8, 8, generator=drawn), torch.arange(16) % 3


def eigenvalues(network, images, labels):
    """All eigenvalues of the Hessian, from the whole matrix in float64."""
    network = network.double().train()
    names = [name for name, _ in network.named_parameters()]
    shapes = [weight.shape for weight in network.parameters()]
    start = torch.cat([weight.detach().flatten() for weight in network.parameters()])

    def loss(flat):
        parts = flat.split([shape.numel() for shape in shapes])
        given = {name: part.view(shape) for name, part, shape in zip(names, parts, shapes)}
        return cross_entropy(torch.func.functional_call(network, given, (images.double(),)), labels)

    with sdpa_kernel(SDPBackend.MATH):
        return np.linalg.eigvalsh(torch.autograd.functional.hessian(loss, start).numpy())


@pytest.mark.parametrize("changes", [{}, {"shortcut": "none"}, {"norm": "none"}])
def test_it_is_the_largest_of_all_eigenvalues(batch, changes):
    spec = TINY.changed(**changes)

    found = curvature(build(spec, seed=2), *batch)

    assert found == pytest.approx(eigenvalues(build(spec, seed=2), *batch)[-1], rel=0.02)


class Attends(nn.Module):
    """Attention between the rows of an image, whose quick kernels have no second derivative."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.mix = nn.Linear(8, 24)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        query, key, value = self.mix(x).chunk(3, -1)
        return self.head(nn.functional.scaled_dot_product_attention(query, key, value).mean((1, 2)))


def test_attention_is_bent_too(batch):
    assert curvature(Attends(), *batch) == pytest.approx(eigenvalues(Attends(), *batch)[-1], rel=0.02)


def test_of_a_linear_network_it_is_known_by_hand():
    """With equal answers p for two classes, the Hessian is p (1 - p) times x x^T for each of two rows, which add up."""
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
    nn.init.zeros_(module[1].weight)
    image = torch.tensor([[[[1.0, 2.0], [0.0, 2.0]]]])

    assert curvature(module, image, torch.tensor([0])) == pytest.approx(2 * 0.25 * 9, rel=1e-3)


def test_the_weights_are_left_as_they_were(batch):
    network = build(TINY)
    before = [weight.clone() for weight in network.parameters()]

    curvature(network, *batch)

    assert all(torch.equal(old, new) for old, new in zip(before, network.parameters()))
    assert all(weight.grad is None for weight in network.parameters())
