"""Measurements agree with autograd and show the two regimes, vanishing and exploding gradients."""

import threading
from dataclasses import replace
from math import isfinite, isnan

import pytest
import torch
from hypothesis import given, settings
from torch.nn.functional import cross_entropy

from models.networks.build import build
from models.networks.shared import shared
from models.runtime import images as pictures
from models.runtime.errors import SpecError
from models.signals import collector, prepare
from models.signals.feature_maps import feature_maps
from models.signals.measure import measure, run
from models.signals.statistics import common_slope
from models.signals.sweep import sweep
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.specs.sweep_depths import sweep_depths
from models.specs.twins import twin, with_skips
from models.tracing import budget
from models.tracing.budget import TooLargeError
from models.tracing.kinds import JOINS
from models.tracing.tracer import trace
from tests.conftest import specs

SMALL = NetworkSpec(stages=(2, 2), stem="cifar", base_width=8, input_shape=(3, 16, 16), classes=5, shortcut="pad")
DENSE = NetworkSpec(
    family="densenet", stages=(2, 2), stem="cifar", base_width=8, growth_rate=4, input_shape=(3, 16, 16), classes=5
)


def cifar(depth):
    return PRESETS[f"resnet{depth}_cifar"].spec


def inputs(spec, batch=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, *spec.input_shape, generator=generator), torch.randint(
        spec.classes, (batch,), generator=generator
    )


@pytest.mark.parametrize(
    "spec",
    [SMALL, replace(SMALL, block="basic", order="preact", shortcut="projection"), DENSE],
    ids=["basic", "preact", "dense"],
)
def test_every_gradient_equals_autograds_own(spec):
    network, (images, labels) = build(spec), inputs(spec)
    outputs = {}
    handles = [
        network.get_submodule(layer.path).register_forward_hook(
            lambda module, args, out, path=layer.path: outputs.__setitem__(path, out)
        )
        for layer in trace(spec).layers
    ]
    loss = cross_entropy(network(images), labels)
    weights = {name: value for name, value in network.named_parameters() if name.endswith("weight")}
    wanted = torch.autograd.grad(loss, [*outputs.values(), *weights.values()])
    for handle in handles:
        handle.remove()

    found = run(build(spec), trace(spec), images, labels)

    norms = {name: value.norm().item() for name, value in zip([*outputs, *weights], wanted, strict=True)}
    assert found.loss == pytest.approx(loss.item())
    for layer in found.layers:
        assert layer.activation_gradient_norm == pytest.approx(norms[layer.path], rel=1e-5)
        if layer.weight_gradient_norm is not None:
            assert layer.weight_gradient_norm == pytest.approx(norms[f"{layer.path}.weight"], rel=1e-5)
            assert layer.weight_norm == pytest.approx(weights[f"{layer.path}.weight"].norm().item(), rel=1e-5)


@pytest.mark.parametrize("spec", [SMALL, DENSE], ids=["basic", "dense"])
def test_every_statistic_equals_torchs_own(spec):
    network, (images, labels) = build(spec), inputs(spec)
    outputs = {}
    for layer in trace(spec).layers:
        network.get_submodule(layer.path).register_forward_hook(
            lambda module, args, out, path=layer.path: outputs.__setitem__(path, out.detach().double())
        )
    network(images)

    found = run(build(spec), trace(spec), images, labels)

    for layer in found.layers:
        out = outputs[layer.path]
        assert layer.activation_mean == pytest.approx(out.mean().item(), abs=1e-5)
        assert layer.activation_std == pytest.approx(out.std(correction=0).item(), rel=1e-4, abs=1e-5)
        assert layer.activation_rms == pytest.approx(out.square().mean().sqrt().item(), rel=1e-5)
        assert layer.zero_fraction == pytest.approx((out == 0).double().mean().item(), abs=1e-12)
        assert layer.histogram.low >= out.min().item() - 1e-6
        assert layer.histogram.high <= out.max().item() + 1e-6


