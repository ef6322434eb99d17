"""The subjects of sentences, tables and charts: networks with all that is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.runtime.messages import Message
from models.signals.records import Timing
from models.specs.published import Published, accuracies
from models.tracing.records import Trace
from models.training.data_registry import DATA
from models.training.run_spec import Epoch, RunSpec
from models.training.stored_run import Status, StoredRun
from viz.state.compare import Entry


@dataclass(frozen=True, slots=True)
class Subject:
    """A network of the comparison, and all that is known of it."""

    entry: Entry
    trace: Trace
    keeps: Mapping[str, int]  # source -> bytes saved for backward, for one image in float32
    timing: Timing | Message | None = None  # a message says why there is none

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def kept(self) -> int:
        """Bytes of activations saved for the backward pass, for one image in float32."""
        return sum(self.keeps.values())

    @property
    def published(self) -> tuple[Published, ...]:
        return accuracies(self.entry.spec)


@dataclass(frozen=True, slots=True)
class Curve:
    """One run of a race, with what is stored of it so far."""

    name: str
    run: RunSpec
    kept: StoredRun | None

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        return self.kept.epochs if self.kept else ()

    @property
    def status(self) -> Status | None:
        return self.kept.status if self.kept else None

    @property
    def begun(self) -> bool:
        return bool(self.epochs or self.status)

    @property
    def stamp(self) -> int:
        return self.kept.stamp if self.kept else 0

    @property
    def answers(self) -> str:
        """A 1 or a 0 for each test image, right or wrong after the last epoch; empty if that is not known."""
        return self.kept.answers if self.kept else ""

    def at(self, number: int) -> Epoch:
        return self.epochs[number - 1]

    def images(self, *, seen: bool = False) -> int:
        """Return the number of test images or, with `seen`, of the images that it learns from in an epoch."""
        return self.run.steps_per_epoch * self.run.batch if seen else DATA[self.run.data].test
