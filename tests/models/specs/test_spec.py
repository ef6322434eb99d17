"""The spec rejects invalid values in the user's terms, and can be written as a link."""

import math
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.errors import SpecError
from models.specs.checks import smallest_input
from models.specs.choices import Shortcut
from models.specs.families.registered import FAMILIES
from models.specs.limits import LIMITS
from models.specs.presets import PRESETS
from models.specs.registry import Family
from models.specs.spec import NetworkSpec
from tests.conftest import ROOT, specs


def test_the_default_is_resnet18():
    assert NetworkSpec() == PRESETS["resnet18"].spec
    assert NetworkSpec().to_query() == {}


def test_strings_are_accepted_for_enums():
    spec = NetworkSpec(block="bottleneck", shortcut="pad")

    assert spec.block == "bottleneck"
    assert spec.shortcut is Shortcut.PAD


def test_a_spec_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        NetworkSpec().classes = 10


@pytest.mark.parametrize(("family", "shortcut"), [("resnet", "projection"), ("densenet", "concat")])
def test_a_shortcut_left_out_follows_the_family(family, shortcut):
    assert NetworkSpec(family=family).shortcut == shortcut


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"family": "alexnet"},
            "family: must be resnet, densenet, vgg or inception_resnet, got 'alexnet'",
        ),
        ({"shortcut": "concat"}, "shortcut: must be projection, pad, .* for family resnet, got 'concat'"),
        ({"block": "dense"}, "block: must be basic, .* for family resnet, got 'dense'"),
        ({"family": "densenet", "block": "basic"}, "block: must be dense_bottleneck or dense for family densenet"),
        ({"groups": 7}, "groups: must divide the inner width 64, got 7"),
        ({"groups": 0}, "groups: must be a whole number from 1 to 4,096, got 0"),
        ({"groups": True}, "groups: must be a whole number from 1 to 4,096, got True"),
        ({"base_width": -1}, "base_width: must be a whole number from 1 to 4,096, got -1"),
        ({"base_width": 64.0}, "base_width: must be a whole number .* got 64.0"),
        ({"widen": math.nan}, "widen: must be a number from 0.1 to 64, got nan"),
        ({"widen": math.inf}, "widen: must be a number from 0.1 to 64, got inf"),
        ({"widen": 10**400}, "widen: must be a number from 0.1 to 64, got 1000"),
        ({"widen": 0.001}, "widen: must be a number from 0.1 to 64, got 0.001"),
        ({"compression": 1.5}, "compression: must be a number from 0.01 to 1, got 1.5"),
        ({"stages": ()}, "stages: must be a list of 1 to 5 whole numbers, got"),
        ({"stages": (1,) * 6}, "stages: must be a list of 1 to 5 whole numbers, got"),
        ({"stages": (0, 1)}, "stages: must be whole numbers of blocks from 1 to 2,000, got 0"),
        ({"stages": (10**9,)}, "stages: must be whole numbers of blocks from 1 to 2,000, got 1000000000"),
        ({"stages": (2000, 1)}, "stages: must be at most 2,000 blocks in all, got"),
        ({"stages": "2222"}, "stages: must be a list of 1 to 5 whole numbers, got '2222'"),
        ({"input_shape": (3, 224)}, "input_shape: must be three whole numbers"),
        ({"input_shape": (5, 32, 32)}, "input_shape: must have 1 to 4 channels, got 5"),
        ({"input_shape": (3, 7, 32)}, "input_shape: must have a height and width of 8 to 1,024 pixels, got 7"),
        ({"input_shape": (3, 32, 2**40)}, "input_shape: must have a height and width of 8 to 1,024 pixels"),
        ({"classes": 1}, "classes: must be a whole number from 2 to 10,000, got 1"),
        ({"classes": 10_001}, "classes: must be a whole number from 2 to 10,000, got 10001"),
        ({"classes": 10**5000}, "classes: must be .* got <int>"),
        ({"conv_bias": 1}, "conv_bias: must be true or false, got 1"),
        ({"stride_in": "5x5"}, "stride_in: must be 3x3 or 1x1, got '5x5'"),
        (
            {"block": "bottleneck", "group_width": 1, "base_width": 8},
            "group_width: must give every layer 1 to 65,536 channels, not 0, got 1",
        ),
        (
            {"base_width": 4096, "stages": (1,) * 5, "widen": 8},
            "widen: must give every layer 1 to 65,536 channels, not 131,072, got 8",
        ),
        (
            {"shortcut": "pad", "widen": 0.5},
            "shortcut: can't pad 64 channels to 32, which needs a projection, got 'pad'",
        ),
        (
            {"family": "densenet", "input_shape": (3, 28, 28)},
            "input_shape: must be at least 29 pixels for 4 dense stages",
        ),
        (
            {"family": "densenet", "growth_rate": 4000, "stages": (20,)},
            "growth_rate: must give every layer 1 to 65,536 channels",
        ),
        (
            {"family": "densenet", "shortcut": "none", "growth_rate": 1},
            "compression: must give every layer 1 to 65,536 channels, not 0, got 0.5",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_field_expectation_and_value(fields, message):
    with pytest.raises(SpecError, match=message) as caught:
        NetworkSpec(**fields)

    assert str(caught.value).startswith(f"{caught.value.field}: ")


@given(
    st.sampled_from(sorted(NetworkSpec.__slots__)),
    st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.binary()),
)
def test_any_value_in_any_field_makes_a_spec_or_a_spec_error(field, value):
    try:
        spec = NetworkSpec(**{field: value})
    except SpecError as error:
        assert len(str(error)) < 400
    else:
        assert isinstance(spec, NetworkSpec)


