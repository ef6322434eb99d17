"""What a field of a spec may hold: every limit, and the checks that name field, expectation and value."""

import math
import operator
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import cast

# Every limit of the product, in one place: (lowest, highest).
LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "stages": (1, 5),
        "blocks": (1, 2_000),
        "base_width": (1, 4_096),
        "widen": (0.1, 64.0),
        "groups": (1, 4_096),
        "group_width": (1, 4_096),
        "growth_rate": (1, 4_096),
        "compression": (0.01, 1.0),
        "channels": (1, 4),
        "pixels": (8, 1_024),
        "classes": (2, 10_000),
        "layer_channels": (1, 65_536),
    }
)


class SpecError(ValueError):
    """A value that no network can have. The message reads `field: expectation, got value`."""

    def __init__(self, field: str, expected: str, got: object) -> None:
        super().__init__(f"{field}: {expected}, got {show(got)}")
        self.field = field


def either(options: tuple[StrEnum, ...]) -> str:
    values = [option.value for option in options]
    return " or ".join((", ".join(values[:-1]), values[-1])) if len(values) > 1 else values[0]


def show(value: object) -> str:
    """A value as the reader typed it, whatever it is, and never long."""
    if isinstance(value, StrEnum):
        value = value.value
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  # whatever a stranger's __repr__ raises; and int refuses more than 4,300 digits
        text = f"a {type(value).__name__} that can't be shown"
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text)} characters)"


def enum(kind: type[StrEnum]) -> Callable[[str, object], StrEnum]:
    def check(field: str, value: object) -> StrEnum:
        try:
            return kind(value)  # type: ignore[arg-type]  # anything else than a value of the enum raises
        except (ValueError, TypeError):
            raise SpecError(field, f"must be {either(tuple(kind))}", value) from None

    return check


def integer(field: str, value: object, limit: str, words: str = "") -> int:
    low, high = (int(bound) for bound in LIMITS[limit])
    try:
        number = low - 1 if isinstance(value, bool) else operator.index(cast("int", value))
    except TypeError:
        number = low - 1
    if not low <= number <= high:
        raise SpecError(field, f"must be {words or 'a whole number'} from {low:,} to {high:,}", value)
    return number


def whole(field: str, value: object) -> int:
    return integer(field, value, field)


def real(field: str, value: object) -> float:
    low, high = LIMITS[field]
    number = math.nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
    if not low <= number <= high:
        raise SpecError(field, f"must be a number from {low:g} to {high:g}", value)
    return number


def boolean(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise SpecError(field, "must be true or false", value)
    return value


def stages(field: str, value: object) -> tuple[int, ...]:
    low, high = (int(bound) for bound in LIMITS["stages"])
    if not isinstance(value, tuple | list) or not low <= len(value) <= high:
        raise SpecError(field, f"must be {low} to {high} whole numbers", value)
    counts = tuple(integer(field, count, "blocks", "whole numbers of blocks") for count in value)
    most = int(LIMITS["blocks"][1])
    if sum(counts) > most:
        raise SpecError(field, f"must be at most {most:,} blocks in all", value)
    return counts


def input_shape(field: str, value: object) -> tuple[int, int, int]:
    if not isinstance(value, tuple | list) or len(value) != 3:  # channels, height, width
        raise SpecError(field, "must be three whole numbers: channels, height, width", value)
    channels = integer(field, value[0], "channels", "channels")
    height, width = (integer(field, side, "pixels", "height and width in pixels") for side in value[1:])
    return channels, height, width
