"""The three forms of ResNeXt's block (arXiv 1611.05431, figure 3) are one function."""

from functools import partial

import pytest
import torch
from torch import nn

from models.networks import parts
from models.networks.blocks import Bottleneck
from models.networks.resnext_forms import FORMS, take_weights
from models.specs.choices import BlockForm
from models.specs.presets import PRESETS
from models.tracing.forms import formed
from models.tracing.kinds import Kind

OTHERS = [form for form in BlockForm if form is not BlockForm.GROUPED]


@pytest.mark.parametrize("form", OTHERS)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("in_channels", "stride", "first"), [(32, 1, False), (16, 2, False), (16, 2, True)])
def test_with_the_same_weights_all_forms_give_the_same_output(form, bias, in_channels, stride, first):
    torch.manual_seed(0)
    conv = partial(nn.Conv2d, bias=bias)
    shortcut = partial(parts.projection_shortcut, conv=conv, norm=nn.BatchNorm2d)
    options = {"conv": conv, "norm": nn.BatchNorm2d, "shortcut": shortcut, "groups": 4, "stride_first": first}
    grouped = Bottleneck(in_channels, 16, 32, stride, **options)
    other = FORMS[form](in_channels, 16, 32, stride, **options)
    for norm in grouped.modules():
        if isinstance(norm, nn.BatchNorm2d):
            nn.init.normal_(norm.weight)
            nn.init.normal_(norm.running_mean)
    take_weights(other, grouped)
    image = torch.randn(3, in_channels, 8, 8)

    for training in (False, True):
        with torch.no_grad():
            assert torch.allclose(other.train(training)(image), grouped.train(training)(image), atol=1e-5)
    assert sum(weight.numel() for weight in other.parameters()) == sum(map(torch.numel, grouped.parameters()))


def test_all_forms_have_the_papers_weights_and_equal_counts():
    spec = PRESETS["resnext50_32x4d"].spec
    blocks = [next(one for one in formed(spec, form).blocks if one.path == "layer1.1") for form in BlockForm]

    # 256*128 + 3*3*4*128 + 128*256 weights and 2*(128 + 128 + 256) of the norms: about 70 k as in the paper
    assert {(one.params, one.macs) for one in blocks} == {(71_168, 70_144 * 56 * 56)}


def test_a_path_goes_from_256_to_4_to_4_to_256_channels():
    layers = formed(PRESETS["resnext50_32x4d"].spec, BlockForm.SUMMED).by_path

    shapes = [layers[f"layer1.1.paths.31.conv{number}"].output_shape[0] for number in (1, 2, 3)]
    assert shapes == [4, 4, 256]
    assert layers["layer1.1.sum"].kind is Kind.SUM
    assert len(layers["layer1.1.sum"].input_shapes) == 32


def test_only_grouped_bottlenecks_have_forms():
    assert [name for name, preset in PRESETS.items() if preset.spec.has_forms] == [
        "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "resnext29_8x64d",
    ]  # fmt: skip
