"""What a measurement needs is reckoned before it is begun."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from hypothesis import given

from models import device
from models.device import TooLargeError, afford, choose, computing, free, kept, need, precisions
from models.network import build
from models.presets import PRESETS
from models.spec import SpecError
from models.trace import trace
from tests.conftest import ROOT, specs

CPU = torch.device("cpu")


def kept_by_autograd(spec, batch):
    """Bytes of the distinct activations that autograd really keeps for the backward pass: a second road."""
    network, found = build(spec), {}
    parameters = {value.data_ptr() for value in network.parameters()}

    def keep(tensor):
        if tensor.data_ptr() not in parameters and tensor.dim() > 1:
            found[tensor.data_ptr()] = tensor  # held, so that no address is used twice
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(torch.randn(batch, *spec.input_shape)).sum()
    return sum(tensor.numel() * tensor.element_size() for tensor in found.values())


@pytest.mark.parametrize("name", ["resnet20_cifar", "preact_resnet110", "densenet_40_12", "plain20_cifar"])
def test_the_activations_are_those_that_autograd_keeps(name):
    spec = PRESETS[name].spec

    assert 2 * kept(trace(spec))[-1] == pytest.approx(kept_by_autograd(spec, 2), rel=0.01)


def test_a_resnet_with_a_max_pool_keeps_where_the_maxima_were():
    spec = replace(PRESETS["resnet18"].spec, input_shape=(3, 64, 64))

    assert 2 * kept(trace(spec))[-1] == pytest.approx(kept_by_autograd(spec, 2), rel=0.01)


@given(specs())
def test_a_larger_batch_needs_more_and_the_parts_make_the_whole(spec):
    small, large = (need(trace(spec), batch) for batch in (2, 64))

    assert large.total > small.total
    assert small.total == small.weights + small.gradients + small.activations + small.workspace + small.overhead
    assert small.weights == 4 * trace(spec).params


def test_half_precision_keeps_half_the_activations():
    traced = trace(PRESETS["resnet20_cifar"].spec)

    assert kept(traced, "bf16")[-1] * 2 == kept(traced)[-1]
    assert need(traced, 64, "bf16").total < need(traced, 64).total


def test_the_estimate_is_near_the_measured_peak():
    """In a process of its own: what this one has freed already would not be seen again."""
    code = """
from models.presets import PRESETS
from models.signals import measure
from models.device import need
measure(PRESETS["resnet20_cifar"].spec, batch=2)
found = measure(PRESETS["resnet110_cifar"].spec, batch=32)
print(need(found.trace, 32).total / found.peak_memory if found.peak_memory else "unknown")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    if done.stdout.strip() == "unknown":
        pytest.skip("this machine does not tell a process its peak memory")

    assert float(done.stdout) == pytest.approx(1.0, abs=0.35)


def test_what_fits_is_what_fits():
    spec, limit = PRESETS["resnet50"].spec, 2 * 10**9

    with pytest.raises(TooLargeError) as refused:
        afford(spec, 64, CPU, "float32", limit=limit)

    words = str(refused.value)
    batch = int(words.split("batch of ")[1].split(maxsplit=1)[0])
    side = int(words.split(" or ")[1].split(maxsplit=1)[0])
    assert afford(spec, batch, CPU, "float32", limit=limit) <= limit
    assert afford(replace(spec, input_shape=(3, side, side)), 64, CPU, "float32", limit=limit) <= limit
    for more in ((spec, batch + 1), (replace(spec, input_shape=(3, side + 1, side + 1)), 64)):
        with pytest.raises(TooLargeError):
            afford(*more, CPU, "float32", limit=limit)


def test_a_network_that_fits_in_no_way_says_so():
    with pytest.raises(TooLargeError, match="take a smaller network"):
        afford(PRESETS["resnet152"].spec, 8, CPU, "float32", limit=10**6)


def test_a_containers_limit_counts(monkeypatch, tmp_path):
    (tmp_path / "memory.max").write_text("1000000000\n")
    (tmp_path / "memory.current").write_text("700000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 100000000\n")
    monkeypatch.setattr(device, "_CGROUP", tmp_path)

    assert free(CPU) == 400_000_000


def test_without_a_limit_the_machine_counts(monkeypatch, tmp_path):
    (tmp_path / "memory.max").write_text("max\n")
    monkeypatch.setattr(device, "_CGROUP", tmp_path)

    assert 0 < free(CPU) < 1 << 60


def test_auto_is_a_device_of_this_machine_and_others_are_refused():
    assert choose("auto").type in device.available()
    missing = next(name for name in ("mps", "cuda") if name not in device.available())
    with pytest.raises(SpecError, match=f"device: must be one that this machine has: .* got '{missing}'"):
        choose(missing)


def test_tf32_is_off_unless_it_is_asked_for_and_everything_is_put_back():
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32

    with computing(CPU, "float32"):
        assert not torch.backends.cudnn.allow_tf32
        assert not torch.backends.cuda.matmul.allow_tf32

    assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == before
    assert "tf32" not in precisions(CPU)
