"""Paths counted by length, beside a count of every route through the graph."""

from math import comb

import pytest
import torch
from hypothesis import given
from torch import nn

from models.runtime.messages import UserError
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.specs.twins import twin
from models.tracing.kinds import Kind
from models.tracing.layers import INPUT, EdgeKind
from models.tracing.module_trace import module_trace
from models.tracing.paths import Paths, path, paths
from models.tracing.tracer import trace
from tests.conftest import specs


def routes(traced):
    """Walk every route from the output back to the image; return how many pass 0, 1, ... branches."""
    found, todo = {}, [(traced.layers[-1].path, 0)]
    while todo:
        path, length = todo.pop()
        if path == INPUT:
            found[length] = found.get(length, 0) + 1
            continue
        edges = traced.incoming[path]
        join = traced.by_path[path].kind in (Kind.ADD, Kind.CONCAT) and any(e.kind is not EdgeKind.FLOW for e in edges)
        if not join:
            edges = edges[:1]  # ways side by side are one
        todo += [(edge.source, length + (join and edge.kind is EdgeKind.FLOW)) for edge in edges]
    return tuple(found.get(length, 0) for length in range(max(found) + 1))


@given(specs())
def test_every_route_is_counted_once(spec):
    traced = trace(spec)

    assert paths(traced).counts == routes(traced)


def test_resnet110_has_the_paths_of_the_paper():
    found = paths(trace(PRESETS["resnet110_cifar"].spec))

    assert found.total == 2**54
    assert found.share(19, 35) == pytest.approx(0.9802, abs=5e-5)
    assert found.most(0.95) == (20, 34)
    assert found.in_series


@pytest.mark.parametrize("name", ["resnet50", "resnext50_32x4d", "seresnet18", "resnet110_highway", "preact_resnet164"])
def test_residual_networks_have_as_many_of_each_length_as_sets_of_blocks(name):
    traced = trace(PRESETS[name].spec)

    assert paths(traced).counts == tuple(comb(len(traced.blocks), k) for k in range(len(traced.blocks) + 1))


def test_without_skips_there_is_one():
    assert paths(trace(twin(PRESETS["resnet20_cifar"].spec))) == Paths((1,))


def test_a_densenet_has_a_choice_at_every_layer():
    spec = NetworkSpec(
        family="densenet", stages=(2, 3), stem="cifar", base_width=8, growth_rate=4, input_shape=(3, 8, 8)
    )

    assert paths(trace(spec)).counts == tuple(comb(5, k) for k in range(6))


@pytest.mark.parametrize(("name", "skips"), [("resnet18", 8), ("vit_b_16", 24), ("mobilenet_v3_small", 6)])
def test_a_librarys_network_is_counted_from_its_joins(name, skips):
    from torchvision import models

    with torch.device("meta"):
        module = getattr(models, name)().eval()

    assert paths(module_trace(module, (3, 224, 224))).counts == tuple(comb(skips, k) for k in range(skips + 1))


class Nested(nn.Module):
    """A skip connection around a skip connection."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        inner = self.first(x) + x
        return self.second(inner).relu() + x


def test_a_skip_around_a_skip():
    found = paths(module_trace(Nested(), (3, 8, 8)))

    assert found.counts == (1, 1, 1)  # the outer skip; the branch and the inner skip; both branches
    assert not found.in_series


class Uneven(nn.Module):
    """A product of two ways, one of which has a skip connection."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        return (self.conv(x) + x) * x.sigmoid()


def test_ways_that_differ_without_a_skip_are_refused_by_name():
    with pytest.raises(UserError, match="paths can't be counted: at mul"):
        paths(module_trace(Uneven(), (3, 8, 8)))


def test_the_narrowest_range_is_the_fullest_of_its_width():
    assert Paths((1, 4, 6, 4, 1)).most(0.6) == (1, 2)
    assert Paths((1, 1, 9, 4, 1)).most(0.8) == (2, 3)
    assert Paths((1,)).most() == (0, 0)


def branches(traced, found):
    """Count the branches that a path takes, by the edges into the additions and concatenations on it."""
    kinds = {(edge.source, edge.target): edge.kind for edge in traced.edges}
    joined = {edge.target for edge in traced.edges if edge.kind is not EdgeKind.FLOW}
    return sum(
        kinds[edge] is EdgeKind.FLOW and edge[1] in joined and traced.by_path[edge[1]].kind in (Kind.ADD, Kind.CONCAT)
        for edge in found.edges
    )


@pytest.mark.parametrize("name", ["resnet18", "resnet20_cifar", "seresnet18", "densenet_40_12"])
def test_every_number_is_a_path_of_its_own_with_its_length(name):
    traced = trace(PRESETS[name].spec)
    counts = paths(traced).counts
    for length, count in enumerate(counts):
        some = range(count) if count < 60 else (0, 1, count // 2, count - 1)
        found = [path(traced, length, number) for number in some]

        assert len({one.edges for one in found}) == len(found)
        assert {branches(traced, one) for one in found} <= {length}
        assert all(any(source == INPUT for source, __ in one.edges) for one in found)


def test_the_longest_path_of_a_residual_network_takes_every_branch_and_the_shortest_none():
    traced = trace(PRESETS["resnet18"].spec)

    assert not any("conv1" in layer and "layer" in layer for layer in path(traced, 0, 0).layers)
    assert {f"layer{stage}.{block}.conv2" for stage in (1, 2, 3, 4) for block in (0, 1)} <= path(traced, 8, 0).layers


@pytest.mark.parametrize(("length", "number"), [(0, 1), (9, 0), (-1, 0), (3, 56), (3, -1)])
def test_a_path_that_does_not_exist_is_refused(length, number):
    with pytest.raises(IndexError):
        path(trace(PRESETS["resnet18"].spec), length, number)


def test_without_skips_the_only_path_has_every_layer():
    traced = trace(twin(PRESETS["resnet18"].spec))

    assert path(traced, 0, 0).layers == {layer.path for layer in traced.layers}
