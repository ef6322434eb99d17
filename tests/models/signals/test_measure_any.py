"""Signals of any network: the general road measures what the road of our own networks does, and cuts every skip."""

import copy

import pytest
import torch
from torch import nn

from models import ExternalSpec, build, feature_maps, measure, timing, trace, twin, without_skips
from models.networks.build import build as built
from models.runtime.errors import SpecError
from models.runtime.messages import UserError
from models.signals.records import Zero
from models.signals.zeros import zeros
from models.specs.presets import PRESETS
from models.tracing.kinds import Kind
from models.tracing.module_trace import structure

OURS = ["resnet20_cifar", "resnet18", "wrn_18_3", "seresnet50", "resnet50d", "vgg16_cifar", "densenet_40_12"]
QUICK = ExternalSpec(network="torchvision:mobilenet_v3_small", input_shape=(3, 64, 64), classes=10)


@pytest.mark.parametrize("name", OURS)
def test_both_roads_give_the_same_numbers_bit_for_bit(name):
    spec = PRESETS[name].spec
    spec = spec.changed(input_shape=(3, 64, 64) if max(spec.input_shape) > 32 else spec.input_shape)

    ours, theirs = measure(spec, batch=4), measure(build(spec), input_shape=spec.input_shape, batch=4)

    assert theirs.loss == ours.loss
    assert {one.path: one for one in theirs.layers} == {one.path: one for one in ours.layers}
    if all(layer.kind is not Kind.CONCAT for layer in ours.trace.layers):
        assert theirs.joins == ours.joins
    assert theirs.spec is None


def test_a_module_is_left_as_it_was():
    module = build(PRESETS["resnet20_cifar"].spec)
    before, training = copy.deepcopy(module.state_dict()), module.training

    measure(module, input_shape=(3, 32, 32), batch=2)

    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(weight.grad is None for weight in module.parameters())
    assert module.training is training


@pytest.mark.parametrize(("arguments", "field"), [({}, "input_shape"), ({"weights": "pretrained"}, "weights")])
def test_what_a_module_needs_is_told(arguments, field):
    shape = {} if field == "input_shape" else {"input_shape": (3, 32, 32)}

    with pytest.raises(SpecError, match=field):
        measure(build(PRESETS["resnet20_cifar"].spec), **shape, **arguments)


def test_the_twin_of_a_librarys_network_has_no_joins_and_the_same_weights():
    with_, without = measure(QUICK, batch=4), measure(twin(QUICK), batch=4)

    assert len(with_.joins) == 6
    assert without.joins == ()
    assert len(without.layers) == len(with_.layers) - 6
    norms = {layer.path: layer.weight_norm for layer in with_.layers}
    assert all(layer.weight_norm == norms[layer.path] for layer in without.layers)
    assert without.by_path["features.0.0"].activation_rms == with_.by_path["features.0.0"].activation_rms
    assert without.loss != with_.loss


def test_the_strength_of_the_skips_goes_from_the_network_to_its_twin():
    """At 1 the loss is the network's own, at 0 the twin's, and between by hand: scale * skip + branch."""
    spec = QUICK.changed(skip_scale=0.5)
    found = measure(spec, batch=4)
    whole = measure(QUICK, batch=4)
    first = whole.joins[0].path

    assert found.loss not in (whole.loss, measure(twin(QUICK), batch=4).loss)
    ours = next(join for join in found.joins if join.path == first)
    theirs = next(join for join in whole.joins if join.path == first)
    assert ours.skip_rms == pytest.approx(theirs.skip_rms / 2, rel=1e-5)
    assert ours.branch_rms == theirs.branch_rms
    network = built(QUICK)
    with without_skips(network, skip_scale=0.5), torch.no_grad():
        assert network(torch.ones(1, 3, 64, 64)).isfinite().all()


def test_a_classifier_of_zeros_is_told_as_the_cause():
    spec = ExternalSpec(network="torchvision:vit_b_32", input_shape=(3, 32, 32), classes=10)

    found = measure(spec, batch=2)

    assert set(zeros(found.trace, found.runs[0]).values()) == {Zero.CONSTRUCTION}
    assert measure(spec.changed(init="nonzero"), batch=2).ratio() > 0


def test_nothing_is_left_out_at_random():
    spec = ExternalSpec(network="torchvision:efficientnet_b0", input_shape=(3, 32, 32), classes=10)

    assert measure(spec, batch=2).layers == measure(spec, batch=2).layers


class Odd(nn.Module):
    """A forward that depends on the number of images."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        y = self.conv(x)
        return y.mean((2, 3)) if len(x) == 1 else y.amax((2, 3))


def test_a_layer_that_ran_only_when_it_was_traced_is_named():
    with pytest.raises(UserError, match="mean ran when the network was traced"):
        measure(Odd(), input_shape=(3, 8, 8), batch=2)


class Pixels(nn.Module):
    """Its output has positions, and stands in a dictionary."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return {"out": self.conv(x), "more": [x]}


def test_an_output_with_positions_is_averaged():
    assert 0 < measure(Pixels(), input_shape=(3, 8, 8), batch=2).loss < 10


def test_attention_beside_linear_layers_is_no_layer_with_weights():
    spec = ExternalSpec(network="timm:vit_tiny_patch16_224", input_shape=(3, 32, 32), classes=10)

    found = measure(spec, batch=2)

    assert found.trace.depth == 1 + 4 * 12 + 1  # the patches; four linear layers a block; the classifier
    assert {layer.kind for layer in found.convolutions} == {Kind.CONV, Kind.LINEAR}
    assert found.growth() is not None


