"""Pictures that come with scikit-learn: its handwritten digits and its two photographs.

The files are read in place: importing scikit-learn itself takes seconds, and nothing else of it is needed.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the 1,797 handwritten digits: images (1797, 8, 8) of values 0 to 16, and what each shows, (1797,)."""
    table = np.loadtxt(_folder() / "data/digits.csv.gz", delimiter=",")
    return table[:, :-1].reshape(-1, 8, 8), table[:, -1].astype(np.int64)


def photographs() -> list[NDArray[np.uint8]]:
    """Return a temple and a flower, (427, 640, 3)."""
    return [np.asarray(Image.open(file).convert("RGB")) for file in sorted((_folder() / "images").glob("*.jpg"))]


def _folder() -> Path:
    found = find_spec("sklearn")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("scikit-learn is not installed", name="sklearn")
    return Path(found.origin).parent / "datasets"
