"""torchinfo's own words on our network."""

from models.presets import PRESETS
from models.summary import summary


def test_torchinfo_counts_the_same_parameters():
    text = summary(PRESETS["resnet50"].spec)

    assert "Total params: 25,557,032" in text
    assert "Trainable params: 25,557,032" in text
