"""The counts agree with torchinfo's for our network."""

from models.specs.presets import PRESETS
from models.tracing.torchinfo import summary


def test_torchinfo_counts_the_same_parameters():
    text = summary(PRESETS["resnet50"].spec)

    assert "Total params: 25,557,032" in text
    assert "Trainable params: 25,557,032" in text
