"""`build(spec)`: a spec as an eager `nn.Module`, under torchvision's names.

`resnet` and `densenet` take plain values, so that their source stands on its own beside the paper (and in the code
that Skipscope hands out); `arguments` is where a spec becomes those values.
"""

import hashlib
from collections import OrderedDict
from functools import partial
from typing import Any, Protocol

import torch
from torch import nn

from models import blocks
from models.blocks import BranchOnly, Concat, Conv, Norm, Transition
from models.initialisation import INITS, silence
from models.spec import Block, Family, NetworkSpec, Shortcut, Stem, StrideIn
from models.spec import Norm as NormName


class ResidualBlock(Protocol):
    def __call__(self, in_channels: int, width: int, out_channels: int, stride: int) -> nn.Module: ...


class DenseBlockLayer(Protocol):
    def __call__(self, in_channels: int, growth: int) -> nn.Module: ...


def resnet(
    *,
    block: ResidualBlock,
    stages: tuple[tuple[int, int, int], ...],  # (blocks, inner width, channels out) of each
    conv: Conv,
    norm: Norm,
    large_stem: bool,
    preact: bool,
    in_channels: int,
    stem_channels: int,
    classes: int,
) -> nn.Sequential:
    """Stem, stages of residual blocks, global average pooling, classifier (arXiv 1512.03385, table 1)."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    kernel, stride = (7, 2) if large_stem else (3, 1)
    layers["conv1"] = conv(in_channels, stem_channels, kernel, stride=stride, padding=kernel // 2)
    if not preact:
        layers["bn1"] = norm(stem_channels)
        layers["relu"] = nn.ReLU()
    if large_stem:
        layers["maxpool"] = nn.MaxPool2d(3, stride=2, padding=1)

    channels = stem_channels
    for stage, (count, width, out_channels) in enumerate(stages, start=1):
        first = block(channels, width, out_channels, 1 if stage == 1 else 2)
        rest = [block(out_channels, width, out_channels, 1) for _ in range(count - 1)]
        layers[f"layer{stage}"] = nn.Sequential(first, *rest)
        channels = out_channels

    if preact:
        layers["bn_last"] = norm(channels)
        layers["relu_last"] = nn.ReLU()
    layers["avgpool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["fc"] = nn.Linear(channels, classes)
    return nn.Sequential(layers)


def densenet(
    *,
    layer: DenseBlockLayer,
    join: type[nn.Module],
    stages: tuple[int, ...],  # dense layers in each
    growth: int,
    compression: float,
    conv: Conv,
    norm: Norm,
    large_stem: bool,
    in_channels: int,
    stem_channels: int,
    classes: int,
) -> nn.Sequential:
    """Stem, dense blocks with transitions between them, pooling, classifier (arXiv 1608.06993, table 1)."""
    features: OrderedDict[str, nn.Module] = OrderedDict()
    kernel, stride = (7, 2) if large_stem else (3, 1)
    features["conv0"] = conv(in_channels, stem_channels, kernel, stride=stride, padding=kernel // 2)
    if large_stem:
        features["norm0"] = norm(stem_channels)
        features["relu0"] = nn.ReLU()
        features["pool0"] = nn.MaxPool2d(3, stride=2, padding=1)

    channels = stem_channels
    for stage, count in enumerate(stages, start=1):
        dense: OrderedDict[str, nn.Module] = OrderedDict()
        for index in range(1, count + 1):
            dense[f"denselayer{index}"] = layer(channels, growth)
            channels = channels + growth if join is Concat else growth
        features[f"denseblock{stage}"] = nn.Sequential(dense)
        if stage < len(stages):
            compressed = int(channels * compression + 1e-9)  # 0.7 of 90 is 63, whatever floats say
            features[f"transition{stage}"] = Transition(channels, compressed, conv=conv, norm=norm)
            channels = compressed

    features["norm5"] = norm(channels)  # torchvision's name, however many stages there are
    head = OrderedDict(
        features=nn.Sequential(features),
        relu=nn.ReLU(),
        avgpool=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        classifier=nn.Linear(channels, classes),
    )
    return nn.Sequential(head)


BLOCKS: dict[Block, type[nn.Module]] = {
    Block.BASIC: blocks.BasicBlock,
    Block.BOTTLENECK: blocks.Bottleneck,
    Block.PREACT_BASIC: blocks.PreActBasic,
    Block.PREACT_BOTTLENECK: blocks.PreActBottleneck,
    Block.DENSE: blocks.DenseLayer,
    Block.DENSE_BOTTLENECK: blocks.DenseBottleneck,
}
RESIDUAL = (blocks.BasicBlock, blocks.Bottleneck, blocks.PreActBasic, blocks.PreActBottleneck)
NORMS: dict[NormName, Norm] = {
    NormName.BATCH: nn.BatchNorm2d,
    NormName.GROUP: blocks.group_norm,
    NormName.NONE: blocks.no_norm,
}


def arguments(spec: NetworkSpec) -> dict[str, Any]:
    """What `resnet` or `densenet`, whichever the family asks for, is called with."""
    conv = partial(nn.Conv2d, bias=spec.conv_bias)
    norm = NORMS[spec.norm]
    shared = {
        "conv": conv,
        "norm": norm,
        "large_stem": spec.stem is Stem.IMAGENET,
        "in_channels": spec.input_shape[0],
        "stem_channels": spec.base_width,
        "classes": spec.classes,
    }
    if spec.family is Family.DENSENET:
        join = Concat if spec.shortcut is Shortcut.CONCAT else BranchOnly
        return {
            "layer": partial(BLOCKS[spec.block], conv=conv, norm=norm, join=join),
            "join": join,
            "stages": spec.stages,
            "growth": spec.growth_rate,
            "compression": spec.compression,
        } | shared
    options: dict[str, Any] = {"groups": spec.groups} if spec.groups > 1 else {}
    if spec.bottleneck and spec.stride_in is StrideIn.CONV1X1:
        options["stride_first"] = True
    block = partial(BLOCKS[spec.block], conv=conv, norm=norm, shortcut=_shortcut(spec, conv, norm), **options)
    return {"block": block, "stages": spec.residual_stages} | shared | {"preact": spec.preact}


def family(spec: NetworkSpec) -> Any:
    """The function that makes networks of the spec's family."""
    return densenet if spec.family is Family.DENSENET else resnet


