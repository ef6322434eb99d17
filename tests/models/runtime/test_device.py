"""The memory of a measurement is estimated before it starts."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.networks.build import build
from models.runtime import device
from models.runtime.device import choose, computing, precisions
from models.runtime.errors import SpecError
from models.specs.presets import PRESETS
from models.tracing import budget
from models.tracing.budget import TooLargeError, afford
from models.tracing.memory import kept, need, resized, training_need
from models.tracing.tracer import trace
from tests.conftest import ROOT, specs

CPU = torch.device("cpu")


def kept_by_autograd(spec, batch):
    """Return the bytes of the distinct activations that autograd saves for the backward pass."""
    network, found = build(spec), {}
    parameters = {value.data_ptr() for value in network.parameters()}

    def keep(tensor):
        if tensor.data_ptr() not in parameters and tensor.dim() > 1:
            found[tensor.data_ptr()] = tensor  # kept alive, so that no address is reused
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


@pytest.mark.slow
def test_the_estimate_is_near_the_measured_peak():
    """In a new process: memory that this one has already freed would not show up in the peak."""
    code = """
from models.specs.presets import PRESETS
from models.signals.measure import measure
from models.tracing.memory import need
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
    side = int(words.split(" px")[1].rpartition(" ")[2])
    assert afford(spec, batch, CPU, "float32", limit=limit) <= limit
    assert afford(replace(spec, input_shape=(3, side, side)), 64, CPU, "float32", limit=limit) <= limit
    for more in ((spec, batch + 1), (replace(spec, input_shape=(3, side + 1, side + 1)), 64)):
        with pytest.raises(TooLargeError):
            afford(*more, CPU, "float32", limit=limit)


def test_a_network_that_fits_in_no_way_says_so():
    with pytest.raises(TooLargeError, match=r"would not fit with any batch or input size\. Choose a smaller one"):
        afford(PRESETS["resnet152"].spec, 8, CPU, "float32", limit=10**6)


def test_auto_is_a_device_of_this_machine_and_others_are_refused():
    assert choose("auto").type in device.available()
    missing = next(name for name in ("mps", "cuda") if name not in device.available())
    with pytest.raises(SpecError, match=f"device: must be one of this machine's devices: .* got '{missing}'"):
        choose(missing)


def test_tf32_is_off_unless_it_is_asked_for_and_everything_is_put_back():
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32

    with computing(CPU, "float32"):
        assert not torch.backends.cudnn.allow_tf32
        assert not torch.backends.cuda.matmul.allow_tf32

    assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == before
    assert "tf32" not in precisions(CPU)


@given(specs(), st.integers(29, 80), st.integers(29, 80))
def test_shapes_at_another_size_are_those_of_the_network_traced_anew(spec, height, width):
    other = replace(spec, input_shape=(spec.input_shape[0], height, width))

    shapes = resized(trace(spec), other.input_shape)

    assert {layer.path: layer.output_shape for layer in trace(other).layers} == {
        path: shape for path, shape in shapes.items() if path != "input"
    }


def test_a_training_needs_room_for_momenta_and_its_checkpoint_too():
    traced = trace(PRESETS["resnet50"].spec)
    weights = 4 * traced.params
    small, large = need(traced, 2), need(traced, 64)

    assert training_need(large, traced, momentum=True, on_cpu=True) == large.total + weights
    assert training_need(large, traced, momentum=False, on_cpu=True) == large.total
    few = replace(small, activations=0, workspace=0, overhead=0)  # the pass itself takes little
    assert training_need(few, traced, momentum=True, on_cpu=True) == 7 * weights
    assert training_need(few, traced, momentum=True, on_cpu=False) == 3 * weights


def test_a_training_counts_its_data_and_those_beside_it(monkeypatch):
    from models.training import estimate
    from models.training.run_spec import RunSpec

    asked = []
    monkeypatch.setattr(estimate, "afford", lambda *_, standing, **__: asked.append(standing))
    run = RunSpec(network=PRESETS["resnet20_cifar"].spec, data="cifar10")
    estimate.check(run, loaded=True)
    estimate.check(run)
    estimate.check(run, loaded=True, beside=[run, replace(run, momentum=0.0)])

    assert asked == [0, 2 * 3 * 32 * 32 * 60_000, 5 * 4 * trace(run.network).params]


def test_a_refusal_tries_few_sizes(monkeypatch):
    """A refusal costs what it tries: the wanted size, and a handful to find out what would fit."""
    calls = []
    monkeypatch.setattr(budget, "need", lambda *args, **more: calls.append(1) or need(*args, **more))
    for name in ("resnet152", "densenet201"):
        spec = replace(PRESETS[name].spec, input_shape=(3, 1024, 1024))
        with pytest.raises(TooLargeError):
            afford(spec, 512, CPU, "float32", limit=8 * 10**9)

        assert len(calls) < 16
        calls.clear()
