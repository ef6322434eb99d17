"""Receptive fields of any module, by rules, are what autograd finds, and what is printed of known networks."""

import pytest
import torch
import torchvision
from torch import nn

from models import PRESETS, ExternalSpec, build, trace


def seen(module, side):
    """The height and width of the part of the image on which the middle position of the output depends."""
    module = module.eval()
    for holder in list(module.modules()):  # a maximum has one way back: a mean of the same window has all
        for name, part in holder.named_children():
            if isinstance(part, nn.MaxPool2d):
                options = {"stride": part.stride, "padding": part.padding, "ceil_mode": part.ceil_mode}
                setattr(holder, name, nn.AvgPool2d(part.kernel_size, **options))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(0.01, 0.02)
        for buffer in module.buffers():
            if buffer.is_floating_point():
                buffer.fill_(1.0)
    image = torch.rand(1, 3, side, side, dtype=torch.float64).requires_grad_()
    out = module.double()(image)
    out[0, :, out.shape[2] // 2, out.shape[3] // 2].square().sum().backward()
    rows, columns = (torch.nonzero(image.grad.abs().sum((0, 1)).sum(axis)).flatten() for axis in (1, 0))
    return int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1


def start(name, number):
    return nn.Sequential(*list(torchvision.models.get_model(name, weights=None).features)[:number])


def inception(last):
    parts = []
    for name, module in torchvision.models.inception_v3(weights=None, init_weights=False).named_children():
        parts.append(module)
        if name == last:
            return nn.Sequential(*parts)
    raise ValueError(last)


class ChannelsLast(nn.Module):
    """A block as in ConvNeXt: linear layers on the channels, a mean of them, and a slice of every second position."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 5, padding=2), nn.LayerNorm(8)
        self.one, self.other = nn.Linear(8, 16), nn.Linear(16, 8)

    def forward(self, image):
        x = self.conv(image).permute(0, 2, 3, 1)
        x = self.other(torch.nn.functional.gelu(self.one(self.norm(x)))).permute(0, 3, 1, 2)
        return torch.cat([x[:, :, ::2, ::2], x[:, :, 1::2, 1::2]], dim=1)


class Shuffled(nn.Module):
    """Channels in groups that are mixed by views, as in ShuffleNet, with dilation and padding."""

    def __init__(self):
        super().__init__()
        self.conv, self.far = nn.Conv2d(3, 8, 3, groups=1), nn.Conv2d(8, 8, 3, dilation=3, groups=4)

    def forward(self, image):
        x = torch.nn.functional.pad(self.conv(image), (1, 0, 2, 0))
        x = x.view(len(x), 2, 4, *x.shape[2:]).transpose(1, 2).reshape(len(x), 8, *x.shape[2:])
        first, second = self.far(x).chunk(2, 1)
        return torch.nn.functional.avg_pool2d(first * second, 2)


@pytest.mark.parametrize(
    ("module", "side"),
    [
        (start("mobilenet_v2", 6), 96),
        (start("squeezenet1_1", 6), 96),
        (start("convnext_tiny", 2), 160),
        (start("densenet121", 5), 160),
        (inception("Mixed_5b"), 160),
        (ChannelsLast(), 32),
        (Shuffled(), 48),
    ],
    ids=["mobilenet", "squeezenet", "convnext", "densenet", "inception", "channels last", "shuffled"],
)
def test_a_receptive_field_is_what_autograd_finds(module, side):
    found = trace(module, input_shape=(3, side, side)).layers[-1].receptive_field

    assert (found, found) == seen(module, side)


class Stripes(nn.Sequential):
    """Windows that are not square, as in Inception."""

    def __init__(self):
        super().__init__(nn.Conv2d(3, 4, (1, 7), padding=(0, 3)), nn.Conv2d(4, 4, (3, 1), stride=(2, 1)))


def test_of_windows_that_are_not_square_the_longer_side_is_told():
    found = trace(Stripes(), input_shape=(3, 32, 32)).layers[-1]

    assert max(seen(Stripes(), 32)) == found.receptive_field == 7
    assert found.input_sides == (1, 7)


@pytest.mark.parametrize(
    ("name", "field"),  # Araujo et al. 2019, doi 10.23915/distill.00021, where the networks are the same
    [("alexnet", 195), ("vgg16", 212), ("inception_v3", 1311), ("resnet50", 427), ("densenet121", 2071)],
)
def test_published_receptive_fields(name, field):
    assert trace(ExternalSpec.of(f"torchvision:{name}")).receptive_field == field


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "seresnet18", "resnet20_cifar", "vgg13_skips"])
def test_both_roads_give_our_own_networks_the_same_fields(name):
    spec = PRESETS[name].spec
    by_spec, by_calls = trace(spec), trace(build(spec), input_shape=spec.input_shape)

    def fields(found):
        return [
            (one.path, one.receptive_field, one.effective_stride, one.input_fields, one.input_stride)
            + ((one.kernel, one.stride, one.padding) if one.kind != "pad" else ())
            for one in found.layers
        ]

    assert fields(by_calls) == fields(by_spec)
    assert by_calls.receptive_field == by_spec.receptive_field


@pytest.mark.parametrize(
    ("name", "layer"), [("vit_b_16", "cat"), ("swin_t", "features.1.0.attn.linear"), ("maxvit_t", "blocks.0.layers.0.")]
)
def test_through_attention_none_is_defined_and_it_is_told_from_where(name, layer):
    found = trace(ExternalSpec.of(f"torchvision:{name}"))

    assert found.receptive_field == 0
    assert found.blind.path.startswith(layer)
    assert found.layers[0].receptive_field > 1
    assert found.layers[-1].receptive_field == 0


def test_what_mixes_positions_by_a_matrix_has_none():
    class Mixer(nn.Module):
        def __init__(self):
            super().__init__()
            self.patch, self.tokens = nn.Conv2d(3, 8, 4, stride=4), nn.Linear(64, 64)

        def forward(self, image):
            return self.tokens(self.patch(image).flatten(2)).mean(-1)

    found = trace(Mixer(), input_shape=(3, 32, 32))

    assert [layer.receptive_field for layer in found.layers] == [4, 0, 0]
    assert found.blind.path == "tokens"


class Odd(nn.Module):
    """What a function given by a test does after a convolution."""

    def __init__(self, does, *more):
        super().__init__()
        self.conv, self.more, self.does = nn.Conv2d(3, 16, 3, padding=1), nn.ModuleList(more), does

    def forward(self, image):
        return self.does(self.conv(image), *self.more)


def overwritten(x, far):
    y = x * 1.0
    y[:, :8] = far(x)[:, :8]
    return y * 2.0


@pytest.mark.parametrize(
    ("module", "last"),
    [
        (Odd(lambda x: x.sum((2, 3), keepdims=True).reshape(1, -1)), 34),  # all positions, and the padding
        (Odd(lambda x: (x.mean((2, 3)) - torch.ones(1, 10, 16, device=x.device)).flatten(1)), 0),
        (Odd(lambda x: torch.cat([x, x], axis=1)), 3),
        (Odd(lambda x, far: far(x), nn.Conv2d(16, 16, 3, dilation=(1, 8), padding=(1, 8))), 0),
        (Odd(overwritten, nn.Conv2d(16, 16, 5, padding=2)), 0),
        (Odd(lambda x: x[:, :, ::2, ::2] + x[:, :, :16, :16]), 0),
        (Odd(lambda x, pool: torch.relu(pool(x[:, :, :1, :1]).flatten(1)), nn.AdaptiveAvgPool2d(7)), 3),
    ],
    ids=["keepdims", "ranks", "axis", "uneven dilation", "overwritten", "different steps", "more windows"],
)
def test_where_no_rule_fits_nothing_is_claimed_and_the_module_is_traced(module, last):
    found = trace(module, input_shape=(3, 32, 32))

    fields = [layer.receptive_field for layer in found.layers]
    assert fields[0] == 3
    assert fields[-1] == last


def test_windows_that_are_more_than_the_positions_all_see_the_same():
    found = trace(PRESETS["vgg11"].spec.changed(input_shape=(3, 32, 32))).by_path

    assert found["avgpool"].receptive_field == found["classifier.0"].receptive_field == 150
    assert found["avgpool"].effective_stride_formula == "32*0 = 0"
