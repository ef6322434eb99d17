"""What can be varied: every value offered exists, and the usual axes give networks, for every known network."""

import pytest

from models.signals.grid import Axis, points, rule_of, size
from models.signals.measure_spec import MeasureSpec
from models.specs.presets import PRESETS
from viz.state.sweeps import offered, typed, usual, values
from viz.text import labels


@pytest.mark.parametrize("name", PRESETS)
def test_the_usual_axes_give_networks(name):
    base = PRESETS[name].spec

    found = points(base, MeasureSpec(), usual(base))

    assert size(usual(base)) <= 24
    assert all(one.spec is not None for one in found), [str(one.why) for one in found if one.why]


@pytest.mark.parametrize(
    "name", ["resnet18", "resnext50_32x4d", "densenet121", "vgg16_bn", "wrn_16_8", "resnet20_cifar"]
)
def test_every_value_offered_is_one_and_has_a_label(name):
    base = PRESETS[name].spec
    for field in offered(base):
        axis = Axis(field, values(field, base))
        assert len(axis.values) > 1 or not typed(field)
        assert labels.field(field)
        assert all(labels.value(field, own) for own in axis.values)
        assert Axis(field, tuple(map(rule_of(field).decode, axis.texts()))) == axis