@given(specs())
def test_to_query_and_from_query_are_inverse(spec):
    assert NetworkSpec.from_query(spec.to_query()) == (spec, ())


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_survives_its_link(preset):
    spec = PRESETS[preset].spec

    assert NetworkSpec.from_query(spec.to_query()) == (spec, ())


def test_a_bad_link_keeps_every_good_field():
    spec, problems = NetworkSpec.from_query(
        {"block": "bottleneck", "stages": "3-4-x-3", "classes": "10", "widen": "nan", "norm": "group"}
    )

    assert spec == NetworkSpec(block="bottleneck", classes=10, norm="group")
    assert [problem.field for problem in problems] == ["stages", "widen"]


def test_fields_that_do_not_fit_together_are_named_and_the_rest_is_kept():
    spec, problems = NetworkSpec.from_query({"family": "densenet", "block": "basic", "classes": "10"})

    assert spec == NetworkSpec(family="densenet", classes=10)
    assert [str(problem) for problem in problems] == [
        "block: must be dense_bottleneck or dense for family densenet, got 'basic'"
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"family": "densenet", "shortcut": "none", "growth_rate": "1", "classes": "10"},
        {"family": "densenet", "stages": "2000", "base_width": "4096", "classes": "10"},
    ],
)
def test_fields_that_fail_together_leave_the_others_alone(query):
    spec, problems = NetworkSpec.from_query(query)

    assert (spec.family, spec.classes) == ("densenet", 10)
    assert len(problems) >= 1


@pytest.mark.parametrize(
    "fields",
    [
        {"growth_rate": 12},
        {"group_width": 4},
        {"stride_in": "1x1"},
        {"shortcut": "none", "projection_norm": False},
        {"family": "densenet", "widen": 10.0, "groups": 32},
    ],
)
def test_fields_that_a_network_has_no_use_for_make_no_other_network(fields):
    useless = set(fields) - {"family", "shortcut"}
    plain = {name: value for name, value in fields.items() if name not in useless}

    assert NetworkSpec(**fields).essential == NetworkSpec(**plain).essential


def test_widths_are_not_a_channel_short_for_floats_sake():
    assert NetworkSpec(base_width=100, widen=1.15, stages=(1,)).residual_stages == ((1, 115, 115),)


@given(st.dictionaries(st.one_of(st.sampled_from(sorted(NetworkSpec.__slots__)), st.text()), st.text()))
def test_no_query_ever_raises(query):
    spec, problems = NetworkSpec.from_query(query)

    assert isinstance(spec, NetworkSpec)
    assert len(problems) <= 2 * len(query)


@pytest.mark.parametrize(
    ("family", "stem", "stages", "smallest"),
    [
        ("densenet", "imagenet", 4, 29),
        ("densenet", "cifar", 4, 8),
        ("densenet", "cifar", 5, 16),
        ("densenet", "imagenet", 1, 8),
        ("vgg", "imagenet", 5, 32),
        ("vgg", "cifar", 4, 16),
        ("inception_resnet", "imagenet", 3, 75),
        ("inception_resnet", "imagenet", 1, 27),
    ],
)
def test_the_smallest_input_stands_and_one_pixel_less_does_not(family, stem, stages, smallest):
    roomy = (3, 80, 80)
    spec = NetworkSpec(family=family, stem=stem, stages=(1,) * stages, input_shape=roomy)

    assert smallest_input(spec) == smallest
    replace(spec, input_shape=(3, smallest, smallest))
    with pytest.raises(SpecError, match="input_shape"):
        replace(spec, input_shape=(3, smallest - 1, smallest))


def test_widths_of_the_bottlenecks_follow_torchvisions_formula():
    spec = NetworkSpec(block="bottleneck", stages=(3, 4, 6, 3), groups=32, group_width=4)

    assert spec.residual_stages == tuple(
        (blocks, int(planes * (4 / 64.0)) * 32, planes * 4) for blocks, planes in zip((3, 4, 6, 3), (64, 128, 256, 512))
    )


def test_limits_are_generous_and_stated():
    assert LIMITS["blocks"][1] == 2_000
    assert LIMITS["pixels"][1] == 1_024
    assert LIMITS["classes"][1] == 10_000
    assert LIMITS["base_width"][1] == LIMITS["growth_rate"][1] == 4_096
    assert set(Family) == set(FAMILIES) == {"resnet", "densenet", "vgg", "inception_resnet"}


def test_a_spec_needs_no_torch():
    code = "import sys; sys.modules['torch'] = None; import models.specs.spec, models.specs.presets, models.tracing.records, models.specs.depth"

    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_an_old_link_with_one_class_is_told_so_and_shown_with_two():
    spec, problems = NetworkSpec.from_query({"classes": "1", "stages": "1-1"})

    assert (spec.classes, spec.stages) == (2, (1, 1))
    assert [str(problem) for problem in problems] == ["classes: must be a whole number from 2 to 10,000, got 1"]
