"""A folder of one's own images as a data set: a folder for each class. The folder is only read; no torch here.

    images/cat/1.jpg, images/dog/7.png ...                 the last fifth of each class, by name, is the test split
    images/train/cat/1.jpg ..., images/test/cat/9.jpg ...  splits of one's own

It is named on this machine's command line (`skipscope --images FOLDER`); no link and no upload can name one.
"""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from ..runtime.messages import UserError
from .data_registry import DataSet

IMAGES, IMAGE_SIDE = "SKIPSCOPE_IMAGES", "SKIPSCOPE_IMAGE_SIDE"  # variables that tell a server of a folder
EXTENSION = "models.training.own_images"  # the module that registers it when it is imported
SIDE = 64  # of the images, in pixels, if nothing else is said
SIDES = 8, 224  # least and most
ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
_SPLITS = ("train", "test")
_PARTS = 5  # one of so many images of a class is for testing
_START = 1_024  # bytes of a file that count for the name of its data set
_IGNORED = frozenset({"thumbs.db", "desktop.ini"})


class ImageFolderError(UserError):
    """A folder that is not one folder of images for each class; the message says which file or folder is in the way."""


FOLDERS: dict[str, "Listing"] = {}  # name of the data set -> its images


@dataclass(frozen=True, slots=True)
class Listing:
    """The images of a folder: (file, place of its class) of both splits."""

    classes: tuple[str, ...]
    train: tuple[tuple[Path, int], ...]
    test: tuple[tuple[Path, int], ...]


def listed(folder: Path) -> Listing:
    """List the images of a folder. Raises `ImageFolderError` if it holds anything else than images in class folders."""
    if not folder.is_dir():
        raise ImageFolderError("{folder} is not a folder.", folder=str(folder))
    inside = _folders(folder)
    if {one.name for one in inside} == {*_SPLITS}:
        train, test = (_by_class(folder / split) for split in _SPLITS)
        if train.keys() != test.keys():
            odd = min(train.keys() ^ test.keys())
            raise ImageFolderError("The class {name} must be in train and in test.", name=repr(odd))
    else:
        every = _by_class(folder)
        test = {name: files[-max(1, len(files) // _PARTS) :] for name, files in every.items()}
        train = {name: files[: len(files) - len(test[name])] for name, files in every.items()}
    if len(train) < 2:
        raise ImageFolderError("{folder} must hold a folder for each of at least two classes.", folder=folder.name)
    for files in (train, test):
        empty = next((name for name, found in files.items() if not found), None)
        if empty is not None:
            raise ImageFolderError("The class {name} must have images for training and for testing.", name=repr(empty))
    return Listing(tuple(train), _labelled(train), _labelled(test))


def _labelled(files: dict[str, list[Path]]) -> tuple[tuple[Path, int], ...]:
    return tuple((file, place) for place, found in enumerate(files.values()) for file in found)


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder that must hold nothing else."""
    inside = _visible(folder)
    beside = next((one for one in inside if not one.is_dir()), None)
    if beside is not None:
        raise ImageFolderError(
            "{file} lies in {folder} beside the folders of the classes.", file=beside.name, folder=folder.name
        )
    return inside


def _by_class(folder: Path) -> dict[str, list[Path]]:
    found = {}
    for own in _folders(folder):
        found[own.name] = _visible(own)
        strange = next((one for one in found[own.name] if one.suffix.lower() not in ENDINGS or one.is_dir()), None)
        if strange is not None:
            raise ImageFolderError(
                "{file} in {folder} is not an image: PNG, JPEG, WebP or BMP.", file=strange.name, folder=own.name
            )
    return found


def _visible(folder: Path) -> list[Path]:
    found = (one for one in folder.iterdir() if one.name[0] != "." and one.name.lower() not in _IGNORED)
    return sorted(found, key=lambda one: one.name)


def data_set(folder: Path, side: int = SIDE) -> DataSet:
    """Return a folder's entry for the registry. Its name depends on the files' names, sizes and first bytes.

    Other images are thus another data set, and the same ones are the same on another machine.

    Raises `ImageFolderError`.
    """
    if not SIDES[0] <= side <= SIDES[1]:
        low, high = SIDES
        raise ImageFolderError(
            "The images must have {low} to {high} pixels, got {side}.", low=low, high=high, side=side
        )
    found = listed(folder)
    digest = blake2b(digest_size=4)
    for file, label in (*found.train, *found.test):
        try:
            with file.open("rb") as opened:
                start = opened.read(_START)
            size = file.stat().st_size
        except OSError as error:
            raise ImageFolderError(
                "{file} can't be read ({reason}).", file=file.name, reason=error.strerror or str(error)
            ) from None
        digest.update(f"{label}/{file.name}/{size};".encode() + start)
    plain = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in folder.name.lower()).strip("-")
    about = DataSet(
        name=f"{plain or 'images'}-{side}-{digest.hexdigest()}",
        title=folder.name,
        shape=(3, side, side),
        classes=len(found.classes),
        train=len(found.train),
        test=len(found.test),
        load="training.image_files:read",
    )
    FOLDERS[about.name] = found
    return about
