"""Specification of a training: an immutable value that validates itself. No torch here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from hashlib import blake2b
from math import cos, pi
from typing import Any, cast

from ..runtime.errors import SpecError
from ..runtime.fields import Fields, choice, flag, key, number, whole
from ..runtime.messages import message
from ..runtime.settings import Augment, Device, Precision, Schedule
from ..specs.external import ExternalSpec, Network
from ..specs.spec import NetworkSpec
from .data_registry import DATA


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec(Fields):
    """One training: SGD with momentum on the cross-entropy. Equal values are equal trainings.

    `network` defaults to a ResNet-18 for the data set. Raises `SpecError` with the field, the expected and the given
    value.
    """

    network: Network = field(default=cast("NetworkSpec", None))
    data: str = key("digits", DATA)
    augment: Augment = choice(Augment.NONE)
    epochs: int = whole(20, 1, 1_000)
    steps: int = whole(0, 0, 10_000_000)  # if not 0: stop after this many steps, also in mid-epoch
    batch: int = whole(64, 2, 4_096)
    learning_rate: float = number(0.02, 1e-6, 10.0)
    momentum: float = number(0.9, 0.0, 0.999)
    weight_decay: float = number(1e-4, 0.0, 1.0)
    schedule: Schedule = choice(Schedule.COSINE)
    warmup: int = whole(0, 0, 100)  # epochs in which the learning rate rises linearly from zero
    label_smoothing: float = number(0.0, 0.0, 0.9)
    seed: int = whole(0, 0, 9_999)
    device: Device = choice(Device.AUTO)
    precision: Precision = choice(Precision.FLOAT32)
    channels_last: bool = flag()
    compile: bool = flag()

    def __post_init__(self) -> None:
        Fields.__post_init__(self)
        about = DATA[self.data]
        if self.network is None:
            own = NetworkSpec(input_shape=about.shape, classes=about.classes)
            object.__setattr__(self, "network", own)
        if self.network.classes != about.classes:
            raise SpecError(
                "classes",
                "must be {n}, the number of classes in {data}",
                self.network.classes,
                n=about.classes,
                data=message(about.title),
            )
        if self.warmup >= self.epochs and self.warmup:
            raise SpecError(
                "warmup", "must be less than {epochs}, the number of epochs", self.warmup, epochs=self.epochs
            )
        if self.compile and isinstance(self.network, ExternalSpec) and self.network.skip_scale != 1:
            raise SpecError("compile", "must be false for a network whose skips are scaled", self.compile)
        if self.compile and self.network.draws:
            raise SpecError("compile", "must be false for a network with dropout or stochastic depth", self.compile)
        if self.batch > about.train:
            raise SpecError(
                "batch", "must be at most {train:,}, the number of training images", self.batch, train=about.train
            )

    @property
    def steps_per_epoch(self) -> int:
        """Number of full batches; the images left over after shuffling are skipped in that epoch."""
        return DATA[self.data].train // self.batch

    @property
    def all_steps(self) -> int:
        whole = self.epochs * self.steps_per_epoch
        return min(whole, self.steps) if self.steps else whole

    @property
    def all_epochs(self) -> int:
        """Number of epochs, including a last one that `steps` cuts short."""
        return -(-self.all_steps // self.steps_per_epoch)

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
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
        """Hash of ten hex digits. Fields at their default are left out, so that fields added later do not change it."""
        stored = self.to_json()
        changed: dict[str, Any] = {
            one.name: stored[one.name] for one in fields(self) if getattr(self, one.name) != one.default
        }
        changed["network"] = self.network.essential.to_query()
        return blake2b(json.dumps(changed, sort_keys=True).encode(), digest_size=5).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return every field; those of the network as in a link's query."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: str(value) if isinstance(value, StrEnum) else value for name, value in plain.items()} | {
            "network": self.network.to_query(full=True)
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> "RunSpec":
        """Return the spec that `to_json` has written. Raises `SpecError` or `TypeError` for an invalid one."""
        settings = ExternalSpec if "network" in stored["network"] else NetworkSpec
        network, problems = settings.from_query(stored["network"])
        if problems:
            reason = message("{field}: {reason}", field=problems[0].field, reason=problems[0].message)
            raise SpecError("network", "must be valid ({reason})", stored["network"], reason=reason)
        return RunSpec(**{**stored, "network": network})


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """Results of one pass over the training images.

    Training figures are means over the steps, in train mode, while the network learns. Test figures are measured at
    the end of the epoch, in eval mode.
    """

    number: int  # from 1
    steps: int  # since the start of the training
    train_loss: float
    train_accuracy: float  # 0 to 1
    test_loss: float
    test_accuracy: float
    learning_rate: float  # of the last step
    images_per_second: float  # in training
    seconds: float  # including the test
    memory: int | None  # peak bytes above what was in use before; None where it can't be measured
    gradients: tuple[tuple[str, float], ...]  # layer -> norm of its weight gradient, mean over measured steps
    updates: tuple[tuple[str, float], ...] = ()  # layer -> norm of a step by that of the weight, mean over these steps

    @property
    def train_error(self) -> float:
        return 1 - self.train_accuracy

    @property
    def test_error(self) -> float:
        return 1 - self.test_accuracy