@pytest.mark.parametrize(
    "zeros",
    [
        [0.0, 1e-45, 3.0], [-0.0, -1e-45, 3.0], [0.0, -0.0, 2.0], [-0.0, -0.0, -0.0], [0.0, 0.0], [1e-45, 2.0],
        [-1.0, 1e-45, 2.0], [-1.0, 0.0, 2.0], [-1.0, -2.0], [-1.0, -0.0], [float("nan"), 0.0, -float("inf")],
    ],
    ids=str,
)  # fmt: skip
def test_zeros_of_either_sign_are_counted_and_the_smallest_number_is_none(zeros):
    own = collector.Collector(1, torch.device("cpu"), torch.float32, None)
    value, counted = torch.tensor(zeros), own.room("layer", "nonzero")

    own.nonzero(value, counted)

    assert round(counted.item()) == sum(number != 0 for number in zeros)


def test_a_joins_two_sides_are_what_is_added():
    spec, (images, labels) = SMALL, inputs(SMALL)
    sides = {}
    network = build(spec)
    network.layer1[1].join.register_forward_pre_hook(lambda module, args: sides.update(skip=args[0], branch=args[1]))
    network(images)

    [join] = [join for join in run(build(spec), trace(spec), images, labels).joins if join.path == "layer1.1.join"]

    assert join.skip_rms == pytest.approx(sides["skip"].square().mean().sqrt().item(), rel=1e-5)
    assert join.branch_rms == pytest.approx(sides["branch"].square().mean().sqrt().item(), rel=1e-5)


@settings(max_examples=25)
@given(specs())
def test_any_network_and_its_twin_are_measured(spec):
    for own in (with_skips(spec), twin(spec)):
        found = measure(own, batch=3)

        assert [layer.path for layer in found.layers] == [layer.path for layer in trace(own).layers]
        assert len(found.joins) == sum(layer.kind in JOINS for layer in trace(own).layers)
        for layer in found.layers:
            assert layer.histogram is None or sum(layer.histogram.counts) > 0


@given(specs())
def test_a_twin_has_no_skip_and_starts_with_the_same_numbers(spec):
    own, plain = with_skips(spec), twin(spec)
    ours, theirs = (dict(build(one, seed=3).named_parameters()) for one in (own, plain))
    equal, other = shared(spec)

    assert not any(layer.kind in JOINS for layer in trace(plain).layers)
    assert all(torch.equal(ours[name], theirs[name]) for name in equal)
    assert equal | other == set(ours)
    for name in other:
        assert name.endswith("bias") or name not in theirs or theirs[name].shape != ours[name].shape


def test_resnet50_loses_its_projections_in_the_twin():
    spec = PRESETS["resnet50"].spec

    assert (trace(spec).params, trace(twin(spec)).params) == (25_557_032, 22_780_456)
    assert {name.split(".")[2] for name in shared(spec)[1]} == {"downsample"}


def test_a_plain_network_gets_back_skips_that_add_no_parameter():
    plain = PRESETS["plain56_cifar"].spec

    assert with_skips(plain) == cifar(56)
    assert trace(with_skips(plain)).params == trace(plain).params


def test_the_same_seed_gives_the_same_numbers_and_another_one_others():
    first, again, other = (measure(SMALL, seed=seed) for seed in (4, 4, 5))

    assert first.runs == again.runs
    assert first.loss != other.loss


def test_seeds_give_a_band_that_holds_each_run():
    found = measure(SMALL, seeds=3)

    assert [one.seed for one in found.runs] == [0, 1, 2]
    for place, band in enumerate(found.band("activation_rms")):
        values = sorted(one.layers[place].activation_rms for one in found.runs)
        assert [band.low, band.middle, band.high] == values
    assert found.layers == measure(SMALL, seed=0).layers


# ---- the regimes


@pytest.mark.parametrize("depth", [20, 32, 56])
def test_plain_with_batch_norm_explodes_toward_the_input_and_residual_hardly(depth):
    residual, plain = (measure(own, seeds=3) for own in (cifar(depth), twin(cifar(depth))))

    for quantity in ("weight_gradient_norm", "activation_gradient_norm"):
        assert 1.18 < plain.growth(quantity, stage="layer1") < 1.24
    steps = len(residual.convolutions) - 1
    assert residual.ratio() ** (1 / steps) < 1.08
    assert residual.ratio() < plain.ratio()


