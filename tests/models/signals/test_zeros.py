"""Causes of gradients that are exactly zero, confirmed by a second experiment."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy

from models.networks.build import build
from models.runtime import images as pictures
from models.signals import measure as signals
from models.signals.records import Zero
from models.signals.sweep import sweep
from models.signals.zeros import zeros
from models.specs.spec import NetworkSpec
from models.tracing.kinds import Kind

SMALL = NetworkSpec(stem="cifar", base_width=4, stages=(2, 2), input_shape=(1, 8, 8), classes=3)
SILENT = replace(SMALL, zero_init_residual=True)
DEEP = NetworkSpec(
    stem="cifar", base_width=16, stages=(18, 18, 18), norm="none", shortcut="none", input_shape=(3, 8, 8), classes=10
)
CLOSED = NetworkSpec(
    stem="cifar", base_width=1, stages=(9, 9, 9), norm="none", shortcut="none", conv_bias=True, input_shape=(3, 8, 8)
)


def causes(spec, quantity="weight_gradient_norm", kinds=(Kind.CONV,)):
    found = signals.measure(spec)
    return {
        path: cause
        for path, cause in zeros(found.trace, found.runs[0], quantity).items()
        if found.by_path[path].kind in kinds
    }


@pytest.mark.parametrize(
    ("changes", "zero"),
    [({}, 8), ({"block": "basic", "order": "preact"}, 4), ({"norm": "none"}, 4), ({"block": "bottleneck"}, 12)],
    ids=["basic", "pre-activation", "no norm", "bottleneck"],
)
def test_branches_that_start_at_zero_are_zero_by_construction(changes, zero):
    spec = replace(SILENT, **changes)

    assert set(causes(spec).values()) == {Zero.CONSTRUCTION}
    assert len(causes(spec)) == zero
    assert causes(replace(spec, zero_init_residual=False)) == {}  # only the zero weights were the cause


def test_what_underflows_in_float32_is_not_zero_in_float64():
    found = causes(DEEP)
    network = build(DEEP).double()
    images = pictures.images("noise", 16, DEEP.input_shape).double()
    labels = torch.randint(10, (16,), generator=torch.Generator().manual_seed(1 << 20))
    cross_entropy(network(images), labels).backward()
    exact = {path: float(module.weight.grad.norm()) for path, module in network.named_modules() if path in found}

    assert set(found.values()) == {Zero.UNDERFLOW}
    assert all(0 < norm < 1e-30 for norm in exact.values())


def test_closed_activations_are_no_underflow():
    found = causes(CLOSED)
    network = build(CLOSED).double()
    images = pictures.images("noise", 16, CLOSED.input_shape).double()
    shut = []
    for module in network.modules():
        if isinstance(module, torch.nn.ReLU):
            module.register_forward_hook(lambda _module, _given, output: shut.append(not output.any()))
    cross_entropy(network(images), torch.zeros(16, dtype=torch.long)).backward()

    assert set(found.values()) == {Zero.CLOSED}
    assert any(shut)
    assert all(not module.weight.grad.any() for path, module in network.named_modules() if path in found)


def test_the_gradients_by_outputs_are_told_too():
    found = causes(SILENT, "activation_gradient_norm", kinds=tuple(Kind))

    assert found["layer1.0.conv1"] is found["layer1.0.conv2"] is Zero.CONSTRUCTION
    assert "layer1.0.bn2" not in found  # its output does receive a gradient: its zero weight stops it


def test_a_sweep_says_why_an_end_is_zero():
    points = list(sweep(replace(SILENT, stages=(1, 1, 1)), most=8))

    assert {point.zero for point in points if point.skips} == {Zero.CONSTRUCTION}
    assert {point.zero for point in points if not point.skips} == {None}
