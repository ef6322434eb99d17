"""Data sets to train on: as uint8 on the device, chosen, shifted, mirrored and normalised there."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from models.download import DownloadError, fetch
from models.measured import Pulse
from models.pictures import fitted
from models.recipe import DATA
from models.settings import Augment, DataSet
from models.spec import SpecError

_DIGITS = tuple("0123456789")


class DataError(ValueError):
    """Data that can't be had; the message says why, in one sentence."""


@dataclass(frozen=True)
class Split:
    """Images and what they show."""

    images: Tensor  # uint8, (N, C, H, W)
    labels: Tensor  # int64, (N,)

    def to(self, device: torch.device) -> "Split":
        return Split(self.images.to(device), self.labels.to(device))

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Data:
    """A data set in its standard splits; mean and standard deviation by channel, 0 to 255, of the training images."""

    name: DataSet
    classes: tuple[str, ...]
    train: Split
    test: Split
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def to(self, device: torch.device) -> "Data":
        return Data(self.name, self.classes, self.train.to(device), self.test.to(device), self.mean, self.std)

    def normalised(self, images: Tensor, shape: tuple[int, int, int]) -> Tensor:
        """uint8 -> float32 of (N, *shape): of mean 0 and deviation 1, resized, with the channels asked for."""
        mean, std = (torch.tensor(values, device=images.device).view(-1, 1, 1) for values in (self.mean, self.std))
        return fitted(images.float().sub_(mean).div_(std), shape)


def cache_folder() -> Path:
    """Where data sets are kept, beside torch's own downloads."""
    return Path(torch.hub.get_dir()).parent / "skipscope-data"


def load(name: str, *, folder: Path | None = None, pulse: Pulse | None = None) -> Data:
    """A data set, on the CPU: from the package, from the cache folder, or once from the net.

    Raises `SpecError` for a name that is none and `DataError` where the data can't be had. What arrived broken or half
    is never used and never kept.
    """
    try:
        wanted = DataSet(name)
    except ValueError:
        raise SpecError("data", f"must be {', '.join(DataSet)}", name) from None
    if wanted is DataSet.DIGITS:
        return _digits()
    return _torchvision(wanted, folder or cache_folder(), pulse)


def is_here(name: str) -> bool:
    """Whether no download is needed."""
    return name == DataSet.DIGITS or (cache_folder() / name).exists()


@dataclass(frozen=True)
class Shuffle:
    """One epoch's order and augmentation, drawn on the CPU so that every device sees the same; then moved to one."""

    order: Tensor  # (N,)
    shifts: Tensor | None  # (N, 2): rows and columns, from 0 to twice the margin
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
        """So many images from a place on, uint8, augmented; and their labels."""
        chosen = self.order[start : start + count]
        images, labels = split.images[chosen], split.labels[chosen]
        if self.shifts is not None:
            images = _shifted(images, self.shifts[start : start + count], self.margin)
        if self.flips is not None:
            images = torch.where(self.flips[start : start + count].view(-1, 1, 1, 1), images.flip(-1), images)
        return images, labels


def _shifted(images: Tensor, shifts: Tensor, margin: int) -> Tensor:
    """Each image padded with zeros and cut out again at a place of its own."""
    height, width = images.shape[-2:]
    wide = pad(images, (margin, margin, margin, margin))
    rows = shifts[:, 0, None] + torch.arange(height, device=images.device)
    columns = shifts[:, 1, None] + torch.arange(width, device=images.device)
    places = (rows * wide.shape[-1]).unsqueeze(2) + columns.unsqueeze(1)  # (N, H, W), in one image
    flat = places.flatten(1).unsqueeze(1).expand(-1, images.shape[1], -1)
    return wide.flatten(2).gather(2, flat).view_as(images)


@cache
def _digits() -> Data:
    """scikit-learn's handwritten digits. The last fifth is the test: it was written by other people than the first."""
    from sklearn.datasets import load_digits  # noqa: PLC0415

    found = load_digits()
    images = torch.from_numpy((found.images * (255 / 16)).round().astype(np.uint8)).unsqueeze(1)
    labels = torch.from_numpy(found.target.astype(np.int64))
    count = DATA[DataSet.DIGITS].train
    return _normal(
        DataSet.DIGITS, _DIGITS, Split(images[:count], labels[:count]), Split(images[count:], labels[count:])
    )


