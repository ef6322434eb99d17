"""The quantities by which networks are compared, as data, and the table rows made from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

from viz.language import _
from viz.state.subjects import Subject

_NONE = "–"
Batch = int  # images


def _only_itself(one: Subject, other: Subject) -> bool:
    return one is other


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A quantity. Its functions take a network and, where they depend on it, the batch."""

    name: str  # translatable, as are `convention` and `unit`; `{batch}` is replaced by the batch
    value: Callable[[Subject, Batch], float | None]  # None if it is not known
    formula: Callable[[Subject, Batch], str]  # its arithmetic, or its source
    convention: str  # how it is counted
    shown: Callable[[float], str] = str
    text: Callable[[Subject], str] | None = None  # replaces `shown`
    unit: str = ""  # of the value, if its text has another one
    worded: bool = False  # its text, such as a shape, is exported in place of the value
    quantity: str = ""  # the word of a link that hides it
    better: int = 0  # -1 if lower is better, 1 if higher is better, 0 if neither
    alike: Callable[[Subject, Subject], bool] = _only_itself  # whether two networks count as equal
    comparable: Callable[[Sequence[Subject]], bool] = lambda __: True  # whether any can be called the best
    known: Callable[[Subject], bool] = lambda __: True  # the row is left out if false for all networks


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: one quantity of every network."""

    name: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    formulas: tuple[str, ...]
    convention: str
    unit: str
    worded: bool
    best: frozenset[int]  # indices of the best networks; empty if none is better, or all are equal


def rows(metrics: Sequence[Metric], subjects: Sequence[Subject], batch: Batch) -> tuple[Row, ...]:
    """Return the rows of the table; quantities that are known for no network are left out."""
    return tuple(_row(metric, subjects, batch) for metric in metrics if any(map(metric.known, subjects)))


def _row(metric: Metric, subjects: Sequence[Subject], batch: Batch) -> Row:
    values = tuple(metric.value(one, batch) for one in subjects)
    texts = (
        tuple(map(metric.text, subjects))
        if metric.text
        else tuple(_NONE if number is None else metric.shown(number) for number in values)
    )
    formulas = tuple(metric.formula(one, batch) for one in subjects)
    best = _best(metric, subjects, values)
    unit = _(metric.unit) if metric.unit else ""
    return Row(_(metric.name, batch=batch), values, texts, formulas, _(metric.convention), unit, metric.worded, best)


def _best(metric: Metric, subjects: Sequence[Subject], values: Sequence[float | None]) -> frozenset[int]:
    known = [number for number in values if number is not None and isfinite(number)]
    if not metric.better or not metric.comparable(subjects) or len(known) < 2 or min(known) == max(known):
        return frozenset()
    goal = max(known) if metric.better > 0 else min(known)
    winners = [one for one, number in zip(subjects, values, strict=True) if number == goal]
    best = frozenset(
        place
        for place, one in enumerate(subjects)
        if values[place] == goal or any(metric.alike(one, winner) for winner in winners)
    )
    return best if len(best) < len(known) else frozenset()
