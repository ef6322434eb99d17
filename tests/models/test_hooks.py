"""Hooks are gone when their context is."""

import pytest
import torch
from torch import nn

from models.hooks import call_stack


def hooks(network):
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules())


def test_the_stack_names_the_modules_being_called_innermost_last():
    seen = []
    network = nn.Sequential(nn.Sequential(nn.ReLU()))

    with call_stack(network) as stack:
        network[0][0].forward = lambda value: seen.append([path for path, _ in stack]) or value
        network(torch.zeros(1))

    assert seen == [["", "0", "0.0"]]
    assert stack == []


def test_hooks_are_gone_after_an_error():
    network = nn.Sequential(nn.Linear(2, 2))

    with pytest.raises(RuntimeError), call_stack(network) as stack:
        network(torch.zeros(3, 5))

    assert hooks(network) == 0
    assert stack == []
