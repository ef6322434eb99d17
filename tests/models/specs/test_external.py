"""Networks of torchvision and timm as specs: what is valid, how they travel, what they are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torchvision import models as theirs

from models.runtime.errors import SpecError
from models.specs.external import ExternalSpec, Start
from models.specs.libraries import LIBRARIES, torchvision_networks
from models.specs.naming import describe
from models.specs.published import accuracies
from models.specs.twins import twin, with_skips

NAMES = sorted(torchvision_networks())

externals = st.builds(
    ExternalSpec,
    network=st.sampled_from([f"torchvision:{name}" for name in NAMES]),
    input_shape=st.tuples(st.just(3), st.integers(8, 1_024), st.integers(8, 1_024)),
    classes=st.integers(2, 10_000),
    skip_scale=st.floats(0, 1),
    init=st.sampled_from(Start),
)


def test_the_table_holds_every_network_of_torchvision_with_its_name_and_the_size_of_its_images():
    listed = torchvision_networks()

    assert set(listed) == set(theirs.list_models(module=theirs))
    for name, about in listed.items():
        weights = theirs.get_model_weights(name)
        sizes = {entry.transforms.keywords["crop_size"] for entry in weights}
        assert about.pixels in sizes
        [first] = [one for one in weights if one.transforms.keywords["crop_size"] == about.pixels][:1]
        assert (about.params, about.macs) == (first.meta["num_params"], f"{first.meta['_ops']:.3f}G")
        letters = [sign for sign in about.title.lower() if sign.isalnum()]
        named = weights.__name__.removesuffix("_Weights").lower()
        assert letters == [sign for sign in named if sign.isalnum()]


@given(externals)
def test_a_network_survives_its_link(spec):
    assert ExternalSpec.from_query(spec.to_query()) == (spec, ())
    assert ExternalSpec.from_query(spec.to_query(full=True)) == (spec, ())


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"network": "torchvision:convnext_huge"}, "network"),
        ({"network": "keras:resnet50"}, "network"),
        ({"network": "convnext_tiny"}, "network"),
        ({"network": "timm:../../etc/passwd"}, "network"),
        ({"input_shape": (1, 224, 224)}, "input_shape"),
        ({"input_shape": (3, 4, 4)}, "input_shape"),
        ({"skip_scale": 1.5}, "skip_scale"),
        ({"classes": 1}, "classes"),
        ({"init": "zeros"}, "init"),
    ],
)
def test_an_invalid_field_is_named(fields, field):
    with pytest.raises(SpecError) as caught:
        ExternalSpec(**fields)

    assert caught.value.field == field


def test_timms_networks_take_other_channels():
    assert LIBRARIES["timm"].channels
    assert ExternalSpec(network="timm:resnet26d", input_shape=(1, 64, 64)).input_shape == (1, 64, 64)


@given(externals)
def test_a_twin_is_the_same_network_without_skips(spec):
    assert twin(spec).plain
    assert not with_skips(spec).plain
    assert twin(with_skips(spec)) == twin(spec)


def test_its_name_is_the_librarys_with_the_version_and_what_differs():
    plain = ExternalSpec.of("torchvision:efficientnet_b1")
    name = describe(plain)

    assert plain.input_shape == (3, 240, 240)
    assert str(name.title) == "EfficientNet-B1"
    assert str(name.detail).startswith("torchvision 0.")
    assert str(describe(twin(plain)).title) == "EfficientNet-B1 without skips"
    assert str(describe(plain.changed(classes=10)).detail).endswith(", 10 classes")
    assert str(describe(ExternalSpec(network="timm:resnet26d")).title) == "resnet26d"


def test_published_accuracies_are_of_the_whole_network_alone():
    plain = ExternalSpec.of("torchvision:convnext_tiny")

    assert [row.top1 for row in accuracies(plain)] == [82.52]
    assert accuracies(twin(plain)) == ()
    assert accuracies(plain.changed(classes=10)) == ()
    assert accuracies(ExternalSpec(network="timm:convnext_tiny")) == ()