def build(spec: NetworkSpec, *, seed: int = 0) -> nn.Sequential:
    """The network of a spec, in train mode, on torch's current default device.

    Every tensor is drawn from a generator of its own, seeded by `seed` and the tensor's name: networks that share a
    tensor's name and shape share its values, and nothing global is seeded. On `torch.device("meta")` nothing is drawn.
    """
    device = torch.get_default_device()
    with torch.device("meta"):
        network: nn.Sequential = family(spec)(**arguments(spec))
    if device.type != "meta":
        network.to_empty(device=device)
        initialise(network, spec, seed=seed)
    return network


def initialise(network: nn.Module, spec: NetworkSpec, *, seed: int) -> None:
    """Fill every parameter and buffer of a network, in place, as `spec.init` and `spec.zero_init_residual` say."""
    with torch.no_grad():
        for path, module in network.named_modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                INITS[spec.init](module, _generator(seed, path, module.weight.device))
            elif isinstance(module, nn.BatchNorm2d | nn.GroupNorm):
                module.reset_parameters()  # ones and zeros: nothing is drawn
        if spec.zero_init_residual and spec.shortcut is not Shortcut.NONE:
            for module in network.modules():
                if isinstance(module, RESIDUAL):
                    silence(module, preact=spec.preact)


def _shortcut(spec: NetworkSpec, conv: Conv, norm: Norm) -> blocks.Shortcut:
    if spec.shortcut is Shortcut.NONE:
        return blocks.no_shortcut
    if spec.shortcut is Shortcut.PAD:
        return blocks.pad_shortcut
    with_norm = norm if spec.projection_norm and spec.norm is not NormName.NONE else None
    everywhere = {"everywhere": True} if spec.shortcut is Shortcut.PROJECTION_ALL else {}
    return partial(blocks.projection_shortcut, conv=conv, norm=with_norm, **everywhere)


def _generator(seed: int, path: str, device: torch.device) -> torch.Generator:
    digest = hashlib.blake2b(f"{seed}/{path}".encode(), digest_size=8).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest) >> 1)
