"""Data sets for training: uint8 on the device, where batches are selected, augmented and normalised."""

import shutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from ..runtime import samples
from ..runtime.download import DownloadError, fetch
from ..runtime.images import fitted
from ..runtime.messages import UserError, message
from ..runtime.progress import ProgressCallback, part
from ..runtime.rules import Key
from ..runtime.settings import Augment
from .data_registry import DATA

_DIGITS = tuple("0123456789")


class DataError(UserError):
    """Raised if data is unavailable; the message says why in one sentence."""


@dataclass(frozen=True)
class Split:
    """Images and their labels."""

    images: Tensor  # uint8, (N, C, H, W)
    labels: Tensor  # int64, (N,)

    def to(self, device: torch.device) -> "Split":
        return Split(self.images.to(device), self.labels.to(device))

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Data:
    """A data set in its standard splits; mean and deviation (0 to 255) are those of the training images' channels."""

    name: str  # a key of `DATA`
    classes: tuple[str, ...]
    train: Split
    test: Split
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def to(self, device: torch.device) -> "Data":
        return Data(self.name, self.classes, self.train.to(device), self.test.to(device), self.mean, self.std)

    def normalised(self, images: Tensor, shape: tuple[int, int, int]) -> Tensor:
        """Return uint8 images as float32, (N, *shape): normalised by `mean` and `std`, resized, channels adapted."""
        mean, std = (torch.tensor(values, device=images.device).view(-1, 1, 1) for values in (self.mean, self.std))
        return fitted(images.float().sub_(mean).div_(std), shape)


def cache_folder() -> Path:
    """Return the folder for downloaded data sets, next to torch's own downloads."""
    return Path(torch.hub.get_dir()).parent / "skipscope-data"


def load(name: str, *, folder: Path | None = None, progress: ProgressCallback | None = None) -> Data:
    """Load a data set to the CPU: from an installed package, from the cache folder, or by downloading it once.

    Raises `SpecError` for an unknown name and `DataError` if the data is unavailable. Damaged or incomplete downloads
    are never used or kept.
    """
    Key(DATA).check("data", name)
    load_it = DATA[name].load
    if isinstance(load_it, str):
        module, _, function = load_it.partition(":")
        load_it = getattr(import_module(f"...{module}", __name__), function)
    found: Data = load_it(name, folder or cache_folder(), progress)
    return found


