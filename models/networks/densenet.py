"""Dense networks."""

from collections import OrderedDict
from typing import Protocol

from torch import nn

from .dense_blocks import Transition
from .joins import Concat
from .parts import Conv, Norm
from .stems import StemConv


class DenseBlockLayer(Protocol):
    def __call__(self, in_channels: int, growth: int) -> nn.Module: ...


def densenet(
    *,
    layer: DenseBlockLayer,
    join: type[nn.Module],
    stages: tuple[int, ...],  # dense layers in each
    growth: int,
    compression: float,
    conv: Conv,
    norm: Norm,
    stem: StemConv,
    pool: bool,
    in_channels: int,
    stem_channels: int,
    classes: int,
) -> nn.Sequential:
    """Return a DenseNet: stem, dense blocks and transitions, pooling, classifier (arXiv 1608.06993, table 1)."""
    features: OrderedDict[str, nn.Module] = OrderedDict()
    features["conv0"] = stem(in_channels, stem_channels, conv=conv, norm=norm)
    if pool:
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
            compressed = int(channels * compression + 1e-9)  # 0.7 * 90 must give 63 in floats too
            features[f"transition{stage}"] = Transition(channels, compressed, conv=conv, norm=norm)
            channels = compressed

    features["norm5"] = norm(channels)  # torchvision's name, for any number of stages
    head = OrderedDict(
        features=nn.Sequential(features),
        relu=nn.ReLU(),
        avgpool=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        classifier=nn.Linear(channels, classes),
    )
    return nn.Sequential(head)
