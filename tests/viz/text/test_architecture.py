"""The sentence for a newcomer says what the trace has."""

import pytest

from models.specs.external import ExternalSpec
from models.specs.presets import PRESETS
from models.tracing.tracer import trace
from viz.text.architecture import summary


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet18", "18 layers with weights; 8 skip connections carry the input of each block past it and add it to the output, 3 of them through projections."),
        ("resnet56_cifar", "56 layers with weights; 27 skip connections carry the input of each block past it and add it to the output."),
        ("plain18", "18 layers with weights; no skip connections: every layer reads the one before it, and nothing else."),
        ("densenet121", "121 layers with weights; 58 concatenations pass the outputs of earlier layers on to every later layer of their block."),
        ("torchvision:efficientnet_b0", "9 skip connections carry a signal past some layers and add it to their output."),
        ("torchvision:shufflenet_v2_x0_5", "13 concatenations keep an earlier output beside a later one."),
        ("torchvision:vit_b_16", "skip connections carry a signal past some layers and add it to their output"),
        ("torchvision:inception_v3", "no skip connections."),
    ],
)  # fmt: skip
def test_it_counts_layers_and_skips(name, words):
    spec = ExternalSpec.of(name) if ":" in name else PRESETS[name].spec

    assert words in summary(trace(spec))
