"""Reads the images of a folder of one's own as a data set."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from ..runtime.progress import ProgressCallback, part
from ..runtime.uploads import on_ground
from .data_registry import DATA
from .datasets import Data, DataError, Split, normal
from .image_folder import FOLDERS

_OFTEN = 50  # images between two calls of the progress


def read(name: str, folder: Path, progress: ProgressCallback | None) -> Data:
    """Read the images of a registered folder in RGB: the shorter side is scaled, the middle is cut out.

    Raises `DataError` for a file that can't be read.
    """
    found, side = FOLDERS[name], DATA[name].shape[1]
    share = len(found.train) / (len(found.train) + len(found.test))
    train = _split(found.train, side, part(progress, 0, share))
    test = _split(found.test, side, part(progress, share, 1 - share))
    return normal(name, found.classes, train, test)


def _split(files: Sequence[tuple[Path, int]], side: int, progress: ProgressCallback | None) -> Split:
    from PIL import Image, ImageOps  # noqa: PLC0415  # not for other data sets

    images = np.empty((len(files), side, side, 3), np.uint8)
    for place, (file, __) in enumerate(files):
        if progress is not None and place % _OFTEN == 0:
            progress(place / len(files))
        try:
            with Image.open(file) as opened:
                opened.draft("RGB", (2 * side, 2 * side))  # a large JPEG is decoded at a fraction of its size
                upright = on_ground(ImageOps.exif_transpose(opened))
                images[place] = np.asarray(ImageOps.fit(upright, (side, side), Image.Resampling.BICUBIC))
        except Exception as error:  # noqa: BLE001  # a decoder may raise anything for a damaged file
            raise DataError(
                "{file} can't be read as an image ({kind}).", file=file.name, kind=type(error).__name__
            ) from None
    labels = torch.tensor([label for __, label in files])
    # shuffled: the first images are then of all classes
    order = torch.randperm(len(files), generator=torch.Generator().manual_seed(0))
    return Split(torch.from_numpy(images).permute(0, 3, 1, 2)[order].contiguous(), labels[order])
