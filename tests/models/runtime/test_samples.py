"""The pictures that come with scikit-learn, beside its own functions; and what a first measurement does not import."""

import subprocess
import sys

import numpy as np

from models.runtime import samples

FIRST = """
import sys
from models.networks.build import build
from models.runtime.images import images
from models.specs.presets import PRESETS
from models.training.datasets import digits

build(PRESETS["resnet20_cifar"].spec)
images("digits", 2, (1, 8, 8))
images("photos", 2, (3, 8, 8))
digits("digits", None, None)
print([name for name in ("sklearn", "scipy", "sympy", "torch._dynamo") if name in sys.modules])
"""


def test_digits_are_those_of_load_digits():
    from sklearn.datasets import load_digits

    images, labels = samples.digits()
    theirs = load_digits()

    assert np.array_equal(images, theirs.images)
    assert np.array_equal(labels, theirs.target)


def test_photographs_are_those_of_load_sample_images():
    from sklearn.datasets import load_sample_images

    for ours, theirs in zip(samples.photographs(), load_sample_images().images, strict=True):
        assert np.array_equal(ours, theirs)


def test_a_first_network_and_its_images_import_nothing_that_takes_seconds():
    said = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True).stdout

    assert said.strip() == "[]"
