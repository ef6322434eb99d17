"""Table of all measured values."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from models.signals.records import Pair, Signals
from models.tracing.kinds import KINDS
from viz.language import _
from viz.signals.figures import NAMES


def signals(pair: Pair) -> pd.DataFrame:
    """Return all measured values of both networks, one row per layer and seed; a join's are in the row of its layer."""
    rows = [
        row for skips, side in ((True, pair.skips), (False, pair.plain)) for row in _readings(_(NAMES[skips]), side)
    ]
    return pd.DataFrame(rows)


def shares() -> frozenset[str]:
    """Return the names of the columns with shares, 0 to 1."""
    return frozenset({_("Zeros, share")})


def _readings(name: str, side: Signals) -> Iterator[dict[str, Any]]:
    for run in side.runs:
        joins = {join.path: join for join in run.joins}
        for layer in run.layers:
            join = joins.get(layer.path)
            yield {
                _("Network"): name,
                _("Seed"): run.seed,
                _("Layer"): layer.path,
                _("Kind"): _(KINDS[layer.kind].label),
                _("Activation mean"): layer.activation_mean,
                _("Activation std"): layer.activation_std,
                _("Activation rms"): layer.activation_rms,
                _("Zeros, share"): layer.zero_fraction,
                _("Activation gradient norm"): layer.activation_gradient_norm,
                _("Weight norm"): layer.weight_norm,
                _("Weight gradient norm"): layer.weight_gradient_norm,
                _("Skip rms"): join.skip_rms if join else None,
                _("Branch rms"): join.branch_rms if join else None,
                _("Gradient through the skip"): join.skip_gradient_norm if join else None,
                _("Gradient through the branch"): join.branch_gradient_norm if join else None,
            }