def _normal(name: DataSet, classes: tuple[str, ...], train: Split, test: Split) -> Data:
    """With the training images' own mean and deviation, from their histogram: no copy in float."""
    means, deviations = [], []
    for channel in train.images.transpose(0, 1):
        counts = torch.bincount(channel.flatten(), minlength=256).double()
        values = torch.arange(256, dtype=torch.float64)
        mean = float((counts * values).sum() / counts.sum())
        means.append(mean)
        deviations.append(max(float(((counts * (values - mean) ** 2).sum() / counts.sum()).sqrt()), 1e-6))
    return Data(name, classes, train, test, tuple(means), tuple(deviations))


def _torchvision(name: DataSet, folder: Path, pulse: Pulse | None) -> Data:
    kind, home = _kind(name), folder / name
    if not home.exists():
        _install(kind, name, home, pulse)
    try:
        train, test = (_split(kind(home, train=train)) for train in (True, False))
        classes = tuple(str(label).partition(" - ")[2] or str(label) for label in kind(home, train=False).classes)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # a reader may raise anything at all over a damaged file
        shutil.rmtree(home, ignore_errors=True)
        raise DataError(
            f"data: {DATA[name].title} in the cache was damaged ({type(error).__name__}) and is removed; "
            "try again to download it."
        ) from None
    return _normal(name, classes, train, test)


def _kind(name: DataSet) -> Any:
    from torchvision import datasets  # seconds: only where such data is asked for  # noqa: PLC0415

    return {
        DataSet.FASHION: datasets.FashionMNIST,
        DataSet.MNIST: datasets.MNIST,
        DataSet.CIFAR10: datasets.CIFAR10,
        DataSet.CIFAR100: datasets.CIFAR100,
    }[name]


def _install(kind: Any, name: DataSet, home: Path, pulse: Pulse | None) -> None:
    """Fetch and unpack into a folder of its own, which gets its name when all is there and was read."""
    partial: Path | None = None
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(dir=home.parent, prefix=f".{name}-"))
        _fetch_all(kind, partial, pulse)
        kind(partial, train=True, download=True)  # torchvision finds the archives there, checks and unpacks them
        partial.replace(home)
    except DownloadError as error:
        raise DataError(
            f"data: {DATA[name].title} is not on this machine and could not be downloaded ({error}); "
            "digits work without the net."
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise DataError(f"data: {DATA[name].title} could not be unpacked ({reason}); digits work at once.") from None
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


def _fetch_all(kind: Any, home: Path, pulse: Pulse | None) -> None:
    """The archives, to where torchvision looks for them."""
    if hasattr(kind, "resources"):
        raw = home / kind.__name__ / "raw"
        archives = [([base + file for base in kind.mirrors], raw / file, md5) for file, md5 in kind.resources]
    else:
        archives = [([kind.url], home / kind.filename, kind.tgz_md5)]
    for place, (addresses, file, md5) in enumerate(archives):
        _fetch_any(addresses, file, md5, _within(pulse, place, len(archives)))


def _fetch_any(addresses: list[str], file: Path, md5: str, pulse: Pulse | None) -> None:
    for last, address in enumerate(addresses, start=1):
        try:
            return fetch(address, file, md5, kind="md5", pulse=pulse)
        except DownloadError:
            if last == len(addresses):
                raise
    return None


def _within(pulse: Pulse | None, place: int, count: int) -> Callable[[float], None] | None:
    return None if pulse is None else lambda done: pulse((place + done) / count)


def _split(loaded: Any) -> Split:
    """torchvision's (N, H, W) or (N, H, W, C), as tensor or numpy array."""
    images = torch.as_tensor(loaded.data)
    images = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2).contiguous()
    return Split(images, torch.as_tensor(loaded.targets, dtype=torch.int64))
