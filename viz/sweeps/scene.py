"""What the Sweeps page draws: the points, and those of them that are measured."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from models.runtime.messages import Message
from models.signals.grid import Axis, Point
from models.signals.grid_records import PointResult
from viz.state.sweeps import Quantity
from viz.text.sweeps import Row


@dataclass(frozen=True, slots=True)
class Scene:
    """The points of a sweep in order, and the results so far: place -> result, or the reason why there is none."""

    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    results: dict[int, PointResult | Message]
    only: tuple[Axis, ...]  # the values that are shown, of the axes that are filtered
    quantity: Quantity
    by: int | None = None  # the axis whose values have lines of their own

    @classmethod
    def of(
        cls, axes: tuple[Axis, ...], points: tuple[Point, ...], found: Iterable[tuple[int, Any]], **shown: Any
    ) -> "Scene":
        """Return the scene of these results, with the reasons for combinations that give no network."""
        why = {place: point.why for place, point in enumerate(points) if point.why is not None}
        return cls(axes, points, why | dict(found), **shown)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The measured points that are shown, in order."""
        shown = {one.field: set(one.values) for one in self.only}
        places = [place for place, axis in enumerate(self.axes) if axis.field in shown]
        return tuple(
            Row(self.points[place], result)
            for place, result in sorted(self.results.items())
            if isinstance(result, PointResult)
            and all(self.points[place].values[at] in shown[self.axes[at].field] for at in places)
        )

    @property
    def missing(self) -> tuple[tuple[Point, Message], ...]:
        """The points that have no result, with the reasons."""
        return tuple(
            (self.points[place], why) for place, why in sorted(self.results.items()) if isinstance(why, Message)
        )
