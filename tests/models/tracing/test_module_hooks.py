"""Observing any module: nothing changes, nothing is missed, and the two ways to a join add up."""

import pytest
import torch
from torch import nn
from torchvision.models import get_model

from models import trace
from models.tracing.hooks import Way
from models.tracing.module_hooks import listening_to
from models.tracing.module_trace import structure

NAMES = ["resnet18", "convnext_tiny", "mobilenet_v3_small", "swin_t", "regnet_y_400mf"]


class Heard:
    def __init__(self):
        self.outputs, self.gradients, self.ways, self.pairs = {}, {}, {}, {}

    def output(self, path, value):
        self.outputs[path] = value.clone()

    def gradient(self, path, value):
        self.gradients[path] = value.clone()

    def operands(self, path, skip, branch):
        self.pairs[path] = skip.clone(), branch.clone()

    def returned(self, path, way, gradient):
        self.ways[path, way] = gradient.clone()


def module(name):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return get_model(name, num_classes=10).eval()


def passed(network, listener=None, by=None):
    image = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    network.zero_grad()
    if listener is None:
        network(image).square().sum().backward()
    else:
        with listening_to(network, by, listener):
            network(image).square().sum().backward()
    return [image.grad, *(weight.grad.clone() for weight in network.parameters() if weight.grad is not None)]


@pytest.mark.parametrize("name", NAMES)
def test_gradients_stay_bit_equal_and_every_layer_is_heard(name):
    network, heard = module(name), Heard()
    by = structure(network, (3, 64, 64))
    before = passed(network)
    state = dict(vars(network))

    after = passed(network, heard, by)

    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert set(heard.outputs) == {layer.path for layer in by.trace.layers}
    assert all(heard.outputs[layer.path].shape[1:] == layer.output_shape for layer in by.trace.layers[-3:])
    assert dict(vars(network)) == state


@pytest.mark.parametrize("name", NAMES)
def test_the_gradients_of_skip_and_branch_add_up_to_the_forks(name):
    """Where a fork is read by the two ways of one join alone, its gradient is their sum."""
    network, heard = module(name), Heard()
    by = structure(network, (3, 64, 64))
    passed(network, heard, by)
    forks = {read.join: read.fork for reads in by.reads.values() for read in reads}
    readers = {}
    for edge in by.trace.edges:
        readers.setdefault(edge.source, []).append(edge.target)
    alone = [join for join in by.skips if len(readers[forks[join]]) == 2 and forks[join] in heard.gradients]

    assert len(alone) >= len(by.skips) / 2 > 0
    for join in alone:
        skip, branch = (heard.ways[join, way] for way in (Way.SKIP, Way.BRANCH))
        whole = heard.gradients[forks[join]]
        if skip.shape == branch.shape == whole.shape:
            assert torch.allclose(skip + branch, whole, rtol=1e-4, atol=1e-5 * whole.abs().max())


@pytest.mark.parametrize("name", NAMES)
def test_the_operands_of_a_join_add_up_to_its_output(name):
    network, heard = module(name), Heard()
    by = structure(network, (3, 64, 64))
    passed(network, heard, by)

    assert set(heard.pairs) == set(by.skips)
    for join, (skip, branch) in heard.pairs.items():
        assert torch.allclose(skip + branch, heard.outputs[join], rtol=1e-5, atol=1e-5)


def test_hooks_and_forwards_are_gone_after_an_error():
    network = module("resnet18")
    by = structure(network, (3, 64, 64))
    before = [dict(vars(one)) for one in network.modules()]

    with pytest.raises(RuntimeError), listening_to(network, by, Heard()):
        network(torch.zeros(1, 5, 64, 64))

    assert [dict(vars(one)) for one in network.modules()] == before


class Tangled(nn.Module):
    """In-place functions, a module used twice, keyword arguments, a view of the fork and three readers of it."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.twice = nn.Conv2d(8, 8, 3, padding=1)
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        x = self.first(x)
        y = torch.relu_(self.twice(x)) + self.twice(x.contiguous())
        x = x + y
        z = self.twice(x.view(len(x), 8, -1).view_as(x))
        z += x
        x = z
        return {"answer": self.head(x.mean((2, 3))), "map": x}


def test_a_tangled_module_is_followed():
    network, heard = Tangled(), Heard()
    by = structure(network, (3, 8, 8))
    image = torch.randn(2, 3, 8, 8)
    plain = network(image)["answer"]
    plain.sum().backward()
    wanted = network.first.weight.grad.clone()
    network.zero_grad()

    with listening_to(network, by, heard):
        network(image)["answer"].sum().backward()

    assert torch.equal(network.first.weight.grad, wanted)
    assert len(by.skips) == 2
    assert set(heard.outputs) == set(trace(network, input_shape=(3, 8, 8)).by_path)
    assert all(heard.ways[join, way].norm() > 0 for join in by.skips for way in Way)
