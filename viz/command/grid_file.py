"""The folder of `skipscope sweep`: the grid, the link of the page that shows it, and the table for pandas."""

import csv
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.runtime.messages import Message
from models.signals import grid
from models.signals.grid_records import PointResult, Side
from models.signals.measure_spec import MeasureSpec
from models.specs.spec import NetworkSpec

GRID = "grid.toml"  # the copy in the folder of results
TABLE = "points.csv"


def read(file: Path) -> tuple[NetworkSpec, MeasureSpec, tuple[grid.Axis, ...]]:
    """Return the network, the measurement and the axes of a file. Raises `OSError`, `UserError` or TOML's own error."""
    return grid.from_table(tomllib.loads(file.read_text(encoding="utf-8")))


def link(folder: Path) -> dict[str, str]:
    """Return the query of the Sweeps page for a folder of results. Raises as `read` does."""
    base, setting, axes = read(folder / GRID)
    measured = {f"signals.{name}": value for name, value in setting.to_query().items() if name != "seeds"}
    own = base.to_query() or {"stages": base.to_query(full=True)["stages"]}
    return own | measured | {"sweeps.axes": grid.Axes().encode(axes), "sweeps.run": "true"}


def write(
    file: Path, axes: Sequence[grid.Axis], points: Sequence[grid.Point], results: Sequence[PointResult | Message]
) -> None:
    """Write a table for pandas: a column for each axis and each number; an empty cell is not defined."""
    with file.open("w", newline="", encoding="utf-8") as opened:
        rows = csv.writer(opened)
        rows.writerow([*(one.field for one in axes), *_numbers(None), "why_not"])
        for point, result in zip(points, results, strict=True):
            values = [grid.rule_of(axis.field).encode(value) for axis, value in zip(axes, point.values, strict=True)]
            found = result if isinstance(result, PointResult) else None
            rows.writerow([*values, *_numbers(found).values(), "" if found is not None else str(result)])


def _numbers(result: PointResult | None) -> dict[str, Any]:
    """The numbers of a point under the names of their columns; nothing for a point without a result."""
    found: dict[str, Any] = {
        name: getattr(result, name, "") for name in ("parameters", "macs")
    }  # the depth is an axis, or the network's
    for side in ("skips", "plain"):
        own: Side | None = getattr(result, side, None)
        for name in ("loss", "ratio", "growth", "spread"):
            value = getattr(own, name, None)
            found[f"{name}_{'with' if side == 'skips' else 'without'}_skips"] = "" if value is None else value
    return found
