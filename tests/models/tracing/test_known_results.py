"""Results that are known beforehand are those that torch gives."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from models.tracing.known_results import known_macs, known_result
from tests.conftest import ROOT

IMAGES = (2, 6, 5, 7)
CASES = [
    ("relu", functional.relu, (IMAGES,), {}),
    ("hardswish", functional.hardswish, (IMAGES,), {}),
    ("gelu", functional.gelu, (IMAGES,), {"approximate": "tanh"}),
    ("leaky_relu", functional.leaky_relu, (IMAGES, 0.2), {}),
    ("normalize", functional.normalize, (IMAGES,), {"dim": -1}),
    ("roll", torch.roll, (IMAGES, (1, 2), (2, 3)), {}),
    ("add", torch.add, (IMAGES, IMAGES), {}),
    ("mul", torch.mul, (IMAGES, (6, 1, 1)), {}),
    ("mul", torch.mul, (IMAGES, 3.0), {}),
    ("batch_norm", functional.batch_norm, (IMAGES, (6,), (6,)), {}),
    ("layer_norm", functional.layer_norm, (IMAGES, [7]), {}),
    ("linear", functional.linear, (IMAGES, (4, 7), (4,)), {}),
    ("exp", torch.exp, (IMAGES,), {}),
    ("conv2d", functional.conv2d, (IMAGES, (9, 2, 3, 2), (9,)), {"stride": 2, "padding": (1, 0), "groups": 3}),
    ("conv2d", functional.conv2d, (IMAGES, (9, 6, 2, 2)), {"dilation": 3}),
    ("max_pool2d", functional.max_pool2d, (IMAGES, 3, 2, 1), {"ceil_mode": True}),
    ("avg_pool2d", functional.avg_pool2d, (IMAGES, 2), {"ceil_mode": True}),
    ("avg_pool2d", functional.avg_pool2d, (IMAGES, [2, 3], None), {}),
    ("softmax", functional.softmax, (IMAGES,), {"dim": 1}),
    ("pow", torch.pow, (IMAGES, 2), {}),
    ("truediv", torch.div, (IMAGES, IMAGES), {}),
    ("group_norm", functional.group_norm, (IMAGES, 3, (6,), (6,)), {}),
    ("instance_norm", functional.instance_norm, (IMAGES,), {}),
    ("mean", torch.mean, (IMAGES, [2, 3]), {}),
    ("mean", torch.mean, (IMAGES, -1), {"keepdim": True}),
    ("amax", torch.amax, (IMAGES, 1), {}),
    ("adaptive_avg_pool2d", functional.adaptive_avg_pool2d, (IMAGES, (3, 2)), {}),
]


def tensors(values, device):
    return [torch.ones(one, device=device) if isinstance(one, tuple) and name_like(one) else one for one in values]


def test_common_networks_are_traced_without_torchs_compiler():
    code = """
import sys
from torch import nn
from models import trace
trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8), nn.GELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)),
      input_shape=(3, 16, 16))
print("torch._dynamo" in sys.modules, "sympy" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"


def name_like(value):
    """A shape, and not a shift, an axis or a size."""
    return len(value) != 2 or value == (4, 7)


@pytest.mark.parametrize(("name", "function", "given", "options"), CASES)
def test_a_known_result_has_the_shape_type_and_layout_that_torch_gives(name, function, given, options):
    known = known_result(name, tuple(tensors(given, "meta")), options)
    real = function(*tensors(given, "cpu"), **options)
    assert known.shape == real.shape
    assert known.dtype == real.dtype
    assert known.stride() == real.stride()


TURNED = [
    ("gelu", functional.gelu, lambda x: (x,)),
    ("add", torch.add, lambda x: (x, x)),
    ("mul", torch.mul, lambda x: (x, 2.0)),
    ("layer_norm", functional.layer_norm, lambda x: (x, [6])),
    ("linear", functional.linear, lambda x: (x, torch.ones(4, 6, device=x.device))),
]


@pytest.mark.parametrize(("name", "function", "given"), TURNED)
def test_with_channels_last_the_layout_is_torchs_too(name, function, given):
    known = known_result(name, given(torch.ones(IMAGES, device="meta").permute(0, 2, 3, 1)), {})
    real = function(*given(torch.ones(IMAGES).permute(0, 2, 3, 1)))
    assert (known.shape, known.stride()) == (real.shape, real.stride())


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_a_concatenation_has_the_shape_that_torch_gives(dim):
    images = [torch.ones(IMAGES, device="meta")] * 3
    assert known_result("cat", (images, dim), {}).shape == torch.cat([torch.ones(IMAGES)] * 3, dim).shape
    assert known_result("cat", ([*images, torch.ones((2, 6, 5, 9), device="meta")], 1), {}) is None


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("add", (IMAGES, (2, 6, 5, 8))),
        ("add", ((6, 1, 1), IMAGES)),
        ("group_norm", (IMAGES, (5,))),
        ("conv2d", (IMAGES, (9, 5, 3, 3))),
        ("conv2d", (IMAGES, (9, 6, 7, 3))),
        ("conv2d", (IMAGES, (9, 6, 3, 3), (8,))),
        ("batch_norm", (IMAGES, (5,), (5,))),
        ("linear", (IMAGES, (4, 6))),
        ("linear", (IMAGES, (4, 7), (5,))),
    ],
)
def test_what_does_not_fit_or_grows_is_left_to_torch(name, shapes):
    assert known_result(name, tuple(torch.ones(one, device="meta") for one in shapes), {}) is None


