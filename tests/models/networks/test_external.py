"""Networks of torchvision and timm are built by their library: its weights, from a seed, without side effects."""

import subprocess
import sys

import pytest
import timm
import torch
from torchvision.models import get_model, get_model_weights

from models.networks.build import build
from models.networks.library_code import source
from models.networks.pretrained import load, torchvision_name
from models.runtime.drawing import drawing
from models.runtime.messages import UserError
from models.specs.external import ExternalSpec, Start
from models.specs.twins import twin
from tests.conftest import ROOT

SMALL = ExternalSpec(network="torchvision:mobilenet_v3_small", input_shape=(3, 64, 64), classes=10)


def same(one, other):
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_its_weights_are_the_librarys_own_for_this_seed():
    with torch.random.fork_rng():
        torch.manual_seed(7)
        theirs = get_model("mobilenet_v3_small", num_classes=10)

    assert same(build(SMALL, seed=7), theirs)
    assert not same(build(SMALL, seed=8), theirs)


def test_timms_networks_are_built_for_the_channels_and_the_size_of_the_images():
    spec = ExternalSpec(network="timm:vit_tiny_patch16_224", input_shape=(1, 64, 64), classes=5)

    network = build(spec)

    assert network(torch.zeros(1, 1, 64, 64)).shape == (1, 5)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = timm.create_model("vit_tiny_patch16_224", num_classes=5, in_chans=1, img_size=(64, 64))
    assert same(network, theirs)


def test_torchs_generator_is_left_as_it_was():
    before = torch.get_rng_state()

    build(SMALL, seed=3)

    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", ["regnet_y_128gf", "vit_h_14", "maxvit_t", "inception_v3"])
def test_on_meta_no_weight_is_allocated(name):
    with torch.device("meta"):
        network = build(ExternalSpec.of(f"torchvision:{name}"))

    real = [weight.numel() for weight in network.parameters() if weight.device.type != "meta"]
    assert sum(real) < 0.01 * sum(weight.numel() for weight in network.parameters())


def test_a_classifier_of_zeros_is_drawn_where_that_is_chosen():
    spec = ExternalSpec(network="torchvision:vit_b_32", input_shape=(3, 32, 32))

    assert not build(spec).heads.head.weight.any()
    assert build(spec.changed(init=Start.NONZERO)).heads.head.weight.any()


@pytest.mark.parametrize("network", ["timm:no_such_network", "timm:resnet18.no_such_tag"])
def test_a_network_that_does_not_exist_is_told(network):
    with pytest.raises(UserError, match="timm:"):
        build(ExternalSpec(network=network))


def test_a_library_that_is_not_installed_is_told(monkeypatch):
    monkeypatch.setattr("models.specs.libraries.find_spec", lambda name: None)

    with pytest.raises(UserError, match="timm is not installed"):
        build(ExternalSpec(network="timm:resnet18"))


@pytest.mark.parametrize(
    "spec", [SMALL, twin(SMALL), ExternalSpec(network="torchvision:vit_b_32", input_shape=(3, 64, 64))]
)
def test_the_code_handed_out_runs(spec):
    done = subprocess.run([sys.executable, "-c", source(spec)], cwd=ROOT, capture_output=True, text=True, check=True)

    assert f"torch.Size([1, {spec.classes}])" in done.stdout
    assert ("features.3" in done.stdout) is spec.plain


def test_on_meta_torchs_generator_is_not_touched_nor_waited_for():
    before = torch.get_rng_state()

    with drawing(0), torch.device("meta"):  # somebody else is drawing
        inside = torch.get_rng_state()
        build(SMALL)
        assert torch.equal(torch.get_rng_state(), inside)

    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("network", "pixels", "has"),
    [("vit_b_16", 224, True), ("vit_b_16", 64, False), ("vit_h_14", 224, False), ("convnext_tiny", 64, True)],
)
def test_weights_are_offered_only_where_they_fit(network, pixels, has):
    spec = ExternalSpec(network=f"torchvision:{network}", input_shape=(3, pixels, pixels))

    assert (torchvision_name(spec) is not None) is has
    assert torchvision_name(spec.changed(classes=10)) is None


@pytest.mark.parametrize("network", ["mnasnet0_5", "googlenet", "densenet121", "mobilenet_v3_small"])
def test_torchvisions_weights_load_and_give_torchvisions_answer(network, monkeypatch, tmp_path):
    """A file as torchvision would download it, written by its own constructor."""
    more = {"transform_input": True, "aux_logits": True, "init_weights": False} if network == "googlenet" else {}
    theirs = get_model(network, weights=None, **more).eval()
    file = tmp_path / "checkpoints" / get_model_weights(network).DEFAULT.url.rpartition("/")[2]
    file.parent.mkdir()
    torch.save(theirs.state_dict(), file)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    spec = ExternalSpec(network=f"torchvision:{network}")
    ours = build(spec, seed=5)

    classes = load(ours, spec)

    image = torch.randn(1, 3, 224, 224)
    assert len(classes) == 1_000
    with torch.no_grad():
        assert torch.equal(ours.eval()(image), theirs(image))
