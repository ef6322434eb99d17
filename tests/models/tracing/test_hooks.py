"""Listening ends with its context."""

import pytest
import torch
from hypothesis import given
from torch import nn

from models.networks.build import build
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing.hooks import Way, call_stack, listening
from models.tracing.kinds import JOINS
from models.tracing.tracer import trace
from tests.conftest import specs


def touched(network):
    """Return the modules with hooks, or with a `forward` set on the instance."""
    return [
        path
        for path, module in network.named_modules()
        if module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module)
    ]


def test_the_stack_names_the_modules_being_called_innermost_last():
    seen = []
    network = nn.Sequential(nn.Sequential(nn.ReLU()))
    network[0][0].forward = lambda value: seen.append([path for path, _ in stack]) or value

    with call_stack(network) as stack:
        network(torch.zeros(1))

    assert seen == [["", "0", "0.0"]]
    assert stack == []


def test_nothing_is_left_behind_after_an_error():
    network = nn.Sequential(nn.Linear(2, 2))

    with pytest.raises(RuntimeError), call_stack(network) as stack:
        network(torch.zeros(3, 5))

    assert touched(network) == []
    assert stack == []


def test_a_forward_of_a_modules_own_is_given_back():
    network = nn.Sequential(nn.ReLU())
    own = network[0].forward = lambda value: value

    with call_stack(network):
        assert network[0].forward is not own

    assert network[0].forward is own


class Silent:
    """A listener that keeps nothing."""

    def output(self, path, value): ...

    def gradient(self, path, value): ...

    def operands(self, path, skip, branch): ...

    def returned(self, path, way, gradient): ...


def listened(spec, hearer):
    """Run a forward and backward pass with a listener; return the network and its loss."""
    network, traced = build(spec), trace(spec)
    layers = [layer.path for layer in traced.layers]
    joins = [layer.path for layer in traced.layers if layer.kind in JOINS]
    images = torch.randn(4, *spec.input_shape, generator=torch.Generator().manual_seed(1))
    with listening(network, layers, joins, hearer):
        loss = network(images).square().mean()
        loss.backward()
    return network, loss


@given(specs())
def test_listening_changes_neither_loss_nor_gradients_by_a_bit(spec):
    network, images = build(spec), torch.randn(4, *spec.input_shape, generator=torch.Generator().manual_seed(1))
    loss = network(images).square().mean()
    loss.backward()

    heard, heard_loss = listened(spec, Silent())

    assert torch.equal(loss, heard_loss) or (loss.isnan() and heard_loss.isnan())
    for ours, theirs in zip(network.parameters(), heard.parameters(), strict=True):
        assert torch.equal(ours.grad.nan_to_num(), theirs.grad.nan_to_num())


def test_listening_leaves_nothing_behind():
    network, _ = listened(PRESETS["resnet20_cifar"].spec, Silent())

    assert touched(network) == []


def test_listening_leaves_nothing_behind_after_an_error():
    class Broken(Silent):
        def gradient(self, path, value):
            raise RuntimeError("stop here")

    network = build(PRESETS["resnet20_cifar"].spec)
    with pytest.raises(RuntimeError, match="stop here"), listening(network, ["conv1"], ["layer1.0.join"], Broken()):
        network(torch.zeros(2, 3, 32, 32)).sum().backward()

    assert touched(network) == []


class Ways(Silent):
    def __init__(self):
        self.heard = {}

    def operands(self, path, skip, branch): ...

    def returned(self, path, way, gradient):
        self.heard[path, way] = gradient.clone()


class Stopped(nn.Module):
    """A join that passes the gradient back on one side only."""

    def __init__(self, join, way):
        super().__init__()
        self.inner, self.way = join, way

    def forward(self, skip, branch):
        return self.inner(skip, branch.detach()) if self.way == Way.SKIP else self.inner(skip.detach(), branch)


def by_detaching(spec, path, way):
    """Return the gradient at the input of a join's block with the other path detached, as a reference."""
    network = build(spec)
    block = network.get_submodule(path.partition(".join")[0])
    block.join = Stopped(block.join, way)
    entered = []
    block.register_forward_pre_hook(lambda module, args: entered.append(args[0]) or args[0].retain_grad())
    images = torch.randn(4, *spec.input_shape, generator=torch.Generator().manual_seed(1))
    network(images).square().mean().backward()
    return entered[0].grad


@pytest.mark.parametrize("norm", ["batch", "group", "none"])
@pytest.mark.parametrize(
    "kind",
    [
        {"block": "basic", "shortcut": "pad"},
        {"block": "basic", "shortcut": "projection"},
        {"block": "bottleneck", "shortcut": "projection_all"},
        {"block": "basic", "order": "preact", "shortcut": "projection"},
        {"block": "basic", "order": "preact", "shortcut": "pad"},
        {"block": "bottleneck", "order": "preact", "shortcut": "projection_all"},
        {"order": "norm_after", "shortcut": "pad"},
        {"order": "relu_before", "shortcut": "projection"},
        {"order": "relu_preact", "shortcut": "projection"},
        {"order": "preact", "raw_projection": True},
        {"gate": "highway", "shortcut": "projection"},
        {"gate": "highway", "order": "preact"},
        {"gate": "shortcut", "shortcut": "pad"},
        {"skip_scale": 0.5, "branch_scale": 0.2, "shortcut": "pad"},
        {"skip_scale": 0.5, "order": "preact"},
        {"stride_block": "last", "projection_pool": True},
        {"block": "se_basic"},
        {"block": "wrong_projection", "shortcut": "projection"},
        {"block": "wrong_no_relu", "shortcut": "pad"},
        {"family": "densenet", "block": "dense"},
        {"family": "densenet", "block": "dense_bottleneck"},
    ],
    ids=lambda kind: "-".join(map(str, kind.values())),
)
def test_the_gradient_by_each_way_is_what_is_left_when_the_other_is_cut(kind, norm):
    spec = NetworkSpec(
        stages=(2, 2), stem="cifar", base_width=8, growth_rate=4, input_shape=(3, 8, 8), classes=5, norm=norm, **kind
    )
    ways = Ways()
    listened(spec, ways)

    for path, way in ways.heard:
        expected = by_detaching(spec, path, way)
        heard = ways.heard[path, way]
        assert torch.linalg.vector_norm(heard) == pytest.approx(torch.linalg.vector_norm(expected).item(), rel=1e-4)
    assert len(ways.heard) == 2 * sum(layer.kind in JOINS for layer in trace(spec).layers)
