"""Symbolic tracing runs the functions that it has rules for, and rejects others by name."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from models.tracing.kinds import Kind
from models.tracing.symbolic import Symbol


def symbol(*shape):
    seen = []

    def record(operation, field, stride):
        seen.append((operation, field, stride))
        return f"layer{len(seen)}"

    return Symbol(chw=shape, source="input", source_shape=shape, record=record), seen


def test_functions_between_modules_are_seen_too():
    image, seen = symbol(3, 8, 8)
    conv = nn.Conv2d(3, 3, 3, padding=1)

    out = F.relu(conv(image) + image)

    assert [operation.kind for operation, _, _ in seen] == [Kind.CONV, Kind.ADD, Kind.ACT]
    assert out.shape == torch.Size((1, 3, 8, 8))


def test_a_strided_view_costs_nothing_and_doubles_the_step():
    image, seen = symbol(3, 9, 8)

    view = image[:, :, ::2, ::2]

    assert view.shape == image_like(3, 9, 8)[:, :, ::2, ::2].shape
    assert view.jumps == (2, 2)
    assert not seen


def image_like(*shape):
    return torch.empty(1, *shape)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: torch.erf(x), "no rule for erf"),
        (lambda x: x.mean(1), "that over height and width"),
        (lambda x: F.pad(x, (1, 1, 1, 1, 0, 0)), "padding height or width"),
        (lambda x: nn.Conv2d(3, 3, 3, dilation=(1, 2))(x), "dilations that differ"),
        (lambda x: x[0], "index"),
        (lambda x: torch.cat((x, x), 2), "channels"),
        (lambda x: torch.flatten(x), "flattening"),
    ],
)
def test_what_has_no_rule_is_refused_by_name(call, message):
    with pytest.raises(NotImplementedError, match=message):
        call(symbol(3, 8, 8)[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: nn.Conv2d(4, 3, 3)(x), "convolution of 4 channels got 3"),
        (lambda x: nn.Linear(5, 2)(torch.flatten(x, 1)), "linear layer of 5 features"),
        (lambda x: x + nn.Conv2d(3, 2, 1)(x), "can't be added"),
    ],
)
def test_shapes_that_do_not_fit_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call(symbol(3, 8, 8)[0])
