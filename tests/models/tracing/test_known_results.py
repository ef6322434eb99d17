"""Results that are known beforehand are those that torch gives."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from models.tracing.known_results import known_macs, known_result

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
    ("adaptive_avg_pool2d", functional.adaptive_avg_pool2d, (IMAGES, (3, 2)), {}),
]


def tensors(values, device):
    return [torch.ones(one, device=device) if isinstance(one, tuple) and name_like(one) else one for one in values]


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


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("add", (IMAGES, (2, 6, 5, 8))),
        ("add", ((6, 1, 1), IMAGES)),
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
        torch.ones(IMAGES, device="meta").transpose(1, 2),
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
