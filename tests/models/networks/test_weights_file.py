"""One's own weights are read from files, and what does not fit is told by name and shape."""

import pickle

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from models import PRESETS, ExternalSpec, NetworkSpec, build, load_weights, measure, twin
from models.networks.pretrained import WeightsError
from models.networks.weights_file import read_weights
from models.specs.own import OWN_WEIGHTS, register_weights

SMALL = NetworkSpec(
    stages=(1, 1), stem="cifar", base_width=8, input_shape=(3, 12, 12), classes=5, shortcut="projection"
)


def state(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture
def given(tmp_path):
    """A function that writes a network's weights in one of the ways in which people write them."""

    def written(network, how):
        held = state(network)
        file = tmp_path / ("run.safetensors" if how == "safetensors" else "run.pt")
        if how == "safetensors":
            save_file(held, file)
        elif how == "checkpoint":
            torch.save({"epoch": 3, "state_dict": held, "lr": 0.1}, file)
        elif how == "parallel":
            torch.save({f"module.{name}": value for name, value in held.items()}, file)
        elif how == "compiled":
            torch.save({"model": {f"_orig_mod.{name}": value for name, value in held.items()}}, file)
        else:
            torch.save(held, file)
        return file

    return written


@pytest.mark.parametrize("how", ["state dict", "safetensors", "checkpoint", "parallel", "compiled"])
def test_weights_are_loaded_bit_for_bit_however_they_were_saved(how, given):
    trained, fresh = build(SMALL, seed=1), build(SMALL, seed=2)
    assert not equal(state(trained), state(fresh))

    load_weights(fresh, given(trained, how))

    assert equal(state(trained), state(fresh))


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "vgg11_bn", "squeezenet1_0"])
def test_torchvisions_state_dicts_fit_our_networks_and_torchvisions(name, tmp_path):
    torch.save(torchvision.models.get_model(name).state_dict(), tmp_path / "run.pt")
    specs = [ExternalSpec.of(f"torchvision:{name}"), *([PRESETS[name].spec] if name in PRESETS else [])]
    for spec in specs:
        network = build(spec)
        load_weights(network, tmp_path / "run.pt", spec=spec)
        first = next(iter(read_weights(tmp_path / "run.pt").values()))
        assert torch.equal(next(iter(network.state_dict().values())), first)


def test_a_mismatch_is_told_by_name_and_shape_and_nothing_is_changed(given):
    file = given(build(SMALL), "state dict")
    other = build(SMALL.changed(classes=7, stages=(1, 2)))
    before = state(other)

    with pytest.raises(WeightsError) as refused:
        load_weights(other, file)

    told = str(refused.value)
    assert "Missing in the file: layer2.1.conv1.weight (16, 16, 3, 3)" in told
    assert "fc.weight (5, 16) / (7, 16)" in told
    assert "Only in the file: –" in told
    assert equal(before, state(other))


def test_what_is_only_in_the_file_is_told_too(given):
    file = given(build(SMALL.changed(stages=(1, 2))), "safetensors")
    with pytest.raises(WeightsError, match=r"Only in the file: layer2\.1\..*\+ \d+"):
        load_weights(build(SMALL), file)


class Trap:
    def __reduce__(self):
        return (print, ("code in the file was run",))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "can't be read"),
        (b"not weights", "can't be read"),
        (b"epoch,loss", "can't be read"),
        (pickle.dumps(Trap()), "can't be read"),
        ({"epoch": 3}, "no state dict"),
        ([1, 2], "no state dict"),
    ],
    ids=["empty", "text", "table", "code", "no tensors", "a list"],
)
@pytest.mark.parametrize("ending", [".pt", ".safetensors"])
def test_other_files_are_refused_and_no_code_in_them_is_run(content, words, ending, tmp_path, capsys):
    file = tmp_path / f"run{ending}"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif ending == ".safetensors":
        pytest.skip("it holds tensors alone")
    else:
        torch.save(content, file)

    with pytest.raises(WeightsError, match=words):
        read_weights(file)
    assert "code" not in capsys.readouterr().out


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(WeightsError, match=r"nowhere\.pt can't be read"):
        read_weights(tmp_path / "nowhere.pt")


@pytest.fixture
def registered():
    yield register_weights
    OWN_WEIGHTS.clear()


@pytest.mark.parametrize(
    "spec",
    [SMALL, ExternalSpec(network="torchvision:mobilenet_v2", input_shape=(3, 32, 32), classes=5)],
    ids=["ours", "torchvision's"],
)
def test_a_measurement_uses_the_weights_of_the_file_in_the_network_and_in_its_twin(spec, given, registered):
    trained = build(spec, seed=5)
    with torch.no_grad():
        for parameter in trained.parameters():
            parameter.mul_(2.0)
    registered(str(given(trained, "state dict")))

    ours, theirs = (measure(one, batch=2, weights="file") for one in (spec, twin(spec)))
    drawn = measure(spec, batch=2)

    first, module = next((name, one) for name, one in trained.named_modules() if isinstance(one, nn.Conv2d))
    norms = [next(one.weight_norm for one in found.layers if one.path == first) for found in (ours, theirs, drawn)]
    expected = float(module.weight.detach().norm())
    assert norms[0] == norms[1] == pytest.approx(expected, rel=1e-5)
    assert norms[2] != pytest.approx(expected, rel=1e-3)


def test_without_a_file_it_is_said_how_to_give_one():
    with pytest.raises(WeightsError, match="skipscope --weights FILE"):
        measure(SMALL, batch=2, weights="file")


def test_a_file_in_which_nothing_fits_is_refused_for_a_twin_too(tmp_path):
    torch.save({"zzz": torch.ones(3)}, tmp_path / "run.pt")

    with pytest.raises(WeightsError, match="not those of this network"):
        load_weights(build(twin(SMALL)), tmp_path / "run.pt", part=True)


def test_complex_weights_are_another_shape(tmp_path):
    torch.save({"weight": torch.ones(2, 2, dtype=torch.complex64), "bias": torch.ones(2)}, tmp_path / "run.pt")

    with pytest.raises(WeightsError, match="weight"):
        load_weights(nn.Linear(2, 2), tmp_path / "run.pt")
