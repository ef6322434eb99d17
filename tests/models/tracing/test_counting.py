"""The counts attributed to other tools are those of the tools themselves, on the same network."""

import contextlib
import io
import os
import subprocess
import sys
import warnings
from dataclasses import replace

import pytest
import torch

from models.networks.build import build
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing.counting import others
from models.tracing.tracer import trace
from tests.conftest import ROOT

SMALL = {"input_shape": (3, 64, 64), "classes": 7}
SPECS = {
    "ResNet-18": NetworkSpec(**SMALL),
    "biased bottlenecks": NetworkSpec(block="bottleneck", conv_bias=True, stride_in="1x1", **SMALL),
    "ResNeXt": replace(PRESETS["resnext50_32x4d"].spec, stages=(1, 1), **SMALL),
    "option A": NetworkSpec(shortcut="pad", stem="cifar", stages=(1, 2), base_width=8, **SMALL),
    "pre-activation": replace(PRESETS["wrn_16_8"].spec, widen=2, **SMALL),
    "DenseNet": replace(PRESETS["densenet121"].spec, stages=(2, 3), **SMALL),
    "group norm": NetworkSpec(norm="group", stages=(1, 1), **SMALL),
    "no norm": NetworkSpec(norm="none", stages=(1, 1), conv_bias=True, **SMALL),
    "plain": NetworkSpec(shortcut="none", stages=(1, 1), **SMALL),
}


def counted(spec):
    return {(one.tool, one.quantity): one.value for one in others(trace(spec))}


def built(spec):
    network = build(spec).eval()
    return network, torch.randn(1, *spec.input_shape, generator=torch.Generator().manual_seed(0))


@contextlib.contextmanager
def quiet():
    """Suppress a tool's output and warnings."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("name", SPECS)
def test_torchinfos_counts(name):
    from torchinfo import summary

    network, image = built(SPECS[name])
    with quiet():
        found = summary(network, input_data=image, verbose=0)

    own = counted(SPECS[name])
    assert own["torchinfo", "Total params"] == found.total_params
    assert own["torchinfo", "Total mult-adds"] == found.total_mult_adds
    assert own["torchinfo", "Forward/backward pass size"] == found.total_output_bytes


@pytest.mark.parametrize("name", SPECS)
def test_thops_count(name):
    with quiet():
        import thop

        network, image = built(SPECS[name])
        macs, _ = thop.profile(network, (image,), verbose=False)

    assert counted(SPECS[name])["thop", "MACs"] == macs


@pytest.mark.parametrize("name", SPECS)
def test_ptflops_count(name):
    with quiet():
        from ptflops import get_model_complexity_info

        network, _ = built(SPECS[name])
        macs, params = get_model_complexity_info(
            network, SPECS[name].input_shape, as_strings=False, print_per_layer_stat=False, backend="pytorch"
        )

    assert counted(SPECS[name])["ptflops", "MACs"] == macs
    assert trace(SPECS[name]).params == params


@pytest.mark.parametrize("name", SPECS)
def test_fvcores_counts_and_timms_that_are_made_of_them(name):
    with quiet():
        from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis

        network, image = built(SPECS[name])
        flops = FlopCountAnalysis(network, image).unsupported_ops_warnings(False).total()
        activations = ActivationCountAnalysis(network, image).unsupported_ops_warnings(False).total()

    own = counted(SPECS[name])
    assert own["fvcore", "flops"] == own["timm", "gmacs"] == flops
    assert own["timm", "macts"] == activations


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnext50_32x4d", "densenet121"])
def test_timms_networks_have_the_same_parameters(name):
    with quiet():
        import timm

        with torch.device("meta"):
            theirs = timm.create_model(name if name != "densenet121" else "densenet121.tv_in1k", pretrained=False)

    assert counted(PRESETS[name].spec)["timm", "param_count"] == sum(one.numel() for one in theirs.parameters())


def test_timms_printed_figures_of_resnet50():
    words = {one.quantity: one.words for one in others(trace(PRESETS["resnet50"].spec)) if one.tool == "timm"}

    assert words == {"param_count": "25.56 M", "gmacs": "4.11 G", "macts": "11.11 M"}


def test_torchvisions_figures_are_its_metadata():
    from torchvision import models

    meta = models.ResNet50_Weights.IMAGENET1K_V1.meta
    own = {one.quantity: one for one in others(trace(PRESETS["resnet50"].spec)) if one.tool == "torchvision"}

    assert own["num_params"].value == meta["num_params"]
    assert own["_ops"].words == f"{meta['_ops']:.3f} GFLOPS"


def test_torchs_own_counter():
    from torch.utils.flop_counter import FlopCounterMode

    for spec in SPECS.values():
        network, image = built(spec)
        with FlopCounterMode(display=False) as counter:
            network(image)
        assert counted(spec)["torch", "FlopCounterMode"] == counter.get_total_flops()


@pytest.mark.parametrize(
    ("name", "changes", "keras"),
    [
        ("ResNet50", {"stages": (3, 4, 6, 3)}, 25_636_712),
        ("ResNet101", {"stages": (3, 4, 23, 3)}, 44_707_176),
        ("DenseNet121", None, 8_062_504),
    ],
)
def test_keras_counts_moving_statistics_too(name, changes, keras):
    spec = PRESETS["densenet121"].spec
    if changes is not None:
        spec = NetworkSpec(block="bottleneck", conv_bias=True, stride_in="1x1", **changes)

    assert counted(spec)["Keras", "Total params"] == keras


@pytest.mark.slow
def test_keras_itself_counts_so():
    code = "import keras; print(keras.applications.ResNet50(weights=None).count_params())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.strip().endswith("25636712"), done.stderr