def test_weights_that_are_not_trained_have_no_gradient():
    network = built(QUICK)
    for weight in network.features[:3].parameters():
        weight.requires_grad_(False)  # torch's own name

    found = measure(network, input_shape=QUICK.input_shape, batch=2)

    assert found.layers[0].weight_gradient_norm is None
    assert found.growth() is not None


def test_feature_maps_of_tokens_and_of_channels_that_come_last():
    vit = ExternalSpec(network="torchvision:vit_b_32", input_shape=(3, 64, 64), classes=10)
    swin = ExternalSpec(network="torchvision:swin_t", input_shape=(3, 64, 64), classes=10)

    tokens = feature_maps(vit, "encoder.layers.encoder_layer_3.mlp.3", batch=2)
    last = feature_maps(
        swin, "features.1.0.mlp.3" if "features.1.0.mlp.3" in trace(swin).by_path else "features.0.2", batch=2
    )

    assert (tokens.total, tokens.images.shape[1:]) == (768, (2, 2))
    assert (last.total, last.images.shape[1:]) == (96, (16, 16))


def test_its_time_is_measured_but_not_that_of_its_twin():
    assert timing(QUICK, batch=2).training.middle > 0
    with pytest.raises(UserError, match="timed with its skips only"):
        timing(twin(QUICK), batch=2)


class Perceptron(nn.Module):
    """Neither convolutions nor blocks."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(768, 32), nn.ReLU(), nn.Linear(32, 10))

    def forward(self, x):
        return self.layers(x)


def test_a_perceptron_is_measured_along_its_linear_layers():
    found = measure(Perceptron(), input_shape=(3, 16, 16), batch=4)

    assert [layer.path for layer in found.convolutions] == ["layers.1", "layers.3"]
    assert 0 < found.ratio() < 100
    assert "first over last weight gradient" in repr(found)


class Statement(nn.Module):
    """An addition in place, whose result is not assigned."""

    def __init__(self):
        super().__init__()
        self.first, self.branch, self.head = (
            nn.Conv2d(3, 8, 3, padding=1),
            nn.Conv2d(8, 8, 3, padding=1),
            nn.Linear(8, 4),
        )

    def forward(self, x):
        x = self.first(x)
        y = self.branch(x.relu())
        x.add_(y)
        return self.head(x.mean((2, 3)))


@pytest.mark.parametrize("scale", [0.0, 0.25, 1.0])
def test_an_addition_in_place_loses_its_skip_and_not_its_branch(scale):
    """By hand: scale * first(x) + branch(relu(first(x)))."""
    module, image = Statement().eval(), torch.randn(2, 3, 8, 8)
    with torch.no_grad():
        first = module.first(image)
        wanted = module.head((scale * first + module.branch(first.relu())).mean((2, 3)))

        with without_skips(module, skip_scale=scale):
            found = module(image)

    assert torch.allclose(found, wanted, atol=1e-6)


def test_the_twin_of_an_addition_in_place_keeps_the_branch_in_its_trace():
    by = structure(Statement(), (3, 8, 8), skip_scale=0.0)

    assert [layer.path for layer in by.trace.layers] == ["first", "relu", "branch", "mean", "head"]
    whole = structure(Statement(), (3, 8, 8))
    assert [layer.path for layer in whole.trace.layers if layer.kind == "add"] == ["add"]


class Auxiliary(nn.Module):
    """Its first result has fewer classes than its last layer channels."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 64, 3), nn.Linear(3, 5)

    def forward(self, x):
        return {"out": self.head(x.mean((2, 3))), "aux": self.conv(x)}


def test_labels_are_drawn_for_the_first_result():
    assert trace(Auxiliary(), input_shape=(3, 8, 8)).classes == 5
    for batch in (8, 64):
        assert measure(Auxiliary(), input_shape=(3, 8, 8), batch=batch).loss > 0


class Single(nn.Module):
    """One number for each image."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3, 1)

    def forward(self, x):
        return self.head(x.mean((2, 3))).squeeze(1)


def test_a_network_without_classes_is_told():
    with pytest.raises(UserError, match="no tensor of images by classes"):
        measure(Single(), input_shape=(3, 8, 8), batch=2)


class Two(nn.Module):
    """An image and a mask of its own channels, each with a way into the sum."""

    def __init__(self):
        super().__init__()
        self.image, self.mask = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(1, 8, 1)
        self.head = nn.Linear(8, 5)

    def forward(self, image, mask):
        return self.head((torch.relu(self.image(image)) + self.mask(mask)).mean((2, 3)))


def test_several_inputs_are_measured_and_repeat():
    module = Two()

    found = measure(module, input_shape=[(3, 8, 8), (1, 8, 8)], batch=3)
    again = measure(module, input_shape=[(3, 8, 8), (1, 8, 8)], batch=3)

    assert [layer.path for layer in found.layers] == ["image", "relu", "mask", "add", "mean", "head"]
    assert all(layer.activation_rms > 0 for layer in found.layers)
    assert found.runs == again.runs
    mask = next(layer for layer in found.layers if layer.path == "mask")
    assert mask.weight_gradient_norm > 0
