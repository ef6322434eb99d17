"""The GPU checks under pytest; skipped if there is no GPU."""

import pytest
import torch

from tests.gpu.checks import checks

GPU = torch.cuda.is_available()
NAMES = list(checks("cuda" if GPU else "cpu"))


@pytest.mark.skipif(not GPU, reason="no CUDA device on this machine: python -m tests.benchmarks.gpu where there is one")
@pytest.mark.parametrize("name", NAMES)
def test_what_must_hold_on_a_gpu(name):
    checks("cuda")[name]()


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if "compile" not in name])
def test_the_checks_themselves_run_on_a_cpu(name):
    checks("cpu").get(name, lambda: pytest.skip("for a GPU alone"))()