@pytest.mark.parametrize("depth", [20, 56])
def test_plain_without_norm_vanishes_toward_the_input(depth):
    found = measure(twin(replace(cifar(depth), norm="none")))

    assert 0.36 < found.growth("activation_gradient_norm") < 0.48


def test_he_initialisation_keeps_the_gradient_without_a_norm():
    found = measure(twin(replace(cifar(32), norm="none", init="kaiming")), seeds=3)

    assert found.growth("activation_gradient_norm") == pytest.approx(1.0, abs=0.08)


def test_a_preactivation_streams_second_moment_grows_by_one_a_block():
    spec = replace(PRESETS["preact_resnet110"].spec, block="basic", order="preact", stages=(18, 1, 1), init="kaiming")
    found = measure(spec, seeds=3)

    stem = found.by_path["conv1"].activation_rms ** 2
    for block in range(1, 19):
        moment = found.by_path[f"layer1.{block - 1}.join"].activation_rms ** 2
        assert (moment - stem + 1) / (block + 1) == pytest.approx(1, abs=0.2)
        if block > 6:  # where the stem's own moment, not 1 here, no longer matters
            assert moment / (block + 1) == pytest.approx(1, abs=0.2)


def test_gradients_that_underflow_are_zero_and_not_missing():
    found = measure(twin(replace(cifar(110), norm="none")))

    assert found.by_path["conv1"].activation_gradient_norm == 0.0
    assert found.by_path["layer1.0.conv1"].weight_gradient_norm == 0.0
    assert isnan(found.ratio())
    assert found.growth() is None


def test_norms_far_below_float32s_squares_are_still_right():
    spec = twin(replace(cifar(56), norm="none"))
    found = measure(spec)

    smallest = found.by_path["conv1"].activation_gradient_norm
    assert 0 < smallest < 1e-19  # its square would underflow in float32


def test_what_overflows_is_shown_as_infinite_or_nan():
    spec = replace(SMALL, norm="none", stages=(300,), init="kaiming")
    found = measure(spec, batch=2)

    last = found.layers[-1]
    assert not isfinite(last.activation_rms)
    assert last.histogram is None
    assert isnan(last.zero_fraction)


# ---- the common slope


def test_a_common_slope_ignores_the_groups_levels():
    groups = [[(x, 2 * x + level) for x in range(4)] for level in (0, 100)]

    assert common_slope(groups) == pytest.approx(2)


def test_single_points_have_no_slope():
    assert common_slope([[(0, 1)], [(5, 3)]]) is None


# ---- the sweep


def test_a_sweep_yields_both_kinds_of_every_depth_and_seed():
    points = list(sweep(cifar(20), most=20, points=2, seeds=2, batch=4))

    assert [(point.depth, point.skips, point.seed) for point in points] == [
        (depth, skips, seed) for depth in (8, 20) for skips in (True, False) for seed in (0, 1)
    ]
    direct = measure(cifar(20), seed=1, batch=4)
    assert points[5].ratio == direct.ratio()


def test_a_sweeps_depths_are_the_familys_and_hold_both_ends():
    assert [depth for depth, _ in sweep_depths(cifar(20), most=110)] == [8, 14, 26, 38, 50, 74, 110]
    assert [depth for depth, _ in sweep_depths(PRESETS["resnet50"].spec, most=110)] == [26, 50, 101]


@given(specs())
def test_every_network_has_depths_to_sweep(spec):
    chosen = sweep_depths(spec, most=300)

    assert chosen
    for _, stages in chosen:
        replace(spec, stages=stages)


# ---- refusals


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"batch": 1}, "batch: must be a whole number from 2 to 4,096, got 1"),
        ({"seeds": 0}, "seeds: must be a whole number from 1 to 100, got 0"),
        ({"source": "video"}, "source: must be noise, digits, photos or upload, got 'video'"),
        ({"source": "upload"}, "picture: must be a PNG, JPEG or WebP file"),
        ({"device": "tpu"}, "device: must be auto"),
        ({"precision": "int8"}, "precision: must be float32"),
        ({"weights": "mine"}, "weights: must be random, pretrained, trained or file, got 'mine'"),
    ],
    ids=str,
)
def test_a_bad_setting_is_named(setting, message):
    with pytest.raises(SpecError, match=message):
        measure(SMALL, **setting)