@dataclass(frozen=True)
class Shuffle:
    """Order and augmentation of one epoch, drawn on the CPU (the same for all devices), then moved to the images'."""

    order: Tensor  # (N,)
    shifts: Tensor | None  # (N, 2): rows and columns, 0 to 2 * margin
    flips: Tensor | None  # (N,)
    margin: int

    @staticmethod
    def draw(images: Tensor, augment: Augment, *, seed: int, epoch: int) -> "Shuffle":
        generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        count, margin = len(images), max(1, images.shape[-1] // 8)
        order = torch.randperm(count, generator=generator)
        shifts = torch.randint(2 * margin + 1, (count, 2), generator=generator) if augment is not Augment.NONE else None
        flips = torch.rand(count, generator=generator) < 0.5 if augment is Augment.FLIP else None
        device = images.device
        return Shuffle(
            order.to(device),
            None if shifts is None else shifts.to(device),
            None if flips is None else flips.to(device),
            margin,
        )

    def batch(self, split: Split, start: int, count: int) -> tuple[Tensor, Tensor]:
        """Return `count` augmented uint8 images from position `start` of the order, and their labels."""
        chosen = self.order[start : start + count]
        images, labels = split.images[chosen], split.labels[chosen]
        if self.shifts is not None:
            images = _shifted(images, self.shifts[start : start + count], self.margin)
        if self.flips is not None:
            images = torch.where(self.flips[start : start + count].view(-1, 1, 1, 1), images.flip(-1), images)
        return images, labels


def _shifted(images: Tensor, shifts: Tensor, margin: int) -> Tensor:
    """Pad each image with zeros and crop it to its former size at its own offset."""
    height, width = images.shape[-2:]
    wide = pad(images, (margin, margin, margin, margin))
    rows = shifts[:, 0, None] + torch.arange(height, device=images.device)
    columns = shifts[:, 1, None] + torch.arange(width, device=images.device)
    places = (rows * wide.shape[-1]).unsqueeze(2) + columns.unsqueeze(1)  # (N, H, W), in one image
    flat = places.flatten(1).unsqueeze(1).expand(-1, images.shape[1], -1)
    return wide.flatten(2).gather(2, flat).view_as(images)


def digits(name: str, folder: Path, progress: ProgressCallback | None) -> Data:
    """Load the digits that come with scikit-learn; nothing is downloaded."""
    return _digits()


@cache
def _digits() -> Data:
    """scikit-learn's handwritten digits. The test split is the last fifth, written by other people than the first."""
    pixels, targets = samples.digits()
    images = torch.from_numpy((pixels * (255 / 16)).round().astype(np.uint8)).unsqueeze(1)
    labels = torch.from_numpy(targets)
    count = DATA["digits"].train
    return normal("digits", _DIGITS, Split(images[:count], labels[:count]), Split(images[count:], labels[count:]))


def normal(name: str, classes: tuple[str, ...], train: Split, test: Split) -> Data:
    """Return a data set with its mean and deviation, computed from histograms to avoid a copy in float."""
    means, deviations = [], []
    for channel in train.images.transpose(0, 1):
        counts = torch.bincount(channel.flatten(), minlength=256).double()
        values = torch.arange(256, dtype=torch.float64)
        mean = float((counts * values).sum() / counts.sum())
        means.append(mean)
        deviations.append(max(float(((counts * (values - mean) ** 2).sum() / counts.sum()).sqrt()), 1e-6))
    return Data(name, classes, train, test, tuple(means), tuple(deviations))


def from_torchvision(name: str, folder: Path, progress: ProgressCallback | None) -> Data:
    """Load a data set by torchvision, downloading it first if it is missing; a damaged copy is removed."""
    kind, home = _kind(name), folder / name
    if not home.exists():
        _install(kind, name, home, progress)
    try:
        loaded = [kind(home, **split) for split in _splits(kind)]
        train, test = map(_split, loaded)
        # SVHN's classes have no names: they are digits
        classes = tuple(
            str(label).partition(" - ")[2] or str(label) for label in getattr(loaded[1], "classes", _DIGITS)
        )
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # a reader may raise anything for a damaged file
        shutil.rmtree(home, ignore_errors=True)
        raise DataError(
            "The stored copy of {data} was damaged ({kind}) and has been removed. Try again to download it.",
            data=message(DATA[name].title),
            kind=type(error).__name__,
        ) from None
    return normal(name, classes, train, test)


def _kind(name: str) -> Any:
    from torchvision import datasets  # takes seconds, so only on demand  # noqa: PLC0415

    return getattr(datasets, DATA[name].torchvision)


def _splits(kind: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a torchvision class is called with for its training and its test images."""
    if hasattr(kind, "split_list"):
        return {"split": "train"}, {"split": "test"}
    return {"train": True}, {"train": False}


def _install(kind: Any, name: str, home: Path, progress: ProgressCallback | None) -> None:
    """Download and unpack to a temporary folder, which becomes `home` once everything has been read."""
    partial: Path | None = None
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(dir=home.parent, prefix=f".{name}-"))
        _fetch_all(kind, partial, progress)
        for split in _splits(kind):  # torchvision finds the archives there, checks and unpacks them
            kind(partial, **split, download=True)
        partial.replace(home)
    except DownloadError as error:
        raise DataError(
            "{data} is not on this machine and could not be downloaded ({reason}). The Digits data set needs no "
            "download.",
            data=message(DATA[name].title),
            reason=error.message,
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise DataError(
            "{data} could not be unpacked ({reason}). The Digits data set needs no download.",
            data=message(DATA[name].title),
            reason=reason,
        ) from None
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


def _fetch_all(kind: Any, home: Path, progress: ProgressCallback | None) -> None:
    """Download the archives to where torchvision looks for them."""
    if hasattr(kind, "resources"):
        raw = home / kind.__name__ / "raw"
        archives = [([base + file for base in kind.mirrors], raw / file, md5) for file, md5 in kind.resources]
    elif hasattr(kind, "split_list"):
        files = (kind.split_list[split["split"]] for split in _splits(kind))
        archives = [([address], home / file, md5) for address, file, md5 in files]
    else:
        archives = [([kind.url], home / kind.filename, kind.tgz_md5)]
    for place, (addresses, file, md5) in enumerate(archives):
        _fetch_any(addresses, file, md5, part(progress, place / len(archives), 1 / len(archives)))


def _fetch_any(addresses: list[str], file: Path, md5: str, progress: ProgressCallback | None) -> None:
    for last, address in enumerate(addresses, start=1):
        try:
            return fetch(address, file, md5, kind="md5", progress=progress)
        except DownloadError:
            if last == len(addresses):
                raise
    return None


def _split(loaded: Any) -> Split:
    """Convert a torchvision data set: (N, H, W), (N, H, W, C) or, if it has `labels`, (N, C, H, W)."""
    images = torch.as_tensor(loaded.data)
    if hasattr(loaded, "labels"):
        return Split(images.contiguous(), torch.as_tensor(loaded.labels, dtype=torch.int64))
    images = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2).contiguous()
    return Split(images, torch.as_tensor(loaded.targets, dtype=torch.int64))
