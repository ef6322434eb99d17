"""Settings of a measurement: an immutable value that validates itself. No torch here."""

from dataclasses import dataclass

from ..runtime.fields import Fields, choice, whole
from ..runtime.settings import Device, Precision, Source, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSpec(Fields):
    """Settings of one measurement. Raises `SpecError` with the field, the expected and the given value."""

    batch: int = whole(16, 2, 4_096)  # images; batch norm needs two in train mode where maps have one pixel
    seeds: int = whole(1, 1, 100)  # number of draws of weights, images and labels
    seed: int = whole(0, 0, 9_999)  # the first one
    source: Source = choice(Source.NOISE)
    device: Device = choice(Device.AUTO)
    precision: Precision = choice(Precision.FLOAT32)
    weights: Weights = choice(Weights.RANDOM)

    @property
    def numbers(self) -> tuple[int, ...]:
        """All seeds, in order."""
        return tuple(range(self.seed, self.seed + self.seeds))
