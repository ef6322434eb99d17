"""What a training records of its layers over time: told and drawn."""

from dataclasses import replace

import numpy as np
import pytest

from models.specs.presets import PRESETS
from models.training.run_spec import Epoch, RunSpec
from models.training.stored_run import Status, StoredRun
from viz import text
from viz.state.subjects import Curve
from viz.state.training import OfLayers
from viz.training import layers_figure

RUN = RunSpec(network=replace(PRESETS["resnet20_cifar"].spec, input_shape=(1, 8, 8)), epochs=3)


def curve(name, updates):
    epochs = tuple(
        Epoch(
            number=number, steps=10 * number, train_loss=1.0, train_accuracy=0.5, test_loss=1.0, test_accuracy=0.5,
            learning_rate=0.1, images_per_second=1.0, seconds=1.0, memory=None,
            gradients=(("conv1", 0.5), ("fc", 0.0)), updates=updates,
        )
        for number in (1, 2, 3)
    )  # fmt: skip
    return Curve(name, RUN, StoredRun(id=name, status=Status.DONE, why=None, run=RUN, epochs=epochs))


CURVES = [curve("a", (("conv1", 1e-3), ("fc", 4e-3))), curve("b", (("conv1", 1e-5), ("fc", float("inf"))))]


@pytest.mark.parametrize(("of", "first"), [(OfLayers.GRADIENTS, 0.5), (OfLayers.UPDATES, 1e-3)])
def test_all_networks_share_one_scale(of, first):
    figure = layers_figure.layers(CURVES, of)

    assert [heat.coloraxis for heat in figure.data] == ["coloraxis"] * 2
    assert figure.data[0].z.shape == (2, 3)
    assert figure.data[0].z[0][0] == pytest.approx(np.log10(first))


def test_what_has_no_logarithm_is_a_gap():
    zeros, infinite = layers_figure.layers(CURVES, OfLayers.GRADIENTS), layers_figure.layers(CURVES, OfLayers.UPDATES)

    assert np.isnan(zeros.data[0].z[1]).all()
    assert np.isnan(infinite.data[1].z[1]).all()


def test_runs_without_records_are_left_out():
    assert len(layers_figure.layers([*CURVES, curve("old", ())], OfLayers.UPDATES).data) == 2


def test_the_share_that_a_step_changes_is_told():
    assert text.inside.updates(CURVES) == (
        "In the median epoch, a step changed the weights of a layer by this share of their size, median and range over "
        "the layers: a 0.25% (0.1% to 0.4%); b 0.001% (0.001% to 0.001%)."
    )


def test_the_median_epoch_is_told_not_the_last_one_with_its_small_rate():
    one = curve("a", (("conv1", 1e-3), ("fc", 1e-3)))
    last = replace(one.epochs[-1], updates=(("conv1", 1e-9), ("fc", 1e-9)))
    kept = replace(one.kept, epochs=(*one.epochs[:-1], last))

    assert "a 0.1% (0.1% to 0.1%)" in text.inside.updates([replace(one, kept=kept)])
