"""Registry of the data sets that networks can be trained on. No torch here.

To add one, write a function that loads it and register an entry. Specs, links, menus and checks read the entry; data
sets are listed nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..runtime.messages import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Properties of a data set that are known before it is loaded."""

    name: str  # as used in specs and links
    title: str
    shape: tuple[int, int, int]  # of an image: (C, H, W)
    classes: int
    train: int  # images
    test: int
    # Called with (name, folder, progress), returns a `datasets.Data`. Or its location: "training.datasets:digits".
    load: Callable[..., Any] | str
    torchvision: str = ""  # name of the torchvision class that reads it, if any
    draw: str = N_("Draw something:")  # what a visitor is asked to draw for it
    light_on_dark: bool = False  # images show one light figure centred on dark ground: drawings are framed alike


DATA: dict[str, DataSet] = {}


def register(data: DataSet) -> DataSet:
    """Add a data set to the registry and return it. Raises `ValueError` if another one has the same name."""
    if data.name in DATA and DATA[data.name] != data:
        raise ValueError(f"data: there is one called {data.name!r} already")
    DATA[data.name] = data
    return data


register(
    DataSet(
        name="digits",
        title=N_("Digits"),
        shape=(1, 8, 8),
        classes=10,
        train=1_437,
        test=360,
        load="training.datasets:digits",
        draw=N_("Draw a digit:"),
        light_on_dark=True,
    )
)
_DRAW = {"mnist": N_("Draw a digit:"), "kmnist": N_("Draw a character:")}
for _name, _title, _class, _shape, _classes, _train, _test, _dark in (
    ("fashion-mnist", "Fashion-MNIST", "FashionMNIST", (1, 28, 28), 10, 60_000, 10_000, False),
    ("mnist", "MNIST", "MNIST", (1, 28, 28), 10, 60_000, 10_000, True),
    ("kmnist", "Kuzushiji-MNIST", "KMNIST", (1, 28, 28), 10, 60_000, 10_000, True),
    ("svhn", "SVHN", "SVHN", (3, 32, 32), 10, 73_257, 26_032, False),
    ("cifar10", "CIFAR-10", "CIFAR10", (3, 32, 32), 10, 50_000, 10_000, False),
    ("cifar100", "CIFAR-100", "CIFAR100", (3, 32, 32), 100, 50_000, 10_000, False),
):
    register(
        DataSet(
            name=_name,
            title=_title,
            shape=_shape,
            classes=_classes,
            train=_train,
            test=_test,
            load="training.datasets:from_torchvision",
            torchvision=_class,
            draw=_DRAW.get(_name, N_("Draw something:")),
            light_on_dark=_dark,
        )
    )
