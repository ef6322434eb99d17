"""Grad-CAM beside its definition in a network that can be written down, and beside CAM."""

import pytest
import torch
from torch import nn

from models.networks.build import build
from models.signals.grad_cam import grad_cam, map_layers
from models.specs.external import ExternalSpec
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing.layers import INPUT
from models.tracing.tracer import trace
from models.tracing.without_skips import built

SPEC = NetworkSpec(stages=(1, 2), stem="cifar", base_width=8, input_shape=(3, 8, 8), classes=10)


@pytest.fixture
def batch():
    return torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)), torch.tensor([1, 5, 0, 9])


def sizes(spec):
    traced = trace(spec)
    return {path: traced.by_path[path].output_shape[1:] for path in map_layers(traced)}


def test_the_layers_are_the_last_of_each_size_that_nothing_passes_by():
    assert sizes(PRESETS["resnet20_cifar"].spec) == {
        "layer1.2.relu2": (32, 32),
        "layer2.2.relu2": (16, 16),
        "layer3.2.relu2": (8, 8),
    }
    assert sizes(ExternalSpec(network="torchvision:vgg11", input_shape=(3, 64, 64)))["features.20"] == (2, 2)


def reaches_the_answer_without(traced, removed):
    """Whether a way leads from the image to the last layer that does not meet `removed`."""
    ahead, seen = [INPUT], {INPUT, removed}
    while ahead:
        here = ahead.pop()
        after = {edge.target for edge in traced.edges if edge.source == here} - seen
        seen |= after
        ahead += after
    return traced.layers[-1].path in seen


@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        SPEC.changed(order="preact"),
        SPEC.changed(shortcut="none"),
        PRESETS["densenet121"].spec,
        ExternalSpec(network="torchvision:googlenet", input_shape=(3, 64, 64)),
        ExternalSpec(network="torchvision:swin_t", input_shape=(3, 64, 64)),
    ],
    ids=str,
)
def test_nothing_reaches_the_answer_but_through_each_of_the_layers(spec):
    traced = trace(spec)
    layers = map_layers(traced)

    assert len(layers) > 1
    assert not any(reaches_the_answer_without(traced, path) for path in layers)


def test_at_the_last_layer_it_is_cam_by_the_classifiers_weights(batch):
    """Zhou et al. 2016, arXiv 1512.04150: with average pooling, the gradient of a channel is its weight / positions."""
    images, classes = batch
    network, traced = build(SPEC, seed=1).eval(), trace(SPEC)
    last = map_layers(traced)[-1]
    kept = {}
    network.get_submodule(last).register_forward_hook(lambda _, __, out: kept.update(value=out.detach()))

    found = grad_cam(network, SPEC, traced, images, classes, map_layers(traced))

    weights = network.get_submodule(traced.layers[-1].path).weight.detach()[classes]
    assert [tuple(one.shape) for one in found] == [(4, 8, 8), (4, 4, 4)]
    expected = torch.einsum("nk,nkhw->nhw", weights, kept["value"]).clamp_min(0) / 16
    assert expected.max() > 0
    assert torch.allclose(found[-1], expected, atol=1e-6)


def test_at_an_earlier_layer_it_is_the_definition_by_autograd(batch):
    images, classes = batch
    network, traced = build(SPEC, seed=1).eval(), trace(SPEC)
    first = map_layers(traced)[0]
    block = first.partition(".")[0]
    head = nn.Sequential(*[module for name, module in network.named_children() if name > block or name == "fc"])
    kept = {}
    network.get_submodule(first).register_forward_hook(lambda _, __, out: kept.update(value=out))
    score = network(images).gather(1, classes[:, None]).sum()
    (gradient,) = torch.autograd.grad(score, kept["value"])
    weighted = (gradient.mean((2, 3), keepdim=True) * kept["value"]).sum(1).clamp_min(0)

    assert len(head) > 0
    assert torch.allclose(grad_cam(network, SPEC, traced, images, classes, [first])[0], weighted, atol=1e-7)


def test_images_of_a_batch_do_not_affect_one_another_and_the_weights_keep_no_gradient(batch):
    images, classes = batch
    network, traced = build(SPEC, seed=1).eval(), trace(SPEC)
    layers = map_layers(traced)

    whole = grad_cam(network, SPEC, traced, images, classes, layers)
    single = grad_cam(network, SPEC, traced, images[2:3], classes[2:3], layers)

    assert all(torch.allclose(many[2], one[0], atol=1e-6) for many, one in zip(whole, single, strict=True))
    assert all(weight.grad is None for weight in network.parameters())


def test_the_larger_map_of_an_adaptive_pooling_is_left_out():
    found = sizes(ExternalSpec(network="torchvision:vgg11", input_shape=(3, 32, 32)))  # pooled to 7 x 7 from 1 x 1

    assert list(found.values()) == [(32, 32), (16, 16), (8, 8), (4, 4), (2, 2)]


class TwoAnswers(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(4, 10)
        self.aux = nn.Conv2d(4, 2, 1)

    def forward(self, x):
        found = self.relu(self.conv(x))
        return self.fc(found.mean((2, 3))), self.aux(found)


def test_what_leads_to_another_result_is_left_out():
    assert map_layers(trace(TwoAnswers(), input_shape=(3, 8, 8))) == ("relu",)


def test_a_network_that_weakens_its_own_skips_is_observed_as_it_is():
    spec = ExternalSpec(network="torchvision:resnet18", input_shape=(3, 64, 64), classes=10, skip_scale=0.5)
    network, traced, kept = built(spec, seed=0).eval(), trace(spec), {}
    images, classes = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 3])
    handle = network.avgpool.register_forward_pre_hook(lambda _, given: kept.update(value=given[0].detach().clone()))
    network(images)
    handle.remove()

    found = grad_cam(network, spec, traced, images, classes, map_layers(traced))[-1]

    expected = torch.einsum("nk,nkhw->nhw", network.fc.weight.detach()[classes], kept["value"]).clamp_min(0) / 4
    assert torch.allclose(found, expected, atol=1e-5 * float(expected.max()))


@pytest.mark.parametrize("scale", [1.0, 0.0])
def test_a_librarys_network_has_maps_with_skips_and_without(scale):
    spec = ExternalSpec(network="torchvision:resnet18", input_shape=(3, 64, 64), classes=10, skip_scale=scale)
    network, traced = built(spec, seed=0).eval(), trace(spec)

    found = grad_cam(network, spec, traced, torch.randn(2, 3, 64, 64), torch.tensor([0, 3]), map_layers(traced))

    assert [tuple(one.shape[1:]) for one in found][-3:] == [(8, 8), (4, 4), (2, 2)]
    assert all(one.min() >= 0 and one.isfinite().all() for one in found)


def test_channels_that_come_last_are_weighted_as_channels():
    spec = ExternalSpec(network="torchvision:swin_t", input_shape=(3, 64, 64), classes=5)
    network, traced = built(spec, seed=0).eval(), trace(spec)
    layers = map_layers(traced)

    found = grad_cam(network, spec, traced, torch.randn(1, 3, 64, 64), torch.tensor([2]), layers)

    assert [tuple(one.shape[1:]) for one in found] == [(16, 16), (8, 8), (4, 4), (2, 2)]
