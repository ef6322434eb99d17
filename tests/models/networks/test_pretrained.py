"""torchvision's weights are loaded from a file in torch's hub folder, as after a download."""

import io
import re
import urllib.request
from dataclasses import replace

import pytest
import torch

from models.networks import pretrained
from models.networks.build import build
from models.networks.pretrained import WeightsError, load, torchvision_name
from models.signals.feature_maps import feature_maps
from models.signals.measure import measure
from models.specs.presets import PRESETS
from models.specs.twins import twin


@pytest.fixture(autouse=True)
def hub(monkeypatch, tmp_path):
    """An empty hub folder without network access."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)

    def unreachable(*_, **__):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    return tmp_path / "hub" / "checkpoints"


def put(hub, name, rename=lambda key: key):
    """Save torchvision's network with random weights under the name of its weights file."""
    import torchvision

    network = torchvision.models.get_model(name, weights=None)
    file = hub / pretrained._entry(name).url.rpartition("/")[2]
    hub.mkdir(parents=True)
    torch.save({rename(key): value for key, value in network.state_dict().items()}, file)
    return network, file


def test_every_torchvision_network_and_its_twin_have_a_name():
    for name, preset in PRESETS.items():
        if preset.torchvision:
            assert torchvision_name(preset.spec) == name
            assert torchvision_name(twin(preset.spec)) == name
    assert torchvision_name(PRESETS["resnet56_cifar"].spec) is None
    assert torchvision_name(replace(PRESETS["resnet18"].spec, classes=10)) is None


def test_a_loaded_network_answers_as_torchvisions(hub):
    spec = PRESETS["resnet18"].spec
    theirs, _ = put(hub, "resnet18")
    ours = build(spec)

    classes = load(ours, spec)

    image = torch.randn(1, 3, 64, 64)
    assert torch.allclose(ours.eval()(image), theirs.eval()(image), atol=1e-5)
    assert (len(classes), classes[0]) == (1000, "tench")


def test_densenets_old_names_are_read(hub):
    spec = PRESETS["densenet121"].spec
    theirs, _ = put(hub, "densenet121", lambda key: re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", key))
    ours = build(spec)

    load(ours, spec)

    image = torch.randn(1, 3, 64, 64)
    assert torch.allclose(ours.eval()(image), theirs.eval()(image), atol=1e-5)


def test_a_twin_takes_what_it_has(hub):
    plain = twin(PRESETS["resnet18"].spec)
    theirs, _ = put(hub, "resnet18")
    ours = build(plain)

    load(ours, plain)

    own = theirs.state_dict()
    assert all(torch.equal(value, own[key]) for key, value in ours.state_dict().items())


def test_trained_weights_name_the_classes_and_random_ones_do_not(hub):
    put(hub, "resnet18")
    spec = replace(PRESETS["resnet18"].spec, input_shape=(3, 64, 64))

    assert torchvision_name(spec) == "resnet18"
    found = feature_maps(spec, "layer1.0.conv1", weights="pretrained", batch=2)
    assert len(found.top) == 5
    assert found.top[0][1] >= found.top[4][1]
    assert measure(spec, weights="pretrained", batch=2).weights == "pretrained"


def test_offline_it_is_one_clear_sentence():
    spec = PRESETS["resnet18"].spec

    with pytest.raises(
        WeightsError, match=r"resnet18-\w+.pth are not on this machine and could not be downloaded \(no route to host\)"
    ) as error:
        load(build(spec), spec)

    assert "\n" not in str(error.value)


def test_a_network_without_trained_weights_says_so():
    spec = PRESETS["resnet56_cifar"].spec

    with pytest.raises(WeightsError, match="torchvision has no weights for this network"):
        load(build(spec), spec)


def test_a_broken_file_is_named(hub):
    spec = PRESETS["resnet18"].spec
    _, file = put(hub, "resnet18")
    file.write_bytes(file.read_bytes()[:1000])

    with pytest.raises(WeightsError, match=f"The weights in {file.name} can't be loaded"):
        load(build(spec), spec)


class Answer(io.BytesIO):
    def __init__(self, content):
        super().__init__(content)
        self.headers = {"Content-Length": str(len(content))}


def test_a_download_reports_its_progress_and_is_kept(hub, monkeypatch):
    import hashlib

    content = b"w" * 700_000
    file = hub / f"net-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: Answer(content))
    beats = []

    pretrained._fetch(f"https://example.org/{file.name}", file, beats.append)

    assert file.read_bytes() == content
    assert beats[-1] == 1.0
    assert beats == sorted(beats)


@pytest.mark.parametrize("how", ["broken", "cancelled"])
def test_a_download_that_fails_leaves_nothing(hub, monkeypatch, how):
    monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: Answer(b"w" * 700_000))

    def stop(done):
        if how == "cancelled":
            raise StopIteration

    expected = WeightsError if how == "broken" else StopIteration
    with pytest.raises(expected):
        pretrained._fetch("https://example.org/net-00000000.pth", hub / "net-00000000.pth", stop)

    assert list(hub.iterdir()) == []
