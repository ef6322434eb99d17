"""Listening ends with its context."""

import pytest
import torch
from torch import nn

from models.hooks import call_stack


def touched(network):
    """Modules with hooks, or with a forward of their own instead of their class's."""
    return [
        path
        for path, module in network.named_modules()
        if module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module)
    ]


def test_the_stack_names_the_modules_being_called_innermost_last():
    seen = []
    network = nn.Sequential(nn.Sequential(nn.ReLU()))
    network[0][0].forward = lambda value: seen.append([path for path, _ in stack]) or value

    with call_stack(network) as stack:
        network(torch.zeros(1))

    assert seen == [["", "0", "0.0"]]
    assert stack == []


def test_nothing_is_left_behind_after_an_error():
    network = nn.Sequential(nn.Linear(2, 2))

    with pytest.raises(RuntimeError), call_stack(network) as stack:
        network(torch.zeros(3, 5))

    assert touched(network) == []
    assert stack == []


def test_a_forward_of_a_modules_own_is_given_back():
    network = nn.Sequential(nn.ReLU())
    own = network[0].forward = lambda value: value

    with call_stack(network):
        assert network[0].forward is not own

    assert network[0].forward is own