def test_what_is_too_large_is_refused_before_anything_is_built(monkeypatch):
    monkeypatch.setattr(budget, "free", lambda _: 10**9)
    monkeypatch.setattr(prepare, "build", lambda *_, **__: pytest.fail("it was built"))
    monkeypatch.setattr(prepare, "drawn_images", lambda *_, **__: pytest.fail("images were drawn"))

    with pytest.raises(
        TooLargeError, match=r"needs about .* GB .* A batch of \d+ at 224 × 224 px would fit, or a batch of \d+ at"
    ):
        measure(PRESETS["resnet50"].spec, batch=64)


def test_a_pulse_counts_up_and_what_it_raises_stops_the_work():
    beats = []
    measure(SMALL, batch=2, progress=beats.append)

    def stop(done):
        if done > 0.4:
            raise InterruptedError

    assert beats == sorted(beats)
    assert beats[-1] == pytest.approx(1.0)
    with pytest.raises(InterruptedError):
        measure(SMALL, batch=2, progress=stop)
    assert threading.active_count() < 20


# ---- feature maps


def test_feature_maps_are_the_layers_output_most_energetic_first():
    network = build(SMALL)
    network.train()
    kept = {}
    network.layer1[0].conv2.register_forward_hook(lambda module, args, out: kept.update(out=out.detach()))
    network(pictures.images("photos", 4, SMALL.input_shape))

    found = feature_maps(SMALL, "layer1.0.conv2", image=1, batch=4)

    assert found.total == 8
    assert list(found.energies) == sorted(found.energies, reverse=True)
    for channel, image in zip(found.channels, found.images, strict=True):
        assert torch.allclose(torch.from_numpy(image), kept["out"][1, channel], atol=1e-6)
    assert found.picture.shape == (16, 16, 3)
    assert found.top == ()


def test_feature_maps_of_the_classifier_are_single_numbers():
    assert feature_maps(SMALL, "fc", batch=2).images.shape == (5, 1, 1)


def test_feature_maps_of_a_strange_layer_are_refused():
    with pytest.raises(SpecError, match="layer: must be a layer of this network, got 'nowhere'"):
        feature_maps(SMALL, "nowhere", batch=2)


# ---- devices


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_every_precision_of_a_cpu_measures(precision):
    found = measure(SMALL, precision=precision, device="cpu", batch=4)

    exact = measure(SMALL, device="cpu", batch=4)
    assert found.loss == pytest.approx(exact.loss, rel=0.05)


def test_nothing_is_brought_over_layer_by_layer():
    from torch.utils._python_dispatch import TorchDispatchMode

    class Counting(TorchDispatchMode):
        transfers = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            if func is torch.ops.aten._local_scalar_dense.default:
                Counting.transfers += 1
            return func(*args, **(kwargs or {}))

    spec, (images, labels) = SMALL, inputs(SMALL)
    network = build(spec)
    with Counting():
        run(network, trace(spec), images, labels)

    assert Counting.transfers == 0


def test_narrow_dense_networks_whose_twins_cannot_compress_are_swept():
    spec = replace(DENSE, stages=(6,), compression=0.2)

    points = list(sweep(spec, most=20, points=2, batch=2))

    assert {point.skips for point in points} == {True, False}
    assert len({point.depth for point in points}) == 2


def test_a_histogram_of_the_smallest_numbers_is_still_one():
    low = torch.randn(collector.SAMPLE, generator=torch.Generator().manual_seed(0)) * 1e-38

    [histogram] = collector.histograms(low[None].clone(), [len(low)])

    assert max(histogram.counts) < collector.SAMPLE / 4


def test_a_seed_without_a_ratio_does_not_take_the_others_away():
    found = measure(twin(replace(SMALL, base_width=1, norm="none", stages=(1, 1), input_shape=(3, 8, 8))), batch=2)
    dead = [
        replace(layer, weight_gradient_norm=0.0) if layer.weight_norm is not None else layer for layer in found.layers
    ]
    both = replace(found, runs=(*found.runs, replace(found.runs[0], layers=tuple(dead))))

    assert both.ratio() == found.ratio()
