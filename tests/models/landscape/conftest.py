"""Trained networks whose surroundings are measured."""

import pytest

from models.specs.spec import NetworkSpec
from models.specs.twins import twin
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore

RESIDUAL = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, shortcut="pad", input_shape=(1, 8, 8), classes=10)
RUNS = tuple(RunSpec(network=network, epochs=2, batch=64) for network in (RESIDUAL, twin(RESIDUAL)))

LONGER = RunSpec(network=RESIDUAL, epochs=4, batch=256)  # the weights of its epochs are kept


@pytest.fixture(scope="session")
def trained_runs():
    """The store of a small residual network and its twin, trained for two epochs, and another run."""
    store = RunStore()
    for run in (*RUNS, LONGER):
        list(kept(run, store))
    return store