@pytest.mark.parametrize(
    "first",
    [
        torch.ones(IMAGES, device="meta", dtype=torch.int64),
        torch.ones(IMAGES, device="meta")[:, ::2],
        torch.ones(IMAGES),
    ],
)
def test_other_types_layouts_and_devices_are_left_to_torch(first):
    assert known_result("relu", (first,), {}) is None


@pytest.mark.parametrize(("name", "options"), [("relu_", {}), ("relu", {"inplace": True}), ("add_", {})])
def test_in_place_the_tensor_itself_is_the_result(name, options):
    image = torch.ones(IMAGES, device="meta")
    given = (image, image.clone()) if name == "add_" else (image,)
    assert known_result(name, given, options) is image


@given(
    st.integers(5, 12), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2), st.booleans(), st.sampled_from(["max_pool2d", "avg_pool2d"])
)  # fmt: skip
def test_windows_give_as_many_positions_as_torchs(side, kernel, stride, padding, ceil, name):
    padding = min(padding, kernel // 2)
    function = getattr(functional, name)
    args, options = (kernel, stride, padding), {"ceil_mode": ceil}
    known = known_result(name, (torch.ones(1, 2, side, side + 1, device="meta"), *args), options)
    assert known.shape == function(torch.ones(1, 2, side, side + 1), *args, **options).shape


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 2), st.integers(1, 3), st.booleans())
def test_multiplications_are_those_of_torchs_counter(batch, groups, stride, kernel, by_name):
    image = torch.ones(batch, 2 * groups, 9, 8, device="meta")
    weight = torch.ones(3 * groups, 2, kernel, kernel, device="meta")
    with FlopCounterMode(display=False) as counter:
        out = functional.conv2d(image, weight, stride=stride, groups=groups)
    args, options = ((image,), {"weight": weight}) if by_name else ((image, weight), {})
    assert 2 * known_macs("conv2d", args, options, out) == counter.get_total_flops()


def test_other_functions_have_no_multiplications_of_weights():
    image = torch.ones(IMAGES, device="meta")
    assert known_macs("relu", (image,), {}, image) == 0


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        ("cat", ([torch.ones(IMAGES, device="meta")] * 2,), {"axis": 1}),
        ("mean", (torch.ones(IMAGES, device="meta"), (2, 3)), {"keepdims": True}),
        ("exp", (torch.ones(IMAGES, device="meta"),), {"out": torch.ones(IMAGES, device="meta")}),
        ("softmax", (torch.ones(IMAGES, device="meta"), -1, torch.float64), {}),
        ("softmax", (torch.ones(IMAGES, device="meta"), 4), {}),
        ("group_norm", (torch.ones(IMAGES, device="meta"), 4), {}),
        ("max_pool2d", (torch.ones(IMAGES, device="meta"), 2), {"padding": 2}),
        ("conv2d", (torch.ones(IMAGES, device="meta"), torch.ones(4, 6, 1, 1, device="meta", dtype=torch.half)), {}),
    ],
)
def test_unusual_arguments_are_left_to_torch(name, args, options):
    assert known_result(name, args, options) is None
