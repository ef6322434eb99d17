"""A measured pair comes back from its small file with three digits."""

from dataclasses import fields, replace
from math import isnan

import pytest

from models import NetworkSpec, measure, trace, twin
from models.signals.compact import Stamp, pack, unpack
from models.signals.records import JoinSignal, LayerSignal, Pair

SPEC = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, input_shape=(3, 16, 16), classes=10)
STAMP = Stamp("0123", "2026-11-28", "PyTorch 2")


@pytest.fixture(scope="module")
def pair():
    return Pair(*(measure(spec, batch=2, seeds=2) for spec in (SPEC, twin(SPEC))))


def near(one, other):
    if one is None or other is None or isinstance(one, str):
        return one == other
    return (isnan(one) and isnan(other)) or other == pytest.approx(one, rel=2.5e-4)


def test_a_pair_comes_back_to_three_digits(pair):
    found, stamp = unpack(pack(pair, STAMP), (SPEC, twin(SPEC)), (trace(SPEC), trace(twin(SPEC))))

    assert stamp == STAMP
    for before, after in ((pair.skips, found.skips), (pair.plain, found.plain)):
        assert after.trace == before.trace
        assert (after.batch, after.device, after.source) == (before.batch, before.device, before.source)
        for one, other in zip(before.runs, after.runs, strict=True):
            assert (other.seed, other.loss) == (one.seed, one.loss)
            for records, kind in ((("layers"), LayerSignal), (("joins"), JoinSignal)):
                for mine, its in zip(getattr(one, records), getattr(other, records), strict=True):
                    for field in fields(kind):
                        if field.name != "histogram":
                            assert near(getattr(mine, field.name), getattr(its, field.name)), field.name
    assert found.skips.ratio() == pytest.approx(pair.skips.ratio(), rel=2e-3)


def test_the_file_is_small_and_without_pickle(pair):
    data = pack(pair, STAMP)

    assert len(data) < 60 * sum(len(run.layers) for side in (pair.skips, pair.plain) for run in side.runs)
    import io

    import numpy as np

    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


def test_what_is_not_finite_stays_so(pair):
    first = pair.skips.runs[0]
    odd = replace(first.layers[0], activation_rms=float("inf"), activation_gradient_norm=float("nan"))
    changed = replace(first, layers=(odd, *first.layers[1:]))
    made = replace(pair, skips=replace(pair.skips, runs=(changed, *pair.skips.runs[1:])))

    found, _stamp = unpack(pack(made, STAMP), (SPEC, twin(SPEC)), (trace(SPEC), trace(twin(SPEC))))

    layer = found.skips.runs[0].layers[0]
    assert layer.activation_rms == float("inf")
    assert isnan(layer.activation_gradient_norm)


def test_other_bytes_are_refused():
    with pytest.raises((ValueError, OSError)):
        unpack(b"no zip", (SPEC, twin(SPEC)), (trace(SPEC), trace(twin(SPEC))))


def test_a_gradient_that_is_not_a_number_is_not_one_that_is_missing(pair):
    first = pair.plain.runs[0]
    odd = tuple(
        layer if layer.weight_norm is None else replace(layer, weight_gradient_norm=float("nan"))
        for layer in first.layers
    )
    made = replace(pair, plain=replace(pair.plain, runs=(replace(first, layers=odd), *pair.plain.runs[1:])))

    found, _stamp = unpack(pack(made, STAMP), (SPEC, twin(SPEC)), (trace(SPEC), trace(twin(SPEC))))

    for before, after in zip(odd, found.plain.layers, strict=True):
        assert (after.weight_gradient_norm is None) == (before.weight_gradient_norm is None)
    assert isnan(found.plain.band("weight_gradient_norm")[0].middle)
