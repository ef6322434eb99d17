"""The sweep over the strength of the skips: its ends are the network and its twin, between them the field's networks."""

import pytest

from models import PRESETS, ExternalSpec, measure, strength, twin
from models.signals.strength import SCALES

OURS = PRESETS["resnet20_cifar"].spec
THEIRS = ExternalSpec(network="torchvision:mobilenet_v3_small", input_shape=(3, 32, 32), classes=10)


@pytest.mark.parametrize("spec", [OURS, THEIRS])
def test_it_goes_from_no_skips_to_the_network_itself(spec):
    points = list(strength(spec, batch=4, seeds=2))

    assert [point.scale for point in points] == [scale for scale in SCALES for _ in range(2)]
    assert points[-2].ratio == measure(spec, batch=4).ratio()
    assert points[-1].ratio == measure(spec, batch=4, seed=1).ratio()
    half = next(point for point in points if point.scale == 0.5)
    assert half.ratio == measure(spec.changed(skip_scale=0.5), batch=4).ratio()


def test_without_skips_a_librarys_network_is_its_twin_and_ours_nearly():
    """At 0 our own network still adds a skip of zeros; the numbers are the twin's but for rounding."""
    theirs = next(strength(THEIRS, batch=4))
    ours = next(strength(OURS, batch=4))

    assert theirs.ratio == measure(twin(THEIRS), batch=4).ratio()
    assert ours.ratio == pytest.approx(measure(twin(OURS), batch=4).ratio(), rel=1e-3)


def test_a_twin_is_swept_as_its_network():
    assert list(strength(twin(THEIRS), batch=2)) == list(strength(THEIRS, batch=2))
