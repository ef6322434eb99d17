"""A trace extended from that of a short network equals the trace of the long one, layer by layer and edge by edge."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.networks.build import build
from models.specs.presets import PRESETS
from models.specs.registry import Family
from models.tracing.stretch import shortened
from models.tracing.tracer import trace, walk
from tests.conftest import specs


def walked(spec):
    """Trace the real modules, every block of them."""
    with torch.device("meta"):
        return walk(build(spec).eval(), spec)


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_is_traced_as_its_real_modules_are(name):
    spec = PRESETS[name].spec
    if sum(spec.stages) > 200:
        spec = replace(spec, stages=(9, 7, 5))

    assert trace(spec) == walked(spec)


@given(specs(blocks=7))
def test_any_network_is_traced_as_its_real_modules_are(spec):
    assert trace(spec) == walked(spec)


@given(specs(), st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_stages_of_any_length_are_traced_as_the_real_ones(spec, stages):
    if spec.family is Family.RESNET and len(stages) <= len(spec.stages):
        long = replace(spec, stages=tuple(stages))

        assert trace(long) == walked(long)
        assert max(shortened(long).stages) <= 3
