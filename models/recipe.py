"""How a network is trained: a frozen value that validates itself, like the network's own. No torch here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from hashlib import blake2b
from math import cos, pi
from types import MappingProxyType
from typing import Any

from models.settings import Augment, DataSet, Device, Precision, Schedule
from models.spec import NetworkSpec, SpecError


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a data set before it is there."""

    title: str
    shape: tuple[int, int, int]
    classes: int
    train: int  # images
    test: int


DATA: Mapping[DataSet, About] = MappingProxyType(
    {
        DataSet.DIGITS: About("Digits", (1, 8, 8), 10, 1_437, 360),
        DataSet.FASHION: About("Fashion-MNIST", (1, 28, 28), 10, 60_000, 10_000),
        DataSet.MNIST: About("MNIST", (1, 28, 28), 10, 60_000, 10_000),
        DataSet.CIFAR10: About("CIFAR-10", (3, 32, 32), 10, 50_000, 10_000),
        DataSet.CIFAR100: About("CIFAR-100", (3, 32, 32), 100, 50_000, 10_000),
    }
)
DIGITS = frozenset({DataSet.DIGITS, DataSet.MNIST})  # one light figure in the middle of a dark frame
# field: (lowest, highest), both allowed
RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "epochs": (1, 1_000),
        "steps": (0, 10_000_000),
        "batch": (2, 4_096),
        "learning_rate": (1e-6, 10.0),
        "momentum": (0.0, 0.999),
        "weight_decay": (0.0, 1.0),
        "warmup": (0, 100),
        "label_smoothing": (0.0, 0.9),
        "seed": (0, 9_999),
    }
)
_WHOLE = ("epochs", "steps", "batch", "warmup", "seed")
_ENUMS: Mapping[str, type[StrEnum]] = MappingProxyType(
    {"data": DataSet, "augment": Augment, "schedule": Schedule, "device": Device, "precision": Precision}
)


_DEFAULT = NetworkSpec(input_shape=DATA[DataSet.DIGITS].shape, classes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One training: SGD with momentum on the cross-entropy. Equal values are equal trainings.

    Raises `SpecError`, with the field, what was expected and what came.
    """

    network: NetworkSpec = _DEFAULT
    data: DataSet = DataSet.DIGITS
    augment: Augment = Augment.NONE
    epochs: int = 20
    steps: int = 0  # where not 0: stop after so many, in mid-epoch too
    batch: int = 64
    learning_rate: float = 0.02
    momentum: float = 0.9
    weight_decay: float = 1e-4
    schedule: Schedule = Schedule.COSINE
    warmup: int = 0  # epochs in which the learning rate rises from nothing, in a straight line
    label_smoothing: float = 0.0
    seed: int = 0
    device: Device = Device.AUTO
    precision: Precision = Precision.FLOAT32
    channels_last: bool = False
    compile: bool = False

    def __post_init__(self) -> None:
        for name, kind in _ENUMS.items():
            try:
                object.__setattr__(self, name, kind(getattr(self, name)))
            except ValueError:
                raise SpecError(name, f"must be {', '.join(kind)}", getattr(self, name)) from None
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            whole = name in _WHOLE
            right = isinstance(value, int) if whole else isinstance(value, int | float)
            if isinstance(value, bool) or not right or not low <= value <= high:
                kind_ = "whole number" if whole else "number"
                raise SpecError(name, f"must be a {kind_} from {low:,g} to {high:,g}", value)
            if not whole:
                object.__setattr__(self, name, float(value))
        wanted = DATA[self.data].classes
        if self.network.classes != wanted:
            what = f"must be {wanted}, as many as {DATA[self.data].title} has"
            raise SpecError("classes", what, self.network.classes)
        if self.warmup >= self.epochs and self.warmup:
            raise SpecError("warmup", f"must be fewer than the {self.epochs} epochs", self.warmup)
        if self.batch > DATA[self.data].train:
            raise SpecError("batch", f"must be at most the {DATA[self.data].train:,} training images", self.batch)

    @property
    def steps_per_epoch(self) -> int:
        """Full batches: what is left over of a shuffled epoch is not seen in it."""
        return DATA[self.data].train // self.batch

    @property
    def all_steps(self) -> int:
        whole = self.epochs * self.steps_per_epoch
        return min(whole, self.steps) if self.steps else whole

    @property
    def all_epochs(self) -> int:
        """With the last one, where steps end it early."""
        return -(-self.all_steps // self.steps_per_epoch)

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        warm = self.warmup * self.steps_per_epoch
        if step < warm:
            return self.learning_rate * (step + 1) / warm
        share = (step - warm) / max(self.all_steps - warm, 1)
        factor = {
            Schedule.CONSTANT: 1.0,
            Schedule.STEP: 1.0 if share < 0.5 else 0.1 if share < 0.75 else 0.01,
            Schedule.COSINE: (1 + cos(pi * share)) / 2,
            Schedule.ONE_CYCLE: 0.1 + 1.8 * share if share < 0.5 else 2 * (1 - share),
        }[self.schedule]
        return self.learning_rate * factor

    @property
    def digest(self) -> str:
        """Ten signs that equal trainings share. A field at its default does not count: later versions add some."""
        stored = self.to_json()
        changed: dict[str, Any] = {
            field.name: stored[field.name] for field in fields(self) if getattr(self, field.name) != field.default
        }
        changed["network"] = self.network.essential.to_query()
        return blake2b(json.dumps(changed, sort_keys=True).encode(), digest_size=5).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Every field, the network's as a link has them."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) if isinstance(value, StrEnum) else value for name, value in plain.items()} | {
            "network": self.network.to_query(full=True)
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> "RunSpec":
        """The inverse. Raises `SpecError` or `TypeError` for what is none."""
        network, problems = NetworkSpec.from_query(stored["network"])
        if problems:
            raise SpecError("network", f"must be one that can be ({problems[0]})", stored["network"])
        return RunSpec(**{**stored, "network": network})


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """What a network did in one pass over the training images, and how it stands behind it.

    Training figures are those of the network while it learnt: a mean over the steps, in train mode. Test figures are
    taken at the end, in eval mode.
    """

    number: int  # from 1
    steps: int  # since the start
    train_loss: float
    train_accuracy: float  # 0 to 1
    test_loss: float
    test_accuracy: float
    learning_rate: float  # of the last step
    images_per_second: float  # of training
    seconds: float  # with the test
    memory: int | None  # bytes at the peak, above what was in use before; None where the machine does not tell
    gradients: tuple[tuple[str, float], ...]  # layer -> norm of its weight's gradient, a mean over the steps

    @property
    def train_error(self) -> float:
        return 1 - self.train_accuracy

    @property
    def test_error(self) -> float:
        return 1 - self.test_accuracy
