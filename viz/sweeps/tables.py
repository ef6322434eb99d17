"""The table of a sweep: a row for each point."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from models.runtime.messages import Message
from models.signals.grid import Axis
from viz.language import _, labelled, worded
from viz.sweeps.scene import Scene
from viz.text import labels


def points(scene: Scene) -> pd.DataFrame:
    """Return all measured points that are shown, one row for each."""
    return pd.DataFrame(
        [
            _values(scene.axes, row.point.values)
            | {
                labels.field("depth"): row.result.depth,
                _("Parameters"): row.result.parameters,
                _("MACs"): row.result.macs,
                _("First / last gradient, with skips"): row.result.skips.ratio,
                _("First / last gradient, without"): row.result.plain.ratio,
                _("Gradient per layer, with skips"): row.result.skips.growth,
                _("Gradient per layer, without"): row.result.plain.growth,
                _("Last / first output, with skips"): row.result.skips.spread,
                _("Last / first output, without"): row.result.plain.spread,
                _("Loss, with skips"): row.result.skips.loss,
                _("Loss, without"): row.result.plain.loss,
            }
            for row in scene.rows
        ]
    )


def missing(scene: Scene) -> pd.DataFrame:
    """Return the points without a result, with the reasons."""
    return pd.DataFrame(
        [_values(scene.axes, point.values) | {_("Why not"): _reason(why)} for point, why in scene.missing]
    )


def _reason(why: Message) -> str:
    """Why a point has no result; a field is named as in the sidebar."""
    values = dict(why.values)
    if values.keys() == {"field", "reason"}:
        return labelled(labels.field(values["field"]), worded(values["reason"]))
    return worded(why)


def _values(axes: Sequence[Axis], values: Sequence[Any]) -> dict[str, Any]:
    """Numbers as they are, other values in words."""
    return {
        labels.field(axis.field): own
        if isinstance(own, int | float) and not isinstance(own, bool)
        else labels.value(axis.field, own)
        for axis, own in zip(axes, values, strict=True)
    }
