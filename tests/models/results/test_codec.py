"""Results are written in an open format and read back unchanged; anything else is rejected."""

import io
import json
import zipfile
from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.results.codec import ResultError, decode, encode
from models.runtime.errors import SpecError
from models.runtime.messages import message
from models.signals.measure import measure
from models.signals.records import FeatureMaps, Pair
from models.specs.spec import NetworkSpec
from models.specs.twins import twin
from tests.conftest import specs

SMALL = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, input_shape=(3, 16, 16), classes=5)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_plain_values_come_back_as_they_were(value):
    assert decode(encode(value)) == value


@given(specs())
def test_a_network_comes_back_as_it_was(spec):
    assert decode(encode((spec, frozenset({spec})))) == (spec, frozenset({spec}))


def test_a_measurement_comes_back_as_it_was():
    found = Pair(measure(SMALL, batch=2, seeds=2), measure(twin(SMALL), batch=2, seeds=2))

    again = decode(encode(found))

    assert again == found
    assert again.skips.ratio() == found.skips.ratio()


def test_a_reason_why_there_is_no_result_comes_back_as_it_was():
    reason = SpecError("groups", "must be 1 for {block} blocks", 2, block=message("dense")).message

    assert decode(encode((SMALL, reason))) == (SMALL, reason)


def test_numbers_that_json_lacks_come_back_too():
    first, second, third = decode(encode((inf, -inf, nan)))

    assert (first, second) == (inf, -inf)
    assert isnan(third)


def test_arrays_come_back_bit_by_bit():
    images = np.random.default_rng(0).random((2, 3, 3), dtype=np.float32)
    found = FeatureMaps(
        path="conv1", channels=(1, 0), energies=(2.0, 1.0), images=images, total=8,
        picture=np.zeros((4, 4, 3), np.uint8), top=(("cat", 0.5),),
    )  # fmt: skip

    again = decode(encode(found))

    assert again.images.dtype == np.float32
    assert (again.images == images).all()
    assert again.top == found.top


def test_the_format_is_one_that_others_can_read():
    with zipfile.ZipFile(io.BytesIO(encode((SMALL, np.arange(3))))) as file:
        stored = json.loads(file.read("record.json"))
        array = np.load(io.BytesIO(file.read("0.npy")), allow_pickle=False)

    assert stored["value"][0]["stages"] == [1, 1]
    assert array.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, [1], lambda: 1, np.array([object()])], ids=lambda one: type(one).__name__
)
def test_what_is_no_record_is_refused(value):
    with pytest.raises((ResultError, ValueError)):
        encode(value)


def written(value, form=1):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("record.json", json.dumps({"format": form, "value": value}))
    return made.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"not a zip", encode(1)[:-30], written(1, form=2), written({"": "os:system", "command": "true"}),
        written({"": "signals.records:median"}), written({"": "specs.spec:NetworkSpec", "stages": [0]}),
        written({"": "signals.records:Pair", "nothing": 1}), written({"": "array", "of": 3}), written({"a": 1}),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_is_damaged_or_not_ours_is_refused_and_never_run(data):
    with pytest.raises(ResultError):
        decode(data)
