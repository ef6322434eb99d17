"""A copy without values is the copy that `copy.deepcopy` makes, but for values and hooks."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from models.tracing.meta_copy import on_meta


class Family(nn.Module):
    """Modules and tensors that are reached by more than one way, and attributes of all kinds."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.blocks = [self.second]  # not registered here, but elsewhere
        self.again = self.first
        self.register_buffer("scale", torch.ones(3))
        self.options = {"widths": [1, 2], "act": torch.relu}
        self.first.parent = (self,)

    def forward(self, x):
        return self.options["act"](self.blocks[0](self.again(x)) * self.scale)


def test_shared_modules_and_weights_stay_shared_and_nothing_has_values():
    module = Family()
    twin = on_meta(module)
    assert type(twin) is Family
    assert twin is not module
    assert twin.first is twin.again
    assert twin.first is not module.first
    assert twin.second.weight is twin.first.weight
    assert twin.blocks[0] is twin.second
    assert twin.first.parent[0] is twin
    assert twin.options == module.options
    assert twin.options["widths"] is not module.options["widths"]
    assert all(one.is_meta for one in (*twin.parameters(), *twin.buffers()))
    assert [name for name, _ in twin.named_parameters()] == [name for name, _ in module.named_parameters()]
    assert not any(one.is_meta for one in (*module.parameters(), *module.buffers()))
    assert twin(torch.empty(2, 3, device="meta")).shape == (2, 3)


def test_a_callers_hooks_are_not_copied_and_stay_where_they_are():
    module, heard = Family(), []
    module.first.register_forward_hook(lambda *_: heard.append(1))
    on_meta(module)(torch.empty(2, 3, device="meta"))
    assert heard == []
    module(torch.ones(2, 3))
    assert heard == [1]


class Counted(nn.Module):
    """A module that says itself how it is copied."""

    def __init__(self):
        super().__init__()
        self.layer, self.copies = nn.Linear(2, 2), 0

    def __deepcopy__(self, memo):
        twin = type(self)()
        twin.layer, twin.copies = copy.deepcopy(self.layer, memo), self.copies + 1
        return twin


def test_a_module_that_says_how_it_is_copied_is_asked():
    twin = on_meta(nn.Sequential(Counted(), nn.ReLU()))
    assert twin[0].copies == 1
    assert twin[0].layer.weight.is_meta


@pytest.mark.parametrize("module", [weight_norm(nn.Linear(3, 4)), nn.LSTM(3, 4), nn.MultiheadAttention(4, 2)])
def test_modules_of_torch_with_parts_of_their_own_are_copied(module):
    twin = on_meta(module)
    assert {name: one.shape for name, one in twin.state_dict().items()} == {
        name: one.shape for name, one in module.state_dict().items()
    }
    assert all(one.is_meta for one in twin.parameters())


def test_what_can_not_be_copied_is_told():
    module = nn.Linear(2, 2)
    module.lines = (line for line in "ab")
    with pytest.raises(TypeError, match="generator"):
        on_meta(module)
